"""Parts of a thread: each waits until the part before it is published.

A part is cancelled, or expires, together with the part before it. Parts that follow a new text are matched to it.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, cast, delete, exists, func, literal, select, update

from humaspost.ledger.deliveries import states
from humaspost.ledger.schema import delivery, plan_row, rendition
from humaspost.model.delivery import State, delivery_key
from humaspost.model.reasons import PART_PREFIX, StopReason, part_reason

_previous = delivery.alias("before")
_next = delivery.alias("behind")


def _hold_reason(part: Any) -> Any:
    return literal(PART_PREFIX) + cast(part - 1, Text)


def hold_following(conn: Connection, where: Any, *, now: datetime) -> None:
    """Hold the scheduled parts whose previous part is not published."""
    previous_is_live = exists(
        select(_previous.c.key).where(
            _previous.c.post == delivery.c.post,
            _previous.c.account == delivery.c.account,
            _previous.c.part == delivery.c.part - 1,
            _previous.c.state == State.PUBLISHED,
        )
    )
    is_waiting = where & (delivery.c.state == State.SCHEDULED) & (delivery.c.part > 1) & ~previous_is_live
    states.move(conn, states.HOLD, is_waiting, now=now, reason=_hold_reason(delivery.c.part))


def is_blocking() -> Any:
    """Return the condition that the next part is held by the delivery."""
    return exists(
        select(_next.c.key).where(
            _next.c.post == delivery.c.post,
            _next.c.account == delivery.c.account,
            _next.c.part == delivery.c.part + 1,
            _next.c.state == State.HELD,
            _next.c.reason == _hold_reason(_next.c.part),
        )
    )


def release_following(conn: Connection, post: str, account: str, *, part: int, now: datetime) -> None:
    """Release the part after a published one."""
    of_thread = (delivery.c.post == post) & (delivery.c.account == account)
    is_next = of_thread & (delivery.c.part == part + 1) & (delivery.c.reason == part_reason(part))
    states.move(conn, states.UNHOLD, is_next, now=now, reason="")


def cancel_following(conn: Connection, post: str, account: str, *, part: int, now: datetime) -> None:
    """Cancel the parts after a cancelled one."""
    _end_following(conn, states.CANCEL_PARTS, post, account, part=part, now=now)


def expire_following(conn: Connection, post: str, account: str, *, part: int, now: datetime) -> None:
    """Expire the parts after an expired one."""
    _end_following(conn, states.EXPIRE_PARTS, post, account, part=part, now=now)


def _end_following(
    conn: Connection, transition: states.Transition, post: str, account: str, *, part: int, now: datetime
) -> None:
    of_thread = (delivery.c.post == post) & (delivery.c.account == account)
    states.move(conn, transition, of_thread & (delivery.c.part > part), now=now, reason=part_reason(part))


def _count_parts(body: str) -> int:
    """Return how many parts a stored rendition has; 0 for one that cannot be read."""
    try:
        return len(json.loads(body)["parts"])
    except (ValueError, KeyError, TypeError):
        return 0


def match_parts(conn: Connection, post: str, account: str, *, now: datetime) -> tuple[int, ...]:
    """Match the parts that follow the newest text to its parts; return the surplus ones.

    Surplus parts are cancelled, missing ones added. Nothing of a thread that has begun follows a new text until
    one of its parts failed or was missed; that part and all after it do.
    """
    pair = (plan_row.c.post == post) & (plan_row.c.account == account)
    joined = plan_row.join(rendition, rendition.c.hash == plan_row.c.rendition)
    row = conn.execute(select(plan_row, rendition.c.body).select_from(joined).where(pair)).one()
    if row.fan_out:
        return ()
    of_thread = (delivery.c.post == post) & (delivery.c.account == account)
    first = 1 if row.first_write_at is None else _first_following(conn, of_thread)
    if first is None:
        return ()
    count = _count_parts(row.body)
    if not count:
        return ()
    if row.first_write_at is None:
        # What a person cancelled stays: a later text with as many parts does not bring it back.
        is_unsent = delivery.c.state.in_(states.DROP.sources) & (delivery.c.attempts == 0)
        conn.execute(delete(delivery).where(of_thread, delivery.c.part > count, is_unsent))
    following = of_thread & (delivery.c.part >= first)
    is_unsent = following & delivery.c.state.in_(states.DROP.sources)
    # Before the first write all parts follow the text anyway, and after it none does by that.
    follows_text = row.first_write_at is not None
    conn.execute(update(delivery).where(is_unsent).values(use_latest_rendition=follows_text))
    is_surplus = following & (delivery.c.part > count)
    states.move(conn, states.RELEASE, is_surplus, now=now, owner=None)
    is_surplus &= delivery.c.state.in_(states.CANCEL_SURPLUS.sources)
    surplus = tuple(conn.scalars(select(delivery.c.part).where(is_surplus).order_by(delivery.c.part)))
    states.move(conn, states.CANCEL_SURPLUS, is_surplus, now=now, reason=StopReason.NOT_PLANNED, owner=None)
    _restore_parts(conn, row, following & (delivery.c.part <= count), now=now)
    _add_missing(conn, row, of_thread, count, now=now)
    hold_following(conn, following, now=now)
    return surplus


def _first_following(conn: Connection, of_thread: Any) -> int | None:
    """Return the first part of a thread that follows its newest text, or None."""
    waits_for_new = delivery.c.state.in_((State.SCHEDULED, State.PREPARING, State.HELD))
    follows = (
        delivery.c.state.in_((State.FAILED, State.MISSED))
        | (waits_for_new & delivery.c.use_latest_rendition)
        | _is_surplus()
    )
    first: int | None = conn.scalar(select(func.min(delivery.c.part)).where(of_thread, follows))
    return first


def _is_surplus() -> Any:
    return (delivery.c.state == State.CANCELLED) & (delivery.c.reason == StopReason.NOT_PLANNED)


def _restore_parts(conn: Connection, row: Row[Any], where: Any, *, now: datetime) -> None:
    """Schedule cancelled parts again that the newest text has again."""
    states.move(
        conn,
        states.RESTORE_PART,
        where & _is_surplus(),
        now=now,
        reason="",
        due_at=row.due_at,
        not_before=None,
        use_latest_rendition=row.first_write_at is not None,
    )


def _add_missing(conn: Connection, row: Row[Any], of_thread: Any, count: int, *, now: datetime) -> None:
    """Add the parts that only the newest text has; none after a cancelled part."""
    columns = (delivery.c.part, delivery.c.state, delivery.c.reason)
    existing = {part.part: part for part in conn.execute(select(*columns).where(of_thread))}
    cancelled = [part for part, stored in existing.items() if stored.state == State.CANCELLED]
    missing = [part for part in range(1, min([count + 1, *cancelled])) if part not in existing]
    if not missing:
        return
    last = existing[missing[0] - 1]
    # A part after one that is too late is too late itself; any other waits for the part before it.
    is_late = last.state in (State.MISSED, State.EXPIRED)
    parts = [
        states.NewDelivery(
            key=delivery_key(row.post, row.account, part),
            post=row.post,
            account=row.account,
            part=part,
            state=State(last.state) if is_late else State.HELD,
            reason=last.reason if is_late else part_reason(part - 1),
            due_at=row.due_at,
            priority=row.priority,
        )
        for part in missing
    ]
    states.insert_deliveries(conn, parts, now=now)
    if row.first_write_at is not None:
        is_new = of_thread & delivery.c.part.in_(missing)
        conn.execute(update(delivery).where(is_new).values(use_latest_rendition=True))
    if last.state == State.PUBLISHED:
        release_following(conn, row.post, row.account, part=last.part, now=now)
