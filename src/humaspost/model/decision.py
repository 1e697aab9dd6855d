"""What the gate is told about one delivery, and what it may answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from humaspost.model.delivery import State
from humaspost.model.post import Late
from humaspost.model.reasons import AccountHold, FileHold, StopReason


@dataclass(frozen=True, slots=True)
class GateFacts:
    """Every fact that may stop a write, read in the transaction that commits its intent.

    ``first_write_at`` is the first public write of this post on this account. ``is_paused`` = a pause
    holds now that does not except this type. ``file_hold`` and ``account_hold`` say why, or None.
    ``has_consent``, ``opted_out``, ``service_window_open`` speak of the recipient (True, False, True without one).
    ``marketing_refused`` = it would go as marketing, of which the person wants none.
    ``due_before_ledger`` = it was due before the ledger was made. ``duplicate_of`` = another post's id that
    said the same here lately.
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
    """It may be sent now."""


@dataclass(frozen=True, slots=True)
class Deny:
    """It is not sent; this is where it stands instead, and why."""

    state: State
    reason: StopReason


Decision = Allow | Deny


@dataclass(frozen=True, slots=True)
class Timing:
    """When a delivery is due, and how late it may start.

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
        """Return the end of the grace; it is part of the grace."""
        return self.due_at + self.grace


@dataclass(frozen=True, slots=True)
class OnTime:
    """It may start now."""


@dataclass(frozen=True, slots=True)
class TooLate:
    """It does not start any more; this is its state instead, and why."""

    state: State
    reason: StopReason


#: The late rule, as the ledger is given it.
CheckLateness = Callable[[Timing, datetime], OnTime | TooLate]


class CheckRecipient(Protocol):
    """The rule who may be written to, as the ledger is given it."""

    def __call__(self, *, has_consent: bool, opted_out: bool) -> Deny | None:
        """Return why the person gets nothing, or None."""
