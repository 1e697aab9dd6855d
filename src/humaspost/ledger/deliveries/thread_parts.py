"""Parts of a thread: each waits for the one before it to be live, and goes with it when it is cancelled."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, exists, literal, select, update

from humaspost.ledger.schema import delivery
from humaspost.model.delivery import State

_before = delivery.alias("before")
_behind = delivery.alias("behind")


def _reason(part: Any) -> Any:
    return literal("part ") + cast(part - 1, Text)


def hold_later(conn: Connection, where: Any) -> None:
    """Scheduled later parts whose earlier part is not live are held by it."""
    live = exists(
        select(_before.c.key).where(
            _before.c.post == delivery.c.post,
            _before.c.account == delivery.c.account,
            _before.c.part == delivery.c.part - 1,
            _before.c.state == State.PUBLISHED,
        )
    )
    conn.execute(
        update(delivery)
        .where(where, delivery.c.state == State.SCHEDULED, delivery.c.part > 1, ~live)
        .values(state=State.HELD, reason=_reason(delivery.c.part))
    )


def is_waited_for() -> Any:
    """Whether the part behind a delivery is held by it."""
    return exists(
        select(_behind.c.key).where(
            _behind.c.post == delivery.c.post,
            _behind.c.account == delivery.c.account,
            _behind.c.part == delivery.c.part + 1,
            _behind.c.state == State.HELD,
            _behind.c.reason == _reason(_behind.c.part),
        )
    )


def release_next(conn: Connection, post: str, account: str, *, part: int, now: datetime) -> None:
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


def cancel_later(conn: Connection, post: str, account: str, *, part: int, now: datetime) -> None:
    """Parts behind a cancelled one are cancelled with it."""
    _end_later(conn, post, account, part=part, now=now, state=State.CANCELLED)


def expire_later(conn: Connection, post: str, account: str, *, part: int, now: datetime) -> None:
    """Parts behind an expired one are expired with it."""
    _end_later(conn, post, account, part=part, now=now, state=State.EXPIRED)


def _end_later(conn: Connection, post: str, account: str, *, part: int, now: datetime, state: State) -> None:
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
