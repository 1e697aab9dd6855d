"""The update of the ledger from the plan: new posts, edits, removed files and accounts.

The plan is a set of posts on accounts: what it has is scheduled, and what it no longer has is held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select, true, update

from humaspost.ledger import accounts
from humaspost.ledger.database import get_created_at
from humaspost.ledger.deliveries import restore_gap, states
from humaspost.ledger.dialect import upsert
from humaspost.ledger.people import list_holds
from humaspost.ledger.posts import (
    decisions,
    held_posts,
    plan_rows,
    recipient_changes,
    unplanned,
    vanished_posts,
)
from humaspost.ledger.schema import delivery, plan_row, post
from humaspost.model.decision import CheckLateness, UserDecision
from humaspost.model.plan import NotPlanned, Plan, PlanRow
from humaspost.model.reasons import FileHold, StopReason

#: The most posts that a partial sync looks up one by one; a database limits the parameters of a query.
MAX_PARTIAL = 400
_CLOCK_TICK = timedelta(microseconds=1)


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
    is_narrow = is_partial and len(plan.rows) + len(plan.held) <= MAX_PARTIAL
    posts = _load_posts(conn, plan if is_narrow else None)
    by_file = {row.file: row for row in posts.values()}
    plan = replace(plan, held=tuple(held_posts.resolve_post_id(item, posts, by_file) for item in plan.held))
    vanished = set() if is_partial else vanished_posts.find_vanished(conn, plan, posts)
    is_accident = vanished_posts.is_accident(conn, vanished, folder_missing=folder_missing)
    if not is_partial:
        vanished_posts.save_vanished(conn, vanished if is_accident else ())
    if folder_missing:
        return SyncResult(vanished=tuple(sorted(vanished)))
    # The files of a wrong folder are no news of this office.
    rows = [row for row in plan.rows if row.post in posts or not is_accident]
    plan = replace(plan, held=held_posts.select_of_keepers(plan.held, rows, posts, is_partial=is_partial))
    ids = {row.post for row in plan.rows} | {item.post for item in plan.held}
    of_plan = plan_row.c.post.in_(ids) if is_narrow else true()
    existing = {(row.post, row.account): row for row in conn.execute(select(plan_row).where(of_plan))}
    context = _create_context(conn, verdict, now=now)
    result = _sync_rows(conn, replace(plan, rows=tuple(rows)), posts, existing, context=context)
    for item in plan.held:
        stamp = plan.stamps.get(item.file)
        _record_post(conn, posts, item, hold=item.reason, stamp=stamp, context=context)
    for post_id in () if is_accident else vanished:
        _hold_post(conn, post_id, FileHold.GONE, context=context)
    has_changed_lists = recipient_changes.sync_changed_lists(conn, verdict=verdict, now=now)
    _settle(conn, delivery.c.post.in_(ids) if is_narrow and not has_changed_lists else true(), now=now)
    _mark_gap_unknown(conn, {*result.new, *result.changed}, now=now)
    held = tuple(item.post for item in plan.held if item.post in posts)
    if is_accident:
        return replace(result, held=held, vanished=tuple(sorted(vanished)))
    return replace(result, held=held + tuple(vanished))


def _load_posts(conn: Connection, plan: Plan | None) -> dict[str, Row[Any]]:
    """Return the posts of the ledger by id; with a plan only those that it is about."""
    query = select(post)
    if plan is not None:
        ids = {row.post for row in plan.rows} | {item.post for item in plan.held}
        query = query.where(post.c.id.in_(ids) | post.c.file.in_({item.file for item in plan.held}))
    return {row.id: row for row in conn.execute(query)}


def _settle(conn: Connection, where: ColumnElement[bool], *, now: datetime) -> None:
    """Stop what may not wait, and free what a list held; of other posts the gate stops it."""
    unplanned.hold_unplanned_rows(conn, where, now=now)
    list_holds.release_posts(conn, where, now=now)
    # A new date, a corrected text, another part, account or list does not undo what a person cancelled.
    cancelled = select(plan_row.c.post).where(plan_row.c.decision == UserDecision.CANCEL)
    decisions.settle_cancelled(conn, where & delivery.c.post.in_(cancelled), now=now)


def _create_context(conn: Connection, verdict: CheckLateness, *, now: datetime) -> plan_rows.SyncContext:
    last_scan = conn.scalar(select(func.max(post.c.scanned_at)))
    # A process that looked at its clock earlier may write later.
    scanned_at = max(now, last_scan + _CLOCK_TICK) if last_scan is not None else now
    return plan_rows.SyncContext(now, get_created_at(conn) or now, verdict, scanned_at)


def _sync_rows(
    conn: Connection,
    plan: Plan,
    posts: Mapping[str, Row[Any]],
    existing: Mapping[tuple[str, str], Row[Any]],
    *,
    context: plan_rows.SyncContext,
) -> SyncResult:
    """Update each row of the plan; hold the ``existing`` ones that its posts no longer have."""
    account_ids: dict[str, str] = {}
    new, changed, cancelled, planned = [], [], [], set()
    for row in plan.rows:
        stored, stamp = posts.get(row.post), plan.stamps.get(row.file)
        _record_post(conn, posts, row, hold=None, stamp=stamp, context=context)
        account = account_ids.get(row.account.name) or accounts.ensure_account(conn, row.account)
        account_ids[row.account.name] = account
        planned.add((row.post, account))
        previous = existing.get((row.post, account))
        if previous is None:
            cancelled_at = decisions.get_cancelled_at(stored, existing.values()) if stored else None
            plan_rows.insert_row(conn, row, account, cancelled_at=cancelled_at, context=context)
            new.append(row.post)
        elif plan_rows.has_changed(row, previous):
            surplus = plan_rows.update_row(conn, row, previous, context=context)
            cancelled += [CancelledPart(row.post, row.account.name, part) for part in surplus]
            changed.append(row.post)
        else:
            plan_rows.note_own_late(conn, row, previous)
    present = {row.post for row in plan.rows}
    # A post that is held as a whole keeps its rows: its draft may name other accounts.
    for pair, previous in existing.items():
        if previous.planned and pair[0] in present and pair not in planned:
            _drop_row(conn, previous)
            changed.append(pair[0])
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
    context: plan_rows.SyncContext,
) -> None:
    stored = posts.get(item.post)
    if stored is not None:
        stamp = stamp or stored.stamp
        if (stored.file, stored.title, stored.hold, stored.stamp) == (item.file, item.title, hold, stamp):
            return
    if stored is None and hold is not None:
        return  # never scheduled: nothing to hold
    of_file = {"file": item.file, "title": item.title, "hold": hold, "stamp": stamp}
    values = of_file | {"scanned_at": context.scanned_at}
    conn.execute(
        upsert(post).values(id=item.post, **values).on_conflict_do_update(index_elements=["id"], set_=values)
    )
    if hold is not None:
        _hold_post(conn, item.post, hold, context=context)
    elif stored is not None and stored.hold is not None:
        _release_post(conn, item.post, now=context.now)


def _hold_post(conn: Connection, post_id: str, reason: FileHold, *, context: plan_rows.SyncContext) -> None:
    values = {"hold": reason, "scanned_at": context.scanned_at}
    conn.execute(update(post).where(post.c.id == post_id).values(values))
    of_post = delivery.c.post == post_id
    states.move(conn, states.HOLD, of_post, now=context.now, reason=StopReason.FILE, owner=None)


def _release_post(conn: Connection, post_id: str, *, now: datetime) -> None:
    is_held = (delivery.c.post == post_id) & (delivery.c.reason == StopReason.FILE)
    states.move(conn, states.UNHOLD, is_held, now=now, reason="")
