"""Outcomes of a write, and what follows from each: plain values that delivery decides and the ledger records."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from humaspost.model.errors import AnyChannelError
from humaspost.model.reasons import AccountHold

#: An account can log in and still be refused every write, so its login is not checked again at once.
LOGIN_RETRY_DELAY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class RetryLater:
    """The same write again at ``at``.

    ``counts_failure`` = the next wait is longer, ``whole_account`` = the account waits as well.
    """

    at: datetime
    counts_failure: bool = True
    whole_account: bool = False
    restart_preparation: bool = False


@dataclass(frozen=True, slots=True)
class HoldAccount:
    """Nothing goes out on the account.

    ``rechecks_login`` = its login is checked again by itself, and one that succeeds ends the hold; else only
    a person ends it.
    """

    reason: AccountHold
    rechecks_login: bool = False

    def next_login_check(self, now: datetime) -> datetime | None:
        """Return the time of the next check, or None where only a person ends the hold."""
        return now + LOGIN_RETRY_DELAY if self.rechecks_login else None


@dataclass(frozen=True, slots=True)
class MarkFailed:
    """It will never be accepted as it is."""


@dataclass(frozen=True, slots=True)
class MarkUnknown:
    """It may be live; ``hold_account`` = the account stops as well."""

    hold_account: bool = False


RetryDecision = RetryLater | HoldAccount | MarkFailed | MarkUnknown


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte was written: too much time passed between the intent and the write."""


@dataclass(frozen=True, slots=True)
class WriteFailed:
    """The write ended with an error, and this was decided about it.

    ``first_check_delay`` = seconds to the first lookup of an unknown outcome, or None for a person at once.
    """

    error: AnyChannelError
    decision: RetryDecision
    first_check_delay: float | None = None


WriteOutcome = NotSent | WriteFailed
