"""The update of the ledger from the plan: new posts, new dates, fixed texts, removed files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, insert, select, update

from humaspost.base.canonical_json import dump_canonical, sha256_digest
from humaspost.ledger import accounts
from humaspost.ledger.database import get_created_at
from humaspost.ledger.deliveries import restore_gap, states, thread_parts
from humaspost.ledger.dialect import insert_or_ignore, upsert
from humaspost.ledger.schema import delivery, plan_row, post, rendition
from humaspost.model.decision import CheckLateness, TooLate
from humaspost.model.delivery import State, delivery_key
from humaspost.model.plan import NotPlanned, Plan, PlanRow
from humaspost.model.reasons import FileHold, StopReason, part_reason

#: Fewer vanished files than this never look like a lost folder.
MIN_VANISHED = 3
MAX_VANISHED_SHARE = 0.2
#: The most posts that a partial sync looks up one by one; a database limits the parameters of a query.
MAX_PARTIAL = 400
#: States that a new date or a fixed file can schedule again.
RETRYABLE_STATES = (State.FAILED, State.MISSED)
PENDING_STATES = (State.SCHEDULED, State.PREPARING, State.HELD, *RETRYABLE_STATES)


@dataclass(frozen=True, slots=True)
class SyncResult:
    """The changes that scheduling made, by id of the posts: new, changed, held.

    ``changed`` posts got a new date or a fixed text. ``vanished`` = so many files vanished that nothing was
    changed. ``finished`` are files with errors whose post has nothing left to send.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()


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

    A frozen rendition stays. Where many files vanished at once, nothing changes. ``is_partial`` = the plan has
    only posts that changed since the last call: that a post is not in it means nothing.
    """
    stored_posts, stored_rows = select(post), select(plan_row)
    if is_partial and len(plan.rows) + len(plan.held) <= MAX_PARTIAL:
        ids = {row.post for row in plan.rows} | {item.post for item in plan.held}
        of_plan = post.c.id.in_(ids) | post.c.file.in_({item.file for item in plan.held})
        stored_posts, stored_rows = stored_posts.where(of_plan), stored_rows.where(plan_row.c.post.in_(ids))
    posts = {row.id: row for row in conn.execute(stored_posts)}
    by_file = {row.file: row for row in posts.values()}
    plan = replace(plan, held=tuple(_resolve_post_id(item, posts, by_file) for item in plan.held))
    vanished = set() if is_partial else _find_vanished(conn, plan, posts)
    if folder_missing or _is_suspicious(conn, vanished):
        return SyncResult(vanished=tuple(sorted(vanished)))
    existing = {(row.post, row.account): row for row in conn.execute(stored_rows)}
    account_ids: dict[str, str] = {}
    context = _SyncContext(now, get_created_at(conn) or now, verdict)
    new, changed = [], []
    for row in plan.rows:
        _record_post(conn, posts, row, hold=None, now=now)
        account = account_ids.get(row.account.name) or accounts.ensure_account(conn, row.account)
        account_ids[row.account.name] = account
        previous = existing.get((row.post, account))
        if previous is None:
            _insert_row(conn, row, account, context=context)
            new.append(row.post)
        elif previous.fingerprint != fingerprint(row):
            _update_row(conn, row, previous, context=context)
            changed.append(row.post)
    for item in plan.held:
        _record_post(conn, posts, item, hold=item.reason, now=now)
    for post_id in vanished:
        _hold_post(conn, post_id, FileHold.GONE, now=now)
    _mark_gap_unknown(conn, {*new, *changed}, now=now)
    held = tuple(item.post for item in plan.held if item.post in posts) + tuple(vanished)
    return SyncResult(tuple(dict.fromkeys(new)), tuple(dict.fromkeys(changed)), held)


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


def _resolve_post_id(
    item: NotPlanned, posts: Mapping[str, Row[Any]], by_file: Mapping[str, Row[Any]]
) -> NotPlanned:
    """Return the item with the id and title of the post that its file had before.

    The file may be unreadable now, so that it gives no id.
    """
    of_file = by_file.get(item.file)
    id_ = item.post or (of_file.id if of_file else "")
    return replace(item, post=id_, title=item.title or (posts[id_].title if id_ in posts else ""))


def _find_vanished(conn: Connection, plan: Plan, posts: Mapping[str, Row[Any]]) -> set[str]:
    """Return the posts with pending deliveries whose file does not exist any more."""
    present = {row.post for row in plan.rows} | {item.post for item in plan.held}
    absent = {id_ for id_ in set(posts) - present if posts[id_].hold != FileHold.GONE}
    return absent & _pending_posts(conn) if absent else set()


def _pending_posts(conn: Connection) -> set[str]:
    waiting = select(delivery.c.post).where(delivery.c.state.in_(PENDING_STATES)).distinct()
    unexpanded = select(plan_row.c.post).where(plan_row.c.expanded.is_(False)).distinct()
    return set(conn.scalars(waiting)) | set(conn.scalars(unexpanded))


def _is_suspicious(conn: Connection, vanished: set[str]) -> bool:
    return len(vanished) >= MIN_VANISHED and is_mass_removal(len(vanished), pending=len(_pending_posts(conn)))


def is_mass_removal(vanished: int, *, pending: int) -> bool:
    """Return True if so many vanished posts, of all ``pending`` ones, look like an accident."""
    return vanished >= MIN_VANISHED and vanished > MAX_VANISHED_SHARE * pending


def _record_post(
    conn: Connection,
    posts: Mapping[str, Row[Any]],
    item: PlanRow | NotPlanned,
    *,
    hold: FileHold | None,
    now: datetime,
) -> None:
    stored = posts.get(item.post)
    if stored is not None and (stored.file, stored.title, stored.hold) == (item.file, item.title, hold):
        return
    if stored is None and hold is not None:
        return  # never scheduled: nothing to hold
    values = {"file": item.file, "title": item.title, "hold": hold, "scanned_at": now}
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
    return sha256_digest([row.rendition.hash, times, policy, list(row.audiences), row.repeats])


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
        "repeats": row.repeats,
    }


def _save_rendition(conn: Connection, row: PlanRow) -> None:
    body = dump_canonical(row.rendition.to_json())
    conn.execute(insert_or_ignore(rendition).values(hash=row.rendition.hash, body=body))


def _insert_row(conn: Connection, row: PlanRow, account: str, *, context: _SyncContext) -> None:
    _save_rendition(conn, row)
    fan_out = bool(row.audiences)
    conn.execute(
        insert(plan_row).values(
            post=row.post,
            account=account,
            due_at=row.due.utc,
            fan_out=fan_out,
            expanded=not fan_out,
            **_plan_values(row),
        )
    )
    if not fan_out:
        _add_parts(
            conn,
            row,
            account,
            numbers=range(1, len(row.rendition.parts) + 1),
            context=context,
        )


def _add_parts(
    conn: Connection,
    row: PlanRow,
    account: str,
    *,
    numbers: Iterable[int],
    context: _SyncContext,
) -> None:
    deliveries = []
    for part in numbers:
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


def _update_row(conn: Connection, row: PlanRow, previous: Row[Any], *, context: _SyncContext) -> None:
    _save_rendition(conn, row)
    values = _plan_values(row)
    date_changed = previous.date_at != row.due.utc
    if date_changed:
        values["due_at"] = row.due.utc
    values["changed"] = bool(previous.frozen_rendition) and previous.frozen_rendition != row.rendition.hash
    condition = (plan_row.c.post == row.post) & (plan_row.c.account == previous.account)
    conn.execute(update(plan_row).where(condition).values(values))
    deliveries = (delivery.c.post == row.post) & (delivery.c.account == previous.account)
    text_changed = previous.rendition != row.rendition.hash
    _update_deliveries(
        conn,
        deliveries,
        values,
        date_changed=date_changed,
        text_changed=text_changed,
        context=context,
    )
    if previous.first_write_at is None and not previous.fan_out and text_changed:
        _sync_parts(conn, row, previous.account, context=context)


def _update_deliveries(
    conn: Connection,
    deliveries: Any,
    values: Mapping[str, Any],
    *,
    date_changed: bool,
    text_changed: bool,
    context: _SyncContext,
) -> None:
    """Move pending deliveries to the new time.

    A new date schedules missed deliveries again; a fixed file or a new date schedules failed ones.
    """
    times: dict[str, Any] = {"priority": values["priority"], "updated_at": context.now}
    if date_changed:
        times |= {"due_at": values["due_at"], "not_before": None}
    conn.execute(update(delivery).where(deliveries, delivery.c.state.in_(PENDING_STATES)).values(times))
    # A delivery that was claimed with the old text must pass the gate with the new one.
    states.move(conn, states.RELEASE, deliveries, now=context.now, owner=None)
    freed = [State.MISSED] if date_changed and not context.is_before_ledger(values["date_at"]) else []
    freed += [State.FAILED] if text_changed or date_changed else []
    if freed:
        is_freed = deliveries & delivery.c.state.in_(freed)
        states.move(
            conn,
            states.REPLAN,
            is_freed,
            now=context.now,
            reason="",
            owner=None,
            use_latest_rendition=True,
            not_before=None,
        )
        thread_parts.hold_following(conn, deliveries, now=context.now)


def _sync_parts(conn: Connection, row: PlanRow, account: str, *, context: _SyncContext) -> None:
    """Match the rows of a thread that was not started to the parts of its new text."""
    condition = (delivery.c.post == row.post) & (delivery.c.account == account)
    existing = set(conn.scalars(select(delivery.c.part).where(condition)))
    expected = set(range(1, len(row.rendition.parts) + 1))
    conn.execute(
        delete(delivery).where(condition, delivery.c.part.in_(existing - expected), delivery.c.attempts == 0)
    )
    _add_parts(conn, row, account, numbers=sorted(expected - existing), context=context)
