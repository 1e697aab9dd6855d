"""Parts of a thread: each waits until the part before it is published.

A part is cancelled, or expires, together with the part before it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, exists, literal, select

from humaspost.ledger.deliveries import states
from humaspost.ledger.schema import delivery
from humaspost.model.delivery import State
from humaspost.model.reasons import PART_PREFIX, part_reason

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
