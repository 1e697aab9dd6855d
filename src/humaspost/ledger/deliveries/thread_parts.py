"""Parts of a thread: each waits for the one before it to be live, and goes with it when it is cancelled."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, exists, literal, select, update

from humaspost.ledger.schema import delivery
from humaspost.model.delivery import State

_previous = delivery.alias("before")
_next = delivery.alias("behind")


def _hold_reason(part: Any) -> Any:
    return literal("part ") + cast(part - 1, Text)


def hold_following(conn: Connection, where: Any) -> None:
    """Scheduled later parts whose earlier part is not live are held by it."""
    previous_is_live = exists(
        select(_previous.c.key).where(
            _previous.c.post == delivery.c.post,
            _previous.c.account == delivery.c.account,
            _previous.c.part == delivery.c.part - 1,
            _previous.c.state == State.PUBLISHED,
        )
    )
    conn.execute(
        update(delivery)
        .where(where, delivery.c.state == State.SCHEDULED, delivery.c.part > 1, ~previous_is_live)
        .values(state=State.HELD, reason=_hold_reason(delivery.c.part))
    )


def is_blocking() -> Any:
    """Whether the part behind a delivery is held by it."""
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
    """The part after a published one may go."""
    conn.execute(
        update(delivery)
        .where(
            delivery.c.post == post,
            delivery.c.account == account,
            delivery.c.part == part + 1,
            delivery.c.state == State.HELD,
            delivery.c.reason == f"part {part}",
        )
        .values(state=State.SCHEDULED, reason="", updated_at=now)
    )


def cancel_following(conn: Connection, post: str, account: str, *, part: int, now: datetime) -> None:
    """Parts behind a cancelled one are cancelled with it."""
    _end_following(conn, post, account, part=part, now=now, state=State.CANCELLED)


def expire_following(conn: Connection, post: str, account: str, *, part: int, now: datetime) -> None:
    """Parts behind an expired one are expired with it."""
    _end_following(conn, post, account, part=part, now=now, state=State.EXPIRED)


def _end_following(
    conn: Connection, post: str, account: str, *, part: int, now: datetime, state: State
) -> None:
    conn.execute(
        update(delivery)
        .where(
            delivery.c.post == post,
            delivery.c.account == account,
            delivery.c.part > part,
            delivery.c.state == State.HELD,
        )
        .values(state=state, reason=f"part {part}", updated_at=now)
    )
