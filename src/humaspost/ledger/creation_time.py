"""The time when the ledger was made, corrected where the clock was ahead of it."""

import json
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from humaspost.ledger.database import get_created_at
from humaspost.ledger.deliveries import states, thread_parts
from humaspost.ledger.dialect import upsert
from humaspost.ledger.schema import delivery, meta, plan_row
from humaspost.model.reasons import BEFORE_LEDGER_REASONS

KEY = "created_at"
#: Every correction that was made, as JSON.
CORRECTIONS_KEY = "created_at_corrections"
#: A clock before this version of humaspost existed is itself wrong, and corrects nothing.
_EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)


def get_future_time(conn: Connection, *, now: datetime) -> datetime | None:
    """Return when the ledger was made if that is still to come, else None."""
    created_at = get_created_at(conn)
    return created_at if created_at is not None and created_at > now else None


def correct_future_time(conn: Connection, *, now: datetime) -> datetime | None:
    """Set the time when the ledger was made to ``now`` if it is still to come.

    Returns the wrong time, or None. Posts that are still to come, and were stopped as older than the ledger, are scheduled again.
    """
    wrong_time = get_future_time(conn, now=now)
    if wrong_time is None or now < _EARLIEST:
        return None
    corrections = json.loads(_get(conn, CORRECTIONS_KEY) or "[]")
    corrections.append({"from": wrong_time.isoformat(), "to": now.isoformat()})
    _set(conn, CORRECTIONS_KEY, json.dumps(corrections))
    _set(conn, KEY, now.isoformat())
    is_older = delivery.c.reason.in_(BEFORE_LEDGER_REASONS) & (delivery.c.attempts == 0)
    is_upcoming = (delivery.c.due_at >= now) & (delivery.c.due_at < wrong_time)
    states.move(conn, states.REPLAN, is_older & is_upcoming, now=now, reason="", owner=None, not_before=None)
    thread_parts.hold_following(conn, is_upcoming, now=now)
    conn.execute(
        update(plan_row)
        .where(plan_row.c.stop_reason.in_(BEFORE_LEDGER_REASONS), plan_row.c.due_at >= now)
        .values(stop=None, stop_reason="")
    )
    return wrong_time


def _get(conn: Connection, key: str) -> str | None:
    value = conn.scalar(select(meta.c.value).where(meta.c.key == key))
    return str(value) if value is not None else None


def _set(conn: Connection, key: str, value: str) -> None:
    row = upsert(meta).values(key=key, value=value)
    conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
