"""The facts that the gate gets about one delivery, and its possible decisions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from humaspost.model.delivery import State
from humaspost.model.post import Late
from humaspost.model.reasons import AccountHold, FileHold, StopReason


class UserDecision(StrEnum):
    """A person's decision about a whole post on one account, kept with its plan row."""

    CANCEL = "cancel"
    PUBLISH = "publish"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class GateFacts:
    """Every fact that can stop a write, read in the transaction that commits its intent.

    ``first_write_at`` is the first public write of this post on this account. ``is_paused`` is True if a
    pause is active that does not except this type. ``file_hold`` and ``account_hold`` are reasons or None.
    ``has_consent``, ``opted_out`` and ``service_window_open`` describe the recipient (True, False, True
    without one). ``marketing_refused`` is True if the message is marketing and the recipient refuses
    marketing. ``due_before_ledger`` is True if the delivery was due before the ledger existed.
    ``duplicate_of`` is the id of another post that recently published the same text here.
    """

    now: datetime
    due_at: datetime
    expires_at: datetime | None
    late: Late
    grace: timedelta
    first_write_at: datetime | None
    is_paused: bool = False
    file_hold: FileHold | None = None
    account_hold: AccountHold | None = None
    has_consent: bool = True
    opted_out: bool = False
    service_window_open: bool = True
    has_template: bool = False
    marketing_refused: bool = False
    due_before_ledger: bool = False
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Allow:
    """Permission to send the delivery now."""


@dataclass(frozen=True, slots=True)
class Deny:
    """A refusal to send, with the delivery's state instead and the reason."""

    state: State
    reason: StopReason


Decision = Allow | Deny


@dataclass(frozen=True, slots=True)
class Timing:
    """The due time of a delivery, and how late it may start.

    ``first_write_at`` is the first public write of its post on its account.
    """

    due_at: datetime
    late: Late
    grace: timedelta
    expires_at: datetime | None = None
    due_before_ledger: bool = False
    first_write_at: datetime | None = None

    @property
    def grace_ends_at(self) -> datetime:
        """Return the last instant of the grace."""
        return self.due_at + self.grace


@dataclass(frozen=True, slots=True)
class OnTime:
    """A delivery that may start now."""


@dataclass(frozen=True, slots=True)
class TooLate:
    """A delivery that may not start any more, with its state instead and the reason."""

    state: State
    reason: StopReason


#: The late rule, as the ledger gets it.
CheckLateness = Callable[[Timing, datetime], OnTime | TooLate]


class CheckRecipient(Protocol):
    """The rule about which recipients may get a message, as the ledger gets it."""

    def __call__(self, *, has_consent: bool, opted_out: bool) -> Deny | None:
        """Return why the recipient gets nothing, or None."""
