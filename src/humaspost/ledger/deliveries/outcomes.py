"""Outcomes of writes, and what each changes in the ledger.

Proof always wins over an unknown outcome, and only proof or a user ends one.
"""

from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import Connection, insert, select, update

from humaspost.ledger.deliveries import preparations, progress, states, thread_parts
from humaspost.ledger.deliveries.attempts import end_attempt
from humaspost.ledger.holds import account_holds
from humaspost.ledger.people import marketing_preferences, service_windows
from humaspost.ledger.posts import decisions
from humaspost.ledger.schema import account, delivery, lookup, plan_row
from humaspost.model.delivery import Intent, Proof, State
from humaspost.model.errors import AnyChannelError, Rejected, Scope, Transient
from humaspost.model.event_kind import EventKind
from humaspost.model.outcome import (
    HoldAccount,
    MarkFailed,
    MarkUnknown,
    NotSent,
    RetryLater,
    WriteFailed,
    WriteOutcome,
)
from humaspost.model.reasons import AccountHold, StopReason

#: Unknown outcomes in a row that throttle an account.
THROTTLE_STREAK = 3


def record_outcome(
    conn: Connection, intent: Intent, outcome: WriteOutcome, *, account: str, now: datetime
) -> EventKind:
    """Record the outcome of a write that was not confirmed; return the kind of its event."""
    if isinstance(outcome, NotSent):
        reschedule(
            conn, intent.key, intent.number, at=None, now=now, outcome="not-sent", counts_failure=False
        )
        _return_preparation(conn, intent, account, now)
        return EventKind.RETRY
    error = outcome.error
    match outcome.decision:
        case RetryLater() as decision:
            _record_retry(conn, intent, error, decision, account=account, now=now)
            return EventKind.RETRY
        case HoldAccount() as decision:
            _record_refused_account(conn, intent, error, decision, account=account, now=now)
            return EventKind.HELD
        case MarkFailed():
            _record_failure(conn, intent, error, now=now)
            return EventKind.FAILED
        case MarkUnknown(hold_account):
            _record_unknown(conn, intent, outcome, account=account, hold_account=hold_account, now=now)
            return EventKind.UNKNOWN
    assert_never(outcome.decision)


def _record_retry(
    conn: Connection,
    intent: Intent,
    error: AnyChannelError,
    decision: RetryLater,
    *,
    account: str,
    now: datetime,
) -> None:
    reschedule(
        conn,
        intent.key,
        intent.number,
        at=decision.at,
        now=now,
        code=error.code,
        detail=error.detail,
        counts_failure=decision.counts_failure,
        whole_post=error.scope is Scope.POST,
    )
    if decision.whole_account:
        progress.record_account_wait(conn, account, until=decision.at, now=now)
    if isinstance(error, Transient) and error.window_closed and intent.to is not None:
        service_windows.close_window(conn, account, intent.to.id, at=intent.gated_at)
    if decision.restart_preparation:
        preparations.delete_preparation(conn, account, intent.part.hash)
    else:
        _return_preparation(conn, intent, account, now)


def _record_refused_account(
    conn: Connection,
    intent: Intent,
    error: AnyChannelError,
    decision: HoldAccount,
    *,
    account: str,
    now: datetime,
) -> None:
    reschedule(
        conn,
        intent.key,
        intent.number,
        at=None,
        now=now,
        code=error.code,
        detail=error.detail,
        counts_failure=False,
        hold_reason=decision.reason,
    )
    _return_preparation(conn, intent, account, now)
    account_holds.hold_refused_account(conn, account, error, decision, now=now)


def _record_failure(conn: Connection, intent: Intent, error: AnyChannelError, *, now: datetime) -> None:
    mark_failed(
        conn,
        intent.key,
        intent.number,
        code=error.code,
        detail=error.detail,
        now=now,
        whole_post=error.scope is Scope.POST,
    )
    if isinstance(error, Rejected) and error.marketing_refused:
        marketing_preferences.record_refusal(conn, intent.key, at=now)


