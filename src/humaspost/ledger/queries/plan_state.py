"""The state of the ledger as far as the plan depends on it, in one cheap value."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, select

from humaspost.ledger.schema import account, audience, delivery, meta, plan_row, post


def load_plan_state(conn: Connection) -> tuple[Any, ...]:
    """Return a value that differs after every change that a scan of the same files could notice.

    The heartbeat of the sender is no such change.
    """
    intentions = select(
        func.count(),
        func.sum(plan_row.c.planned),
        func.sum(plan_row.c.expanded),
        func.max(plan_row.c.decided_at),
        func.max(plan_row.c.first_write_at),
    )
    return (
        conn.scalar(select(func.max(delivery.c.updated_at))),
        tuple(conn.execute(select(func.count(), func.max(post.c.scanned_at)).select_from(post)).one()),
        tuple(conn.execute(intentions.select_from(plan_row)).one()),
        *(tuple(map(tuple, conn.execute(select(table)))) for table in (account, audience, meta)),
    )


def has_files(conn: Connection, files: Collection[str]) -> bool:
    """Return True if any post was planned, or found, in one of these files."""
    return conn.scalar(select(post.c.id).where(post.c.file.in_(files)).limit(1)) is not None
