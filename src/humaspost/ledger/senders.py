"""Who sends, and when it was last seen."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from humaspost.ledger.schema import sender


def record_start(conn: Connection, owner: str, *, command: str, pid: int, host: str, now: datetime) -> None:
    """The sender is the one that is named as running."""
    conn.execute(
        insert(sender).values(
            owner=owner, command=command, pid=pid, host=host, started_at=now, heartbeat_at=now
        )
    )


def record_heartbeat(conn: Connection, owner: str, *, now: datetime) -> None:
    """The sender was alive at ``now``."""
    conn.execute(update(sender).where(sender.c.owner == owner).values(heartbeat_at=now))


def record_stop(conn: Connection, owner: str) -> None:
    """The sender is over, in good order."""
    now = datetime.now(UTC)
    conn.execute(update(sender).where(sender.c.owner == owner).values(stopped_at=now, heartbeat_at=now))


def get_last_started(conn: Connection, *, command: str | None = None) -> Row[Any] | None:
    """The sender that started last, of one command if named; whether it still runs only the lock knows."""
    query = select(sender).order_by(sender.c.started_at.desc()).limit(1)
    if command is not None:
        query = query.where(sender.c.command == command)
    return conn.execute(query).one_or_none()