def _record_unknown(
    conn: Connection, intent: Intent, outcome: WriteFailed, *, account: str, hold_account: bool, now: datetime
) -> None:
    code, detail = outcome.error.code, outcome.error.detail
    streak = mark_unknown(
        conn,
        intent.key,
        intent.number,
        code=code,
        detail=detail,
        now=now,
        first_check_delay=outcome.first_check_delay,
    )
    if hold_account:
        # A suspected spam block still lets one log in: only a user ends it, by `account check`.
        account_holds.hold_account(conn, account, AccountHold.QUOTA, code=code, detail=detail, now=now)
    elif streak >= THROTTLE_STREAK:
        until = now + timedelta(seconds=30 * 2 ** min(streak - THROTTLE_STREAK, 7))
        account_holds.throttle(conn, account, code=code, until=until)
        progress.record_account_wait(conn, account, until=until, now=now)


def _return_preparation(conn: Connection, intent: Intent, account: str, now: datetime) -> None:
    # It is proven that nothing was created, so the preparation that the intent took was not used.
    if intent.to is None:
        preparations.restore_preparation(conn, account, intent.part.hash, token=intent.token, now=now)


def reschedule(
    conn: Connection,
    key: str,
    number: int,
    *,
    at: datetime | None,
    now: datetime,
    code: str = "",
    detail: str = "",
    outcome: str = "retry",
    counts_failure: bool = True,
    hold_reason: AccountHold | None = None,
    whole_post: bool = False,
) -> None:
    """Schedule a delivery for ``at`` that was proven not created, or hold it.

    ``hold_reason`` is ``login``, ``quota`` or ``throttle``. ``counts_failure`` = the next back-off is longer;
    a rate limit does not count. ``whole_post`` = the other recipients of the post wait too.
    """
    if whole_post and at is not None:
        is_earlier = delivery.c.not_before.is_(None) | (delivery.c.not_before < at)
        others = _other_recipients(conn, key) & is_earlier
        states.move(conn, states.DELAY, others, now=now, owner=None, not_before=at, code=code, detail=detail)
        progress.record_wait(conn, key, until=at)  # for those who have no row yet
    states.move(
        conn,
        states.REFUSE_ACCOUNT if hold_reason else states.RESCHEDULE,
        delivery.c.key == key,
        now=now,
        reason=hold_reason or "",
        owner=None,
        not_before=at,
        failures=delivery.c.failures + (1 if counts_failure else 0),
        code=code,
        detail=detail,
    )
    end_attempt(conn, key, number, outcome=outcome, now=now, code=code, detail=detail)
    _follow_text(conn, key, now=now)
    decisions.settle_cancelled(conn, delivery.c.key == key, now=now)


def mark_failed(
    conn: Connection,
    key: str,
    number: int,
    *,
    code: str,
    detail: str,
    now: datetime,
    whole_post: bool = False,
) -> None:
    """Mark the delivery as failed: the platform refused its write for good.

    A fixed file or a user schedules it again. ``whole_post`` = the platform will not accept the post for any
    other recipient either: those who still wait are not tried one by one.
    """
    values = {"reason": code, "owner": None, "code": code, "detail": detail}
    states.move(conn, states.FAIL, delivery.c.key == key, now=now, **values)
    if whole_post:
        states.move(conn, states.FAIL_POST, _other_recipients(conn, key), now=now, **values)
    end_attempt(conn, key, number, outcome="failed", now=now, code=code, detail=detail)
    _follow_text(conn, key, now=now)
    decisions.settle_cancelled(conn, delivery.c.key == key, now=now)


def mark_unpreparable(
    conn: Connection, key: str, *, code: str, detail: str, now: datetime, whole_post: bool
) -> bool:
    """Mark a claimed delivery as failed; return False if it is not claimed any more.

    Nothing of it was sent. An edit may have released it, and another turn may be writing it: nothing changes then.
    """
    values = {"reason": code, "owner": None, "code": code, "detail": detail}
    if not states.move(conn, states.FAIL_UNPREPARED, delivery.c.key == key, now=now, **values):
        return False
    if whole_post:
        states.move(conn, states.FAIL_POST, _other_recipients(conn, key), now=now, **values)
    _follow_text(conn, key, now=now)
    decisions.settle_cancelled(conn, delivery.c.key == key, now=now)
    return True


