"""The update of the ledger from the plan: new posts, edits, removed files and accounts.

The plan is a set of posts on accounts: what it has is scheduled, and what it no longer has is held.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select, update

from humaspost.base.canonical_json import dump_canonical, sha256_digest
from humaspost.ledger import accounts
from humaspost.ledger.database import get_created_at
from humaspost.ledger.deliveries import restore_gap, states, thread_parts
from humaspost.ledger.dialect import insert_or_ignore, upsert
from humaspost.ledger.posts import decisions, held_posts, recipient_changes, unplanned, vanished_posts
from humaspost.ledger.posts.vanished_posts import PENDING_STATES
from humaspost.ledger.schema import delivery, plan_row, post, rendition
from humaspost.model.decision import CheckLateness, OnTime, Timing, TooLate, UserDecision
from humaspost.model.delivery import State, delivery_key
from humaspost.model.plan import NotPlanned, Plan, PlanRow
from humaspost.model.post import Late
from humaspost.model.reasons import FileHold, StopReason, part_reason

#: The most posts that a partial sync looks up one by one; a database limits the parameters of a query.
MAX_PARTIAL = 400


@dataclass(frozen=True, slots=True)
class CancelledPart:
    """An unsent part that the new text of its thread no longer has; ``account`` is a name."""

    post: str
    account: str
    part: int


@dataclass(frozen=True, slots=True)
class SyncResult:
    """The changes that scheduling made, by id of the posts: new, changed, held.

    ``changed`` posts got a new date, a fixed text or other accounts. ``vanished`` = so many files vanished that
    these posts keep their last plan. ``finished`` are files with errors whose post has nothing left to send.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()
    cancelled: tuple[CancelledPart, ...] = ()


@dataclass(frozen=True, slots=True)
class _Changes:
    """The changes of a plan row; ``dates`` = whatever decides how late it may start."""

    date: bool
    dates: bool
    text: bool
    recipients: bool
    is_back: bool


@dataclass(frozen=True, slots=True)
class _SyncContext:
    """The facts of one sync: its time, when the ledger was made, and the late rule."""

    now: datetime
    ledger_created_at: datetime
    verdict: CheckLateness

    def is_before_ledger(self, due_at: datetime) -> bool:
        """Return True if the due time is before the ledger was made."""
        return due_at < self.ledger_created_at


def sync(
    conn: Connection,
    plan: Plan,
    *,
    verdict: CheckLateness,
    now: datetime,
    folder_missing: bool = False,
    is_partial: bool = False,
) -> SyncResult:
    """Update the ledger from the plan, and return what changed.

    A frozen rendition stays. Posts of which many vanished at once keep their last plan, and nothing new is
    scheduled meanwhile. ``is_partial`` = the plan has only posts that changed since the last call: that a post is
    not in it means nothing.
    """
    stored_posts, stored_rows = select(post), select(plan_row)
    if is_partial and len(plan.rows) + len(plan.held) <= MAX_PARTIAL:
        ids = {row.post for row in plan.rows} | {item.post for item in plan.held}
        of_plan = post.c.id.in_(ids) | post.c.file.in_({item.file for item in plan.held})
        stored_posts, stored_rows = stored_posts.where(of_plan), stored_rows.where(plan_row.c.post.in_(ids))
    posts = {row.id: row for row in conn.execute(stored_posts)}
    by_file = {row.file: row for row in posts.values()}
    plan = replace(plan, held=tuple(held_posts.resolve_post_id(item, posts, by_file) for item in plan.held))
    vanished = set() if is_partial else vanished_posts.find_vanished(conn, plan, posts)
    is_accident = folder_missing or vanished_posts.is_accident(conn, vanished)
    if not is_partial:
        vanished_posts.save_vanished(conn, vanished if is_accident else ())
    if folder_missing:
        return SyncResult(vanished=tuple(sorted(vanished)))
    # The files of a wrong folder are no news of this office.
    rows = [row for row in plan.rows if row.post in posts or not is_accident]
    plan = replace(plan, held=held_posts.select_of_keepers(plan.held, rows, posts, is_partial=is_partial))
    existing = {(row.post, row.account): row for row in conn.execute(stored_rows)}
    context = _SyncContext(now, get_created_at(conn) or now, verdict)
    result = _sync_rows(conn, replace(plan, rows=tuple(rows)), posts, existing, context=context)
    for item in plan.held:
        _record_post(conn, posts, item, hold=item.reason, stamp=plan.stamps.get(item.file), now=now)
    for post_id in () if is_accident else vanished:
        _hold_post(conn, post_id, FileHold.GONE, now=now)
    recipient_changes.sync_changed_lists(conn, verdict=verdict, now=now)
    # A new date, a corrected text, another part, account or list does not undo what a person cancelled.
    cancelled = select(plan_row.c.post).where(plan_row.c.decision == UserDecision.CANCEL)
    decisions.settle_cancelled(conn, delivery.c.post.in_(cancelled), now=now)
    _mark_gap_unknown(conn, {*result.new, *result.changed}, now=now)
    held = tuple(item.post for item in plan.held if item.post in posts)
    if is_accident:
        return replace(result, held=held, vanished=tuple(sorted(vanished)))
    return replace(result, held=held + tuple(vanished))


