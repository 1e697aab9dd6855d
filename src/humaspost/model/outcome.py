"""Outcomes of a write and their consequences: delivery decides, the ledger records."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from humaspost.model.errors import AnyChannelError
from humaspost.model.reasons import AccountHold

#: A login can succeed while every write is refused, so the next check of the login waits.
LOGIN_RETRY_DELAY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class RetryLater:
    """A repetition of the same write at ``at``.

    ``counts_failure`` makes the next wait longer. ``whole_account`` makes the whole account wait.
    """

    at: datetime
    counts_failure: bool = True
    whole_account: bool = False
    restart_preparation: bool = False


@dataclass(frozen=True, slots=True)
class HoldAccount:
    """A hold of the account: nothing is sent on it.

    With ``rechecks_login`` the login is checked again automatically, and a success ends the hold. Otherwise
    only a person ends it.
    """

    reason: AccountHold
    rechecks_login: bool = False

    def next_login_check(self, now: datetime) -> datetime | None:
        """Return the time of the next check, or None if only a person ends the hold."""
        return now + LOGIN_RETRY_DELAY if self.rechecks_login else None


@dataclass(frozen=True, slots=True)
class MarkFailed:
    """A final failure: the platform will never accept the delivery unchanged."""


@dataclass(frozen=True, slots=True)
class MarkUnknown:
    """An unknown outcome: it might be published; ``hold_account`` also stops the account."""

    hold_account: bool = False


RetryDecision = RetryLater | HoldAccount | MarkFailed | MarkUnknown


@dataclass(frozen=True, slots=True)
class NotSent:
    """A write without a single byte sent: too much time passed since the intent."""


@dataclass(frozen=True, slots=True)
class WriteFailed:
    """A write that ended with an error, and the decision about it.

    ``first_check_delay`` is the seconds to the first lookup of an unknown outcome, or None if a person
    must decide at once.
    """

    error: AnyChannelError
    decision: RetryDecision
    first_check_delay: float | None = None


WriteOutcome = NotSent | WriteFailed
