"""The record of sending processes, with the time of their last heartbeat."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from humaspost.ledger.schema import sender


def record_start(conn: Connection, owner: str, *, command: str, pid: int, host: str, now: datetime) -> None:
    """Record that the sender runs."""
    conn.execute(
        insert(sender).values(
            owner=owner, command=command, pid=pid, host=host, started_at=now, heartbeat_at=now
        )
    )


def record_heartbeat(conn: Connection, owner: str, *, now: datetime) -> None:
    """Record that the sender is alive at ``now``."""
    conn.execute(update(sender).where(sender.c.owner == owner).values(heartbeat_at=now))


def record_stop(conn: Connection, owner: str) -> None:
    """Record that the sender stopped normally."""
    now = datetime.now(UTC)
    conn.execute(update(sender).where(sender.c.owner == owner).values(stopped_at=now, heartbeat_at=now))


def get_last_started(conn: Connection, *, command: str | None = None) -> Row[Any] | None:
    """Return the sender that started last, or the last one of ``command``.

    Only the lock shows whether that sender still runs.
    """
    query = select(sender).order_by(sender.c.started_at.desc()).limit(1)
    if command is not None:
        query = query.where(sender.c.command == command)
    return conn.execute(query).one_or_none()
