"""The plan row of a post on an account, written from its file, and its deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, update

from humaspost.base.canonical_json import dump_canonical, sha256_digest
from humaspost.ledger.deliveries import states, thread_parts
from humaspost.ledger.dialect import insert_or_ignore
from humaspost.ledger.posts import decisions, recipient_changes, unplanned
from humaspost.ledger.posts.row_timing import read_timing
from humaspost.ledger.posts.vanished_posts import PENDING_STATES
from humaspost.ledger.schema import delivery, plan_row, rendition
from humaspost.model.decision import CheckLateness, OnTime, Timing, TooLate
from humaspost.model.delivery import State, delivery_key
from humaspost.model.plan import PlanRow
from humaspost.model.post import Late
from humaspost.model.reasons import part_reason


@dataclass(frozen=True, slots=True)
class SyncContext:
    """The facts of one sync: its time, when the ledger was made, and the late rule.

    ``scanned_at`` is later than that of every post: by it other processes see that this one changed a post.
    """

    now: datetime
    ledger_created_at: datetime
    verdict: CheckLateness
    scanned_at: datetime

    def is_before_ledger(self, due_at: datetime) -> bool:
        """Return True if the due time is before the ledger was made."""
        return due_at < self.ledger_created_at


@dataclass(frozen=True, slots=True)
class _Changes:
    """The changes of a plan row; ``dates`` = anything that decides how late it may start.

    ``recipients`` = other people may get it. Other dates are enough for that: the post then also goes to people who
    joined its lists since.
    """

    date: bool
    dates: bool
    text: bool
    recipients: bool
    is_back: bool


def fingerprint(row: PlanRow) -> str:
    """Return a digest that changes with everything that affects what the ledger does."""
    times = [row.due.utc.isoformat(), row.expires.utc.isoformat() if row.expires else None]
    policy = [row.late, row.grace.total_seconds(), row.priority, row.during_pause, row.type]
    return sha256_digest([row.rendition.hash, times, policy, list(row.audiences), list(row.repeats)])


def _plan_values(row: PlanRow) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint(row),
        "type": row.type,
        "date_at": row.due.utc,
        "local_time": row.due.local_time,
        "zone": row.due.zone,
        "expires_at": row.expires.utc if row.expires else None,
        "late": row.late,
        "own_late": _own_late(row),
        "grace": row.grace.total_seconds(),
        "priority": row.priority,
        "during_pause": row.during_pause,
        "audiences": dump_canonical(list(row.audiences)),
        "rendition": row.rendition.hash,
        "replies_to": row.rendition.replies_to,
        "repeats": dump_canonical(list(row.repeats)),
        "planned": True,
    }


def _own_late(row: PlanRow) -> str:
    return row.own_late.value if row.own_late is not None else ""


def has_changed(row: PlanRow, previous: Row[Any]) -> bool:
    """Return True if the ledger is to follow the row; ``previous`` is what it has."""
    is_same_late = previous.own_late in (None, _own_late(row))
    return previous.fingerprint != fingerprint(row) or not previous.planned or not is_same_late


def note_own_late(conn: Connection, row: PlanRow, previous: Row[Any]) -> None:
    """Note what the file says about lateness, where an older humaspost did not keep it."""
    if previous.own_late is None:
        pair = (plan_row.c.post == row.post) & (plan_row.c.account == previous.account)
        conn.execute(update(plan_row).where(pair).values(own_late=_own_late(row)))


def _save_rendition(conn: Connection, row: PlanRow) -> None:
    body = dump_canonical(row.rendition.to_json())
    conn.execute(insert_or_ignore(rendition).values(hash=row.rendition.hash, body=body))


def insert_row(
    conn: Connection,
    row: PlanRow,
    account: str,
    *,
    cancelled_at: datetime | None,
    context: SyncContext,
) -> None:
    _save_rendition(conn, row)
    fan_out = bool(row.audiences)
    decision = decisions.cancel_values(cancelled_at) if cancelled_at is not None else {}
    conn.execute(
        insert(plan_row).values(
            post=row.post,
            account=account,
            due_at=row.due.utc,
            fan_out=fan_out,
            **({"expanded": not fan_out} | _plan_values(row) | decision),
        )
    )
    if not fan_out:
        _add_parts(conn, row, account, context=context)


def _add_parts(conn: Connection, row: PlanRow, account: str, *, context: SyncContext) -> None:
    deliveries = []
    for part in range(1, len(row.rendition.parts) + 1):
        state, reason = initial_state(row, part, context=context)
        key = delivery_key(row.post, account, part)
        deliveries.append(
            states.NewDelivery(key, row.post, account, part, state, reason, row.due.utc, row.priority)
        )
    states.insert_deliveries(conn, deliveries, now=context.now)


def initial_state(row: PlanRow, part: int, *, context: SyncContext) -> tuple[State, str]:
    # The gate decides on posts that came due since the ledger exists: a pause may hold them.
    if context.is_before_ledger(row.due.utc):
        lateness = context.verdict(row.timing(due_before_ledger=True), context.now)
        if isinstance(lateness, TooLate):
            return lateness.state, lateness.reason
    if part > 1:
        return State.HELD, part_reason(part - 1)
    return State.SCHEDULED, ""


def update_row(
    conn: Connection, row: PlanRow, previous: Row[Any], *, context: SyncContext
) -> tuple[int, ...]:
    """Update a row that the ledger has; return the parts that its new text no longer has."""
    _save_rendition(conn, row)
    values = _plan_values(row)
    changes = _find_changes(row, previous, values)
    values["due_at"] = row.due.utc if changes.date else previous.due_at
    values["changed"] = bool(previous.frozen_rendition) and previous.frozen_rendition != row.rendition.hash
    timing = _current_timing(row, previous, values["due_at"], context=context)
    is_in_time = isinstance(context.verdict(timing, context.now), OnTime)
    if changes.dates and is_in_time and previous.stop in (State.MISSED, State.EXPIRED):
        values |= {"stop": None, "stop_reason": ""}
    pair = (plan_row.c.post == row.post) & (plan_row.c.account == previous.account)
    conn.execute(update(plan_row).where(pair).values(values))
    deliveries = (delivery.c.post == row.post) & (delivery.c.account == previous.account)
    _move_deliveries(conn, deliveries, values, changes=changes, now=context.now)
    # Before and after: parts that failed are not scheduled for the moment, and other dates bring expired parts back.
    surplus = thread_parts.match_parts(conn, row.post, previous.account, now=context.now)
    if changes.is_back:
        unplanned.release_planned(conn, deliveries, timing=timing, verdict=context.verdict, now=context.now)
    freed = []
    if changes.dates and is_in_time:
        freed = [
            (states.REPLAN, State.MISSED),
            (states.UNEXPIRE, State.EXPIRED),
            (states.REPLAN, State.FAILED),
        ]
    # Within the grace even where it may be late: who mends an old file does not think of sending it.
    elif changes.text and isinstance(context.verdict(replace(timing, late=Late.ASK), context.now), OnTime):
        freed = [(states.REPLAN, State.FAILED)]
    _free_deliveries(conn, deliveries, freed, due_at=values["due_at"], now=context.now)
    if changes.recipients:
        recipient_changes.sync_recipients(
            conn, row.post, previous.account, verdict=context.verdict, now=context.now
        )
    return surplus + thread_parts.match_parts(conn, row.post, previous.account, now=context.now)


def _find_changes(row: PlanRow, previous: Row[Any], values: Mapping[str, Any]) -> _Changes:
    date = previous.date_at != values["date_at"]
    # A new late rule in config.toml is for the posts to come: it sends no old ones, in edited files neither.
    late = bool(values["own_late"]) and previous.own_late not in (None, values["own_late"])
    dates = date or late or previous.expires_at != values["expires_at"]
    is_regrouped = dates or previous.audiences != values["audiences"] or not previous.planned
    return _Changes(
        date=date,
        dates=dates,
        text=previous.rendition != row.rendition.hash,
        recipients=previous.fan_out and is_regrouped,
        is_back=not previous.planned,
    )


def _current_timing(row: PlanRow, previous: Row[Any], due_at: datetime, *, context: SyncContext) -> Timing:
    """Return when the unsent rest may start, with the file's new rules and what happened since."""
    return replace(
        read_timing(previous, ledger_created_at=context.ledger_created_at),
        due_at=due_at,
        late=row.late,
        grace=row.grace,
        expires_at=row.expires.utc if row.expires else None,
        due_before_ledger=context.is_before_ledger(due_at),
    )


def _move_deliveries(
    conn: Connection, deliveries: Any, values: Mapping[str, Any], *, changes: _Changes, now: datetime
) -> None:
    """Move deliveries that are not sent to the new time; claimed ones must pass the gate anew."""
    times: dict[str, Any] = {"priority": values["priority"], "updated_at": now}
    if changes.date:
        times |= {"due_at": values["due_at"], "not_before": None}
    conn.execute(update(delivery).where(deliveries, delivery.c.state.in_(PENDING_STATES)).values(times))
    states.move(conn, states.RELEASE, deliveries, now=now, owner=None)


def _free_deliveries(
    conn: Connection,
    deliveries: Any,
    freed: Sequence[tuple[states.Transition, State]],
    *,
    due_at: datetime,
    now: datetime,
) -> None:
    """Schedule again what the file's old dates or its old text stopped."""
    for transition, state in freed:
        states.move(
            conn,
            transition,
            deliveries & (delivery.c.state == state),
            now=now,
            reason="",
            owner=None,
            use_latest_rendition=True,
            due_at=due_at,
            not_before=None,
        )
    thread_parts.hold_following(conn, deliveries, now=now)
