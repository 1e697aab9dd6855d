"""Decisions of a person about a whole post, kept with its plan row.

A decision stays with the post and the account, whatever becomes of the file, its lists or the deliveries. Every
step that makes deliveries wait again asks ``settle_cancelled``.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, exists, func, or_, select, update

from humaspost.ledger.deliveries import states
from humaspost.ledger.queries import totals
from humaspost.ledger.schema import account, attempt, delivery, plan_row
from humaspost.ledger.schema import post as post_table
from humaspost.model.decision import UserDecision
from humaspost.model.delivery import State
from humaspost.model.reasons import PART_PREFIX, StopReason
from humaspost.model.records import CancelCounts, CancelledPost

#: The states that a cancel ends; an unknown outcome ends only where the person says so.
STOPPABLE_STATES = states.CANCEL.sources - {State.UNKNOWN}
#: The stop of a post on an account that a person cancelled.
STOP_OF_CANCEL = {"stop": State.CANCELLED, "stop_reason": StopReason.PERSON, "expanded": True}
_earlier = delivery.alias("earlier")


# -- cancel --------------------------------------------------------------------------------------------


def count_cancel(
    conn: Connection, post: str, *, account: str | None, include_unknown: bool = False
) -> list[CancelCounts]:
    """Return what a cancel of the post would stop, by account; people without rows count too."""
    return [
        CancelCounts(
            entry.account,
            entry.count(*STOPPABLE_STATES) + (entry.counts[State.UNKNOWN] if include_unknown else 0),
            published=entry.counts[State.PUBLISHED],
            sending=entry.counts[State.SENDING],
            unknown=0 if include_unknown else entry.counts[State.UNKNOWN],
            cancelled_at=entry.cancelled_at,
            expired=entry.counts[State.EXPIRED],
        )
        for entry in totals.list_by_post(conn, post_id=post)
        if account in (None, entry.account)
    ]


def cancel(
    conn: Connection, post: str, *, account: str | None, now: datetime, include_unknown: bool = False
) -> list[CancelCounts]:
    """Cancel the post on all its accounts or on one; return what that stopped.

    What is being sent ends as it ends, and is not tried again. ``include_unknown`` = unknown outcomes too.
    """
    counts = count_cancel(conn, post, account=account, include_unknown=include_unknown)
    is_of_post = (plan_row.c.post == post) & plan_row.c.account.in_(_account_ids(post, account))
    _record(
        conn, is_of_post & plan_row.c.decision.is_distinct_from(UserDecision.CANCEL), UserDecision.CANCEL, now
    )
    conn.execute(update(plan_row).where(is_of_post).values(STOP_OF_CANCEL))
    if account is None:
        # Accounts that its file names later are cancelled, too.
        conn.execute(update(post_table).where(post_table.c.id == post).values(cancelled_at=now))
    settle_cancelled(conn, delivery.c.post == post, now=now)
    if include_unknown:
        is_named = (delivery.c.post == post) & delivery.c.account.in_(_account_ids(post, account))
        _cancel(conn, is_named, now=now)
    return counts


def cancel_values(cancelled_at: datetime) -> dict[str, Any]:
    """Return the values of a plan row that starts cancelled."""
    return {"decision": UserDecision.CANCEL, "decided_at": cancelled_at, **STOP_OF_CANCEL}


def get_cancelled_at(stored_post: Row[Any], rows: Iterable[Row[Any]]) -> datetime | None:
    """Return when a person cancelled the whole post, if that holds for a new account too.

    It does until `publish` or `resolve` sends the post on one of its accounts. ``rows`` are plan rows.
    """
    if stored_post.cancelled_at is None:
        return None
    of_post = [row for row in rows if row.post == stored_post.id]
    return stored_post.cancelled_at if all(row.decision == UserDecision.CANCEL for row in of_post) else None


def settle_cancelled(conn: Connection, where: ColumnElement[bool], *, now: datetime) -> int:
    """Cancel deliveries that wait, or wait for a person, of posts that are cancelled.

    Unknown ones stay: they may be live. Those that are being sent stay too, until their outcome.
    """
    return _cancel(conn, where & is_of_cancelled() & (delivery.c.state != State.UNKNOWN), now=now)


def _cancel(conn: Connection, where: ColumnElement[bool], *, now: datetime) -> int:
    return states.move(
        conn, states.CANCEL, where, now=now, reason=StopReason.PERSON, owner=None, next_lookup_at=None
    )


def is_of_cancelled() -> ColumnElement[bool]:
    """Return the condition of deliveries whose whole post a person cancelled on the account."""
    plan_join = and_(plan_row.c.post == delivery.c.post, plan_row.c.account == delivery.c.account)
    is_cancelled = plan_row.c.decision == UserDecision.CANCEL
    return exists(plan_row.c.post).where(plan_join, is_cancelled).correlate(delivery)


def _account_ids(post: str, name: str | None) -> Select[tuple[str]]:
    query = select(plan_row.c.account).join(account, account.c.id == plan_row.c.account)
    query = query.where(plan_row.c.post == post)
    return query if name is None else query.where(account.c.name == name)


# -- publish and retry ---------------------------------------------------------------------------------


def record_publish(conn: Connection, post: str, account_id: str, *, now: datetime) -> None:
    """Record that a person publishes the post on the account; end its stop.

    What a person cancelled is scheduled again, with the text that the file has now.
    """
    is_of_post = (plan_row.c.post == post) & (plan_row.c.account == account_id)
    was_cancelled = (plan_row.c.stop == State.CANCELLED) | (plan_row.c.decision == UserDecision.CANCEL)
    text_of_now = {
        # People who were not reached yet get the text that the person publishes, not the cancelled one.
        "frozen_rendition": plan_row.c.rendition,
        "changed": False,
    }
    is_begun_fan_out = plan_row.c.fan_out & plan_row.c.frozen_rendition.isnot(None)
    conn.execute(update(plan_row).where(is_of_post, was_cancelled, is_begun_fan_out).values(text_of_now))
    conn.execute(update(plan_row).where(is_of_post, was_cancelled).values(expanded=~plan_row.c.fan_out))
    _record(conn, is_of_post, UserDecision.PUBLISH, now)
    conn.execute(update(plan_row).where(is_of_post).values(stop=None, stop_reason=""))
    is_target = (delivery.c.post == post) & (delivery.c.account == account_id)
    states.move(
        conn,
        states.UNCANCEL,
        is_target & _is_revocable(),
        now=now,
        reason="",
        due_at=now,
        not_before=None,
        owner=None,
        failures=0,
        use_latest_rendition=delivery.c.recipient == "",
    )


def record_retry(conn: Connection, keys: Collection[str], *, now: datetime, whole_post: bool = False) -> None:
    """Record that a person has these deliveries sent again.

    ``whole_post`` = the person named their posts: it also holds for people who have no rows yet, and ends a
    cancel. The time that the post waited for the person does not make it late.
    """
    is_named = exists(delivery.c.key).where(
        delivery.c.post == plan_row.c.post,
        delivery.c.account == plan_row.c.account,
        delivery.c.key.in_(keys),
    )
    conn.execute(update(plan_row).where(is_named).values(progress_at=now))
    if whole_post:
        _record(conn, is_named, UserDecision.RETRY, now)


def _record(conn: Connection, where: ColumnElement[bool], decision: UserDecision, now: datetime) -> None:
    conn.execute(update(plan_row).where(where).values(decision=decision, decided_at=now))


def list_cancelled(conn: Connection, post: str) -> list[CancelledPost]:
    """Return what a person cancelled of the post, by account."""
    is_revocable = case((_is_revocable(), 1), else_=0)
    is_given_up = case((_is_maybe_live(), 1), else_=0)
    rows = conn.execute(
        select(
            account.c.name,
            func.max(delivery.c.updated_at).label("at"),
            func.sum(is_revocable).label("revocable"),
            func.sum(is_given_up).label("given_up"),
        )
        .join(account, account.c.id == delivery.c.account)
        .where(delivery.c.post == post, delivery.c.state == State.CANCELLED)
        .group_by(account.c.name)
    )
    by_account = {row.name: row for row in rows}
    unexpanded = totals.count_unexpanded(conn, post_id=post)
    is_stopped = (plan_row.c.post == post) & (plan_row.c.stop == State.CANCELLED)
    stopped = select(account.c.name).join(plan_row, plan_row.c.account == account.c.id).where(is_stopped)
    stopped_names = set(conn.scalars(stopped))
    cancelled = []
    for entry in totals.list_by_post(conn, post_id=post):
        row = by_account.get(entry.account)
        if entry.account not in stopped_names and row is None:
            continue
        revocable, given_up = (row.revocable, row.given_up) if row is not None else (0, 0)
        if entry.account in stopped_names:
            revocable += unexpanded.get((post, entry.account), 0)
        at = entry.cancelled_at or (row.at if row is not None else entry.decided_at)
        cancelled.append(CancelledPost(entry.account, at, revocable, given_up))
    return cancelled


def _is_revocable() -> ColumnElement[bool]:
    """Return the condition that `publish` sends a cancelled delivery after all.

    A person cancelled it, and neither it nor an earlier part may be live.
    """
    by_person = (delivery.c.reason == StopReason.PERSON) | delivery.c.reason.startswith(PART_PREFIX)
    stays_cancelled = exists(_earlier.c.key).where(
        _earlier.c.post == delivery.c.post,
        _earlier.c.account == delivery.c.account,
        _earlier.c.recipient == delivery.c.recipient,
        _earlier.c.part < delivery.c.part,
        _earlier.c.state == State.CANCELLED,
        _is_maybe_live(_earlier),
    )
    is_cancelled = delivery.c.state == State.CANCELLED
    return and_(is_cancelled, by_person, ~_is_maybe_live(), ~stays_cancelled.correlate(delivery))


def _is_maybe_live(table: Any = delivery) -> ColumnElement[bool]:
    """Return the condition that the last outcome is unknown, and not proved absent."""
    last = and_(attempt.c.key == table.c.key, attempt.c.number == table.c.attempts)
    is_unknown = exists(attempt.c.key).where(
        last, or_(attempt.c.outcome == "unknown", attempt.c.outcome.is_(None))
    )
    return and_(table.c.unknown_since.isnot(None), is_unknown.correlate(table))
