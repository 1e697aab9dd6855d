"""Outcomes of writes: what each changes for the delivery, its account and its part."""

from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import Connection

from humaspost.ledger.deliveries import outcomes, preparations, progress
from humaspost.ledger.holds import account_holds
from humaspost.ledger.people import marketing_preferences, service_windows
from humaspost.model.delivery import Intent
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
from humaspost.model.reasons import AccountHold

#: Unknown outcomes in a row that throttle an account.
THROTTLE_STREAK = 3


def record_outcome(
    conn: Connection, intent: Intent, outcome: WriteOutcome, *, account: str, now: datetime
) -> EventKind:
    """Record the outcome of a write that was not confirmed; return the kind of its event."""
    if isinstance(outcome, NotSent):
        outcomes.reschedule(
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
    outcomes.reschedule(
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
    outcomes.reschedule(
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
    outcomes.mark_failed(
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
    streak = outcomes.mark_unknown(
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