def _sync_rows(
    conn: Connection,
    plan: Plan,
    posts: Mapping[str, Row[Any]],
    existing: Mapping[tuple[str, str], Row[Any]],
    *,
    context: _SyncContext,
) -> SyncResult:
    """Update each row of the plan; hold the ``existing`` ones that its posts no longer have."""
    account_ids: dict[str, str] = {}
    new, changed, cancelled, planned = [], [], [], set()
    for row in plan.rows:
        stored, stamp = posts.get(row.post), plan.stamps.get(row.file)
        _record_post(conn, posts, row, hold=None, stamp=stamp, now=context.now)
        account = account_ids.get(row.account.name) or accounts.ensure_account(conn, row.account)
        account_ids[row.account.name] = account
        planned.add((row.post, account))
        previous = existing.get((row.post, account))
        if previous is None:
            cancelled_at = decisions.get_cancelled_at(stored, existing.values()) if stored else None
            _insert_row(conn, row, account, cancelled_at=cancelled_at, context=context)
            new.append(row.post)
        elif previous.fingerprint != fingerprint(row) or not previous.planned:
            is_edited = stored is None or stamp is None or stored.stamp != stamp
            surplus = _update_row(conn, row, previous, is_edited=is_edited, context=context)
            cancelled += [CancelledPart(row.post, row.account.name, part) for part in surplus]
            changed.append(row.post)
    present = {row.post for row in plan.rows}
    # A post that is held as a whole keeps its rows: its draft may name other accounts.
    for pair, previous in existing.items():
        if previous.planned and pair[0] in present and pair not in planned:
            _drop_row(conn, previous)
            changed.append(pair[0])
    unplanned.hold_unplanned_rows(conn, now=context.now)
    return SyncResult(
        new=tuple(dict.fromkeys(new)), changed=tuple(dict.fromkeys(changed)), cancelled=tuple(cancelled)
    )


def _drop_row(conn: Connection, row: Row[Any]) -> None:
    """Note that the plan no longer has a post on an account."""
    pair = (plan_row.c.post == row.post) & (plan_row.c.account == row.account)
    conn.execute(update(plan_row).where(pair).values(planned=False))


def _mark_gap_unknown(conn: Connection, touched: set[str], *, now: datetime) -> None:
    """Mark deliveries of changed posts as unknown that may have been sent in the restore gap.

    A restored ledger reads these posts only now. They may have been sent late as well as in time.
    """
    restored = restore_gap.get_restore_gap(conn) if touched else None
    if restored is None:
        return
    plan_join = (plan_row.c.post == delivery.c.post) & (plan_row.c.account == delivery.c.account)
    is_in_gap = (
        exists(plan_row.c.post).where(plan_join, plan_row.c.date_at < restored.until).correlate(delivery)
    )
    condition = is_in_gap & (delivery.c.due_at <= restored.until)
    for post_id in touched:
        restore_gap.mark_unknown(conn, restored, condition & (delivery.c.post == post_id), now=now)


