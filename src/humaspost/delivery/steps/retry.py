"""The decision after each of the six channel errors: made only here, and pure."""

from datetime import datetime, timedelta
from typing import assert_never

from humaspost.delivery.steps.bugs import BUG_CODE, describe_bug
from humaspost.model.errors import (
    AnyChannelError,
    AuthFailed,
    ChannelError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Scope,
    Transient,
    UnknownOutcome,
)
from humaspost.model.outcome import HoldAccount, MarkFailed, MarkUnknown, RetryDecision, RetryLater
from humaspost.model.reasons import AccountHold

FIRST_BACKOFF = timedelta(seconds=30)
MAX_BACKOFF = timedelta(hours=1)


def decide(
    error: AnyChannelError,
    *,
    failures: int,
    now: datetime,
    jitter: float,
    same_code_failures: int | None = None,
) -> RetryDecision:
    """Return what to do about the error.

    ``failures`` came before it, ``same_code_failures`` of them with its code (None = possibly all of them).
    ``jitter`` in 0..1 spreads the wait over its whole length.
    """
    previous_failures = failures if same_code_failures is None else same_code_failures
    match error:
        case Transient() | RateLimited() if (
            error.max_attempts and previous_failures + 1 >= error.max_attempts
        ):
            return MarkFailed()
        case Transient():
            whole_account = error.scope is Scope.ACCOUNT
            return RetryLater(
                now + backoff(failures, jitter),
                whole_account=whole_account,
                restart_preparation=error.restart_preparation,
            )
        case RateLimited():
            return _retry_at_named_time(
                error.retry_at, failures, now, jitter, whole_account=error.scope is Scope.ACCOUNT
            )
        case QuotaExceeded():
            if error.resets_at is None:
                return HoldAccount(AccountHold.QUOTA)
            return _retry_at_named_time(error.resets_at, failures, now, jitter, whole_account=True)
        case Rejected():
            return MarkFailed()
        case AuthFailed():
            return HoldAccount(AccountHold.LOGIN, rechecks_login=not error.persistent)
        case UnknownOutcome():
            return MarkUnknown(hold_account=error.scope is Scope.ACCOUNT)
    assert_never(error)


def _retry_at_named_time(
    retry_at: datetime, failures: int, now: datetime, jitter: float, *, whole_account: bool
) -> RetryLater:
    """Return a retry at the time that the platform named.

    Where that time is past, by the platform's clock or by its error, the wait grows with each failure.
    """
    if retry_at > now:
        return RetryLater(retry_at, counts_failure=False, whole_account=whole_account)
    return RetryLater(now + max(FIRST_BACKOFF, backoff(failures, jitter)), whole_account=whole_account)


def backoff(failures: int, jitter: float) -> timedelta:
    """Return 30 s, doubled for each failure before, at most an hour, with full jitter.

    The wait is never under a second.
    """
    seconds = min(MAX_BACKOFF.total_seconds(), FIRST_BACKOFF.total_seconds() * 2.0 ** min(failures, 20))
    return timedelta(seconds=max(1.0, seconds * jitter))


def as_channel_error(error: Exception) -> AnyChannelError:
    """Return the error itself, or an unknown outcome for any other exception.

    A bug of our own during a public write proves nothing about the write.
    """
    if isinstance(error, AnyChannelError):
        return error
    if isinstance(error, ChannelError):
        return UnknownOutcome(error.code, error.detail, scope=error.scope)
    return UnknownOutcome(BUG_CODE, describe_bug(error))
