"""Parts of a thread: each waits for the one before it to be live, and goes with it when it is cancelled."""

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
    """Scheduled later parts whose earlier part is not live are held by it."""
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
    of_thread = (delivery.c.post == post) & (delivery.c.account == account)
    is_next = of_thread & (delivery.c.part == part + 1) & (delivery.c.reason == part_reason(part))
    states.move(conn, states.UNHOLD, is_next, now=now, reason="")


def cancel_following(conn: Connection, post: str, account: str, *, part: int, now: datetime) -> None:
    """Parts behind a cancelled one are cancelled with it."""
    _end_following(conn, states.CANCEL_PARTS, post, account, part=part, now=now)


def expire_following(conn: Connection, post: str, account: str, *, part: int, now: datetime) -> None:
    """Parts behind an expired one are expired with it."""
    _end_following(conn, states.EXPIRE_PARTS, post, account, part=part, now=now)


def _end_following(
    conn: Connection, transition: states.Transition, post: str, account: str, *, part: int, now: datetime
) -> None:
    of_thread = (delivery.c.post == post) & (delivery.c.account == account)
    states.move(conn, transition, of_thread & (delivery.c.part > part), now=now, reason=part_reason(part))