def _record_post(
    conn: Connection,
    posts: Mapping[str, Row[Any]],
    item: PlanRow | NotPlanned,
    *,
    hold: FileHold | None,
    stamp: str | None,
    now: datetime,
) -> None:
    stored = posts.get(item.post)
    if stored is not None:
        stamp = stamp or stored.stamp
        if (stored.file, stored.title, stored.hold, stored.stamp) == (item.file, item.title, hold, stamp):
            return
    if stored is None and hold is not None:
        return  # never scheduled: nothing to hold
    values = {"file": item.file, "title": item.title, "hold": hold, "stamp": stamp, "scanned_at": now}
    conn.execute(
        upsert(post).values(id=item.post, **values).on_conflict_do_update(index_elements=["id"], set_=values)
    )
    if hold is not None:
        _hold_post(conn, item.post, hold, now=now)
    elif stored is not None and stored.hold is not None:
        _release_post(conn, item.post, now=now)


def _hold_post(conn: Connection, post_id: str, reason: FileHold, *, now: datetime) -> None:
    conn.execute(update(post).where(post.c.id == post_id).values(hold=reason))
    states.move(conn, states.HOLD, delivery.c.post == post_id, now=now, reason=StopReason.FILE, owner=None)


def _release_post(conn: Connection, post_id: str, *, now: datetime) -> None:
    is_held = (delivery.c.post == post_id) & (delivery.c.reason == StopReason.FILE)
    states.move(conn, states.UNHOLD, is_held, now=now, reason="")


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
        "grace": row.grace.total_seconds(),
        "priority": row.priority,
        "during_pause": row.during_pause,
        "audiences": dump_canonical(list(row.audiences)),
        "rendition": row.rendition.hash,
        "replies_to": row.rendition.replies_to,
        "repeats": dump_canonical(list(row.repeats)),
        "planned": True,
    }


def _save_rendition(conn: Connection, row: PlanRow) -> None:
    body = dump_canonical(row.rendition.to_json())
    conn.execute(insert_or_ignore(rendition).values(hash=row.rendition.hash, body=body))


def _insert_row(
    conn: Connection,
    row: PlanRow,
    account: str,
    *,
    cancelled_at: datetime | None,
    context: _SyncContext,
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


def _add_parts(conn: Connection, row: PlanRow, account: str, *, context: _SyncContext) -> None:
    deliveries = []
    for part in range(1, len(row.rendition.parts) + 1):
        state, reason = _initial_state(row, part, context=context)
        key = delivery_key(row.post, account, part)
        deliveries.append(
            states.NewDelivery(key, row.post, account, part, state, reason, row.due.utc, row.priority)
        )
    states.insert_deliveries(conn, deliveries, now=context.now)


def _initial_state(row: PlanRow, part: int, *, context: _SyncContext) -> tuple[State, str]:
    # The gate decides on posts that came due since the ledger exists: a pause may hold them.
    if context.is_before_ledger(row.due.utc):
        lateness = context.verdict(row.timing(due_before_ledger=True), context.now)
        if isinstance(lateness, TooLate):
            return lateness.state, lateness.reason
    if part > 1:
        return State.HELD, part_reason(part - 1)
    return State.SCHEDULED, ""


def _update_row(
    conn: Connection, row: PlanRow, previous: Row[Any], *, is_edited: bool, context: _SyncContext
) -> tuple[int, ...]:
    """Update a row that the ledger has; return the parts that its new text no longer has."""
    _save_rendition(conn, row)
    values = _plan_values(row)
    changes = _find_changes(row, previous, values, is_edited=is_edited)
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
        unplanned.release_planned(conn, deliveries, now=context.now)
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


def _find_changes(
    row: PlanRow, previous: Row[Any], values: Mapping[str, Any], *, is_edited: bool
) -> _Changes:
    date = previous.date_at != values["date_at"]
    # A new late rule in config.toml is for the posts to come: it sends no old ones.
    late = is_edited and previous.late != values["late"]
    return _Changes(
        date=date,
        dates=date or late or previous.expires_at != values["expires_at"],
        text=previous.rendition != row.rendition.hash,
        recipients=previous.fan_out and (previous.audiences != values["audiences"] or not previous.planned),
        is_back=not previous.planned,
    )


def _current_timing(row: PlanRow, previous: Row[Any], due_at: datetime, *, context: _SyncContext) -> Timing:
    """Return when the unsent rest may start, counted from the date or the last progress."""
    latest = max(time for time in (due_at, previous.first_write_at, previous.progress_at) if time)
    return row.timing(due_at=latest, due_before_ledger=context.is_before_ledger(due_at))


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
