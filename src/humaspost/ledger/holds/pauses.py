"""Pauses: rows of the same database, so that each is wholly before or after every intent."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from humaspost.base.canonical_json import dump_canonical
from humaspost.ledger.deliveries import states
from humaspost.ledger.schema import delivery, pause
from humaspost.model.delivery import State
from humaspost.model.reasons import StopReason


def start_pause(conn: Connection, reason: str, *, except_types: Sequence[str], now: datetime) -> int:
    """Start a pause; return how many writes were already committed.

    After it no intent is committed, except for posts of ``except_types``.
    """
    conn.execute(
        insert(pause).values(reason=reason, except_types=dump_canonical(list(except_types)), started_at=now)
    )
    return count_in_flight(conn)


def count_in_flight(conn: Connection) -> int:
    """Return how many writes are committed and have no outcome yet."""
    return (
        conn.scalar(select(func.count()).select_from(delivery).where(delivery.c.state == State.SENDING)) or 0
    )


def list_active(conn: Connection) -> list[Row[Any]]:
    """Return the active pauses, oldest first."""
    return list(conn.execute(select(pause).where(pause.c.ended_at.is_(None)).order_by(pause.c.id)))


def is_paused(pauses: Sequence[Row[Any]], type_: str, during_pause: bool) -> bool:
    """Return True if any of the pauses holds a post of this type."""
    return any(not during_pause and type_ not in json.loads(row.except_types) for row in pauses)


def end_pauses(conn: Connection, *, now: datetime) -> int:
    """End all pauses; return how many deliveries that frees, under the late policy."""
    conn.execute(update(pause).where(pause.c.ended_at.is_(None)).values(ended_at=now))
    return states.move(conn, states.UNHOLD, delivery.c.reason == StopReason.PAUSE, now=now, reason="")