def _other_recipients(conn: Connection, key: str) -> Any:
    """Return the condition of the post's other recipients on the account."""
    row = conn.execute(select(delivery.c.post, delivery.c.account).where(delivery.c.key == key)).one()
    others = (delivery.c.post == row.post) & (delivery.c.account == row.account) & (delivery.c.key != key)
    return others & (delivery.c.recipient != "")


def _follow_text(conn: Connection, key: str, *, now: datetime) -> None:
    """Have the post follow its newest text where nothing of it is or may be published."""
    columns = (delivery.c.post, delivery.c.account, delivery.c.recipient)
    row = conn.execute(select(*columns).where(delivery.c.key == key)).one()
    condition = (delivery.c.post == row.post) & (delivery.c.account == row.account)
    maybe_live = (State.SENDING, State.UNKNOWN, State.PUBLISHED)
    if not conn.scalar(select(delivery.c.key).where(condition, delivery.c.state.in_(maybe_live)).limit(1)):
        conn.execute(
            update(plan_row)
            .where(plan_row.c.post == row.post, plan_row.c.account == row.account)
            .values(first_write_at=None, frozen_rendition=None, changed=False)
        )
    if not row.recipient:
        thread_parts.match_parts(conn, row.post, row.account, now=now)


def mark_unknown(
    conn: Connection,
    key: str,
    number: int,
    *,
    code: str,
    detail: str,
    now: datetime,
    first_check_delay: float | None,
) -> int:
    """Mark the outcome as unknown; return how many in a row the account has now.

    The first lookup is ``first_check_delay`` seconds from now; None = a user decides.
    """
    changed = states.move(
        conn,
        states.MARK_UNKNOWN,
        delivery.c.key == key,
        now=now,
        reason=StopReason.DECISION if first_check_delay is None else StopReason.LOOKUP,
        owner=None,
        code=code,
        detail=detail,
        unknown_since=now,
        lookups=0,
        next_lookup_at=None if first_check_delay is None else now + timedelta(seconds=first_check_delay),
    )
    end_attempt(conn, key, number, outcome="unknown", now=now, code=code, detail=detail)
    if not changed:
        return 0
    if first_check_delay is not None:
        progress.record_wait(conn, key, until=now + timedelta(seconds=first_check_delay))
    account_id = conn.scalar(select(delivery.c.account).where(delivery.c.key == key))
    conn.execute(
        update(account).where(account.c.id == account_id).values(unknown_streak=account.c.unknown_streak + 1)
    )
    return conn.scalar(select(account.c.unknown_streak).where(account.c.id == account_id)) or 0


def record_check(
    conn: Connection, key: str, *, proof: Proof, next_at: datetime | None, now: datetime, retry: bool
) -> None:
    """Record one lookup; schedule the delivery again where its absence is proven.

    ``retry``, a setting of the account, schedules it also where no lookup follows. Otherwise a user decides
    when no lookup follows.
    """
    conn.execute(insert(lookup).values(key=key, at=now, proof=proof))
    lookups = delivery.c.lookups + 1
    if proof is Proof.ABSENT_PROVEN or (next_at is None and retry):
        states.move(
            conn,
            states.PROVE_ABSENT,
            delivery.c.key == key,
            now=now,
            reason=StopReason.ABSENT,
            unknown_since=None,
            lookups=lookups,
            next_lookup_at=None,
        )
        _follow_text(conn, key, now=now)
        decisions.settle_cancelled(conn, delivery.c.key == key, now=now)
        return
    values: dict[str, object] = {"lookups": lookups, "next_lookup_at": next_at, "updated_at": now}
    if next_at is None:
        values["reason"] = StopReason.DECISION
    else:
        progress.record_wait(conn, key, until=next_at)
    conn.execute(
        update(delivery).where(delivery.c.key == key, delivery.c.state == State.UNKNOWN).values(values)
    )
