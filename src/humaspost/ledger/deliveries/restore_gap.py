"""The gap of a restored ledger, from its last recorded time to the restore.

Deliveries that were due in the gap may be public, so humaspost does not send them automatically.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from humaspost.ledger.database import get_created_at
from humaspost.ledger.deliveries import states
from humaspost.ledger.dialect import upsert
from humaspost.ledger.schema import UtcTimestamp, attempt, delivery, meta, plan_row, sender
from humaspost.model.decision import UserDecision
from humaspost.model.delivery import State
from humaspost.model.reasons import StopReason

REASON = StopReason.RESTORED
#: A backup records here when it was taken.
BACKUP_TIME_KEY = "backup_at"
_SINCE_KEY, _UNTIL_KEY = "restore_gap_since", "restore_gap_until"
#: States of deliveries that may have been sent, or changed by a user, in the gap. A missed delivery was not sent:
#: it waits for a user anyway.
_PENDING_STATES = (State.SCHEDULED, State.PREPARING, State.HELD, State.FAILED)
_STARTED_STATES = (State.SENDING, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class RestoreGap:
    """The time from the ledger's last record to its restore."""

    since: datetime
    until: datetime


def get_restore_gap(conn: Connection) -> RestoreGap | None:
    """Return the gap of this ledger, or None where it never had one."""
    rows = select(meta.c.key, meta.c.value).where(meta.c.key.in_((_SINCE_KEY, _UNTIL_KEY)))
    values = {row.key: datetime.fromisoformat(row.value) for row in conn.execute(rows)}
    return RestoreGap(values[_SINCE_KEY], values[_UNTIL_KEY]) if len(values) == 2 else None


def is_in_gap(restored: RestoreGap | None, row: Row[Any]) -> bool:
    """Return True if the post may have been sent in the gap, and nobody had it retried.

    ``row`` is a plan row. `publish` settles nothing here: who runs it does not know what became of the post.
    """
    if restored is None or row.due_at >= restored.until:
        return False
    return not (row.decision == UserDecision.RETRY and row.decided_at >= restored.until)


def get_last_recorded_time(conn: Connection) -> datetime:
    """Return the last time of which the ledger has a full record.

    This is when the backup was taken, or else the heartbeat of its last sender. Other commands may have
    written to a copy since, so their writes prove nothing.
    """
    backup_time = conn.scalar(select(meta.c.value).where(meta.c.key == BACKUP_TIME_KEY))
    if backup_time:
        return datetime.fromisoformat(backup_time)
    heartbeat_at = conn.scalar(select(sender.c.heartbeat_at).order_by(sender.c.heartbeat_at.desc()).limit(1))
    return heartbeat_at or get_created_at(conn) or datetime.fromtimestamp(0, UTC)


def start_restore_gap(conn: Connection, *, now: datetime) -> RestoreGap:
    """Record a gap that ends now, and return it; an earlier gap is part of it."""
    previous = get_restore_gap(conn)
    since = get_last_recorded_time(conn)
    restore_gap = RestoreGap(
        min(since, previous.since) if previous else since, max(now, previous.until) if previous else now
    )
    for key, time in ((_SINCE_KEY, restore_gap.since), (_UNTIL_KEY, restore_gap.until)):
        row = upsert(meta).values(key=key, value=time.isoformat())
        conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": time.isoformat()}))
    conn.execute(delete(meta).where(meta.c.key == BACKUP_TIME_KEY))
    return restore_gap


def mark_unknown(
    conn: Connection, restore_gap: RestoreGap, condition: ColumnElement[bool], *, now: datetime
) -> int:
    """Mark deliveries that may have been sent in the gap as unknown; return their number.

    A user must confirm each of them; humaspost does not look them up automatically. A lookup can prove the
    absence of an attempt that the ledger records, but not of one that it does not record.
    """
    pending = condition & delivery.c.state.in_(_PENDING_STATES)
    started = condition & delivery.c.state.in_(_STARTED_STATES) & (delivery.c.reason != REASON)
    open_attempts = attempt.c.ended_at.is_(None) & attempt.c.key.in_(select(delivery.c.key).where(started))
    conn.execute(update(attempt).where(open_attempts).values(ended_at=now, outcome="unknown", code=REASON))
    _insert_attempts(conn, restore_gap, pending, now=now)
    plan_join = and_(plan_row.c.post == delivery.c.post, plan_row.c.account == delivery.c.account)
    is_unwritten = (
        exists(plan_row.c.post).where(plan_join, plan_row.c.first_write_at.is_(None)).correlate(delivery)
    )
    count = _set_unknown(conn, started, {}, now=now)
    return count + _set_unknown(
        conn,
        pending,
        {"attempts": delivery.c.attempts + 1, "use_latest_rendition": is_unwritten},
        now=now,
        freeze=True,
    )


def _insert_attempts(
    conn: Connection, restore_gap: RestoreGap, pending: ColumnElement[bool], *, now: datetime
) -> None:
    """Insert the attempts that may have been made in the gap.

    A user's lookup and a webhook with our key need them.
    """
    rendition_hash = func.coalesce(plan_row.c.frozen_rendition, plan_row.c.rendition)
    timestamps = (literal(restore_gap.since, UtcTimestamp()), literal(now, UtcTimestamp()))
    texts = [literal(item) for item in ("unknown", REASON, "")]
    number = delivery.c.attempts + 1
    plan_join = and_(plan_row.c.post == delivery.c.post, plan_row.c.account == delivery.c.account)
    rows = (
        select(
            delivery.c.key,
            number,
            literal(""),
            rendition_hash,
            literal("null"),
            null(),
            literal(False),
            *timestamps,
            *texts,
        )
        .join(plan_row, plan_join)
        .where(pending)
    )
    names = ("key", "number", "owner", "rendition", "token", "reply_to", "template", "started_at", "ended_at")
    conn.execute(insert(attempt).from_select([*names, "outcome", "code", "detail"], rows))


def _set_unknown(
    conn: Connection,
    condition: ColumnElement[bool],
    extra_values: dict[str, Any],
    *,
    now: datetime,
    freeze: bool = False,
) -> int:
    count = states.move(
        conn,
        states.RESTORE_GAP,
        condition,
        now=now,
        reason=REASON,
        owner=None,
        code=REASON,
        unknown_since=now,
        not_before=None,
        next_lookup_at=None,
        **extra_values,
    )
    if freeze and count:
        is_affected = exists(delivery.c.key).where(
            delivery.c.post == plan_row.c.post,
            delivery.c.account == plan_row.c.account,
            delivery.c.state == State.UNKNOWN,
            delivery.c.reason == REASON,
        )
        # The post may be live: it counts as started at its due time, and its text as published.
        frozen_values = {"first_write_at": plan_row.c.due_at, "frozen_rendition": plan_row.c.rendition}
        conn.execute(
            update(plan_row).where(plan_row.c.first_write_at.is_(None), is_affected).values(frozen_values)
        )
    return count
