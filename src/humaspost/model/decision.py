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


def get_requested_at(decision: UserDecision | None, decided_at: datetime | None) -> datetime | None:
    """Return when a person asked for the post to be sent, by their last decision, or None."""
    return decided_at if decision in (UserDecision.PUBLISH, UserDecision.RETRY) else None


class FileState(StrEnum):
    """The state of a post's file on disk, compared with what the plan was made from."""

    PRESENT = "present"
    CHANGED = "changed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class GateFacts:
    """Every fact that can stop a write, read in the transaction that commits its intent.

    ``first_write_at`` is the first public write of this post on this account; ``progress_at`` its last
    progress, and ``waited_until`` the end of this delivery's own wait (``policy/lateness.py`` says what
    counts). ``decision`` is what a person decided for the whole post, at ``decided_at``. ``is_paused`` is
    True if a pause is active that does not except this type. ``file_hold`` and ``account_hold`` are reasons
    or None; ``list_held_at`` is when the newest hold of a list that the post names began (None = none is held). ``is_planned`` is True if the
    newest plan has this post on this account, with this part. ``file_state`` is the file as it is on disk
    now. ``is_member``, ``has_consent``, ``opted_out`` and ``service_window_open`` describe the recipient
    (True, True, False, True without one); ``is_member`` is True if a list that the post names now has them,
    ``is_confirmed`` if one of those lists is not held, or has them in its file as it is now too.
    ``marketing_refused`` is True if the message is marketing and the recipient refuses marketing.
    ``due_before_ledger`` is True if the delivery was due before the ledger existed. ``duplicate_of`` is the
    id of another post that recently published the same text here.
    """

    now: datetime
    due_at: datetime
    expires_at: datetime | None
    late: Late
    grace: timedelta
    first_write_at: datetime | None
    progress_at: datetime | None = None
    waited_until: datetime | None = None
    decision: UserDecision | None = None
    decided_at: datetime | None = None
    is_planned: bool = True
    file_state: FileState = FileState.PRESENT
    is_paused: bool = False
    file_hold: FileHold | None = None
    account_hold: AccountHold | None = None
    list_held_at: datetime | None = None
    is_member: bool = True
    is_confirmed: bool = True
    has_consent: bool = True
    opted_out: bool = False
    service_window_open: bool = True
    has_template: bool = False
    marketing_refused: bool = False
    due_before_ledger: bool = False
    duplicate_of: str | None = None

    @property
    def timing(self) -> "Timing":
        """Return when it was due and what it waited for, apart from its expiry."""
        waits = [time for time in (self.progress_at, self.waited_until) if time is not None]
        return Timing(
            due_at=self.due_at,
            late=self.late,
            grace=self.grace,
            due_before_ledger=self.due_before_ledger,
            first_write_at=self.first_write_at,
            progress_at=max(waits, default=None),
            requested_at=get_requested_at(self.decision, self.decided_at),
        )


@dataclass(frozen=True, slots=True)
class Allow:
    """Permission to send the delivery now."""


@dataclass(frozen=True, slots=True)
class Deny:
    """A refusal to send, with the delivery's state instead and the reason."""

    state: State
    reason: StopReason


@dataclass(frozen=True, slots=True)
class Reread:
    """A deferred decision: the file is not what was read, so it is read again first."""


Decision = Allow | Deny | Reread
#: The gate's rule, as the ledger gets it.
Decide = Callable[[GateFacts], Decision]
#: The state of the file at this path that had this stamp when it was read (None = unknown).
CheckFile = Callable[[str, str | None], FileState]


def assume_present(_file: str, _stamp: str | None) -> FileState:
    """Return PRESENT: where no folder is looked at, what the plan says stands."""
    return FileState.PRESENT


@dataclass(frozen=True, slots=True)
class Timing:
    """The due time of a delivery, and how late it may start.

    ``first_write_at`` is the first public write of its post on its account, ``progress_at`` the last
    progress since then. ``requested_at`` is when a person asked for it to be sent. Which of them counts is
    decided in ``policy/lateness.py`` only.
    """

    due_at: datetime
    late: Late
    grace: timedelta
    expires_at: datetime | None = None
    due_before_ledger: bool = False
    first_write_at: datetime | None = None
    progress_at: datetime | None = None
    requested_at: datetime | None = None

    @property
    def grace_ends_at(self) -> datetime:
        """Return the last instant of the grace after the due time."""
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
