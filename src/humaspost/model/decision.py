"""What the gate is told about one delivery, and what it may answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from humaspost.model.delivery import State
from humaspost.model.post import Late


@dataclass(frozen=True, slots=True)
class Case:
    """Every fact that may stop a write, read in the transaction that commits its intent.

    ``first_write_at`` is the first public write of this post on this account. ``paused`` = a pause
    holds now that does not except this type. ``file_hold`` and ``account_hold`` say why, or None.
    ``consent``, ``opted_out``, ``window`` speak of the recipient (True, False, True without one).
    ``unwanted`` = it would go as marketing, of which the person wants none.
    ``before_ledger`` = it was due before the ledger was made. ``same_text`` = another post's id that
    said the same here lately.
    """

    now: datetime
    due_at: datetime
    expires_at: datetime | None
    late: Late
    grace: timedelta
    first_write_at: datetime | None
    paused: bool = False
    file_hold: str | None = None
    account_hold: str | None = None
    consent: bool = True
    opted_out: bool = False
    window: bool = True
    template: bool = False
    unwanted: bool = False
    before_ledger: bool = False
    same_text: str | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """It may be sent now."""


@dataclass(frozen=True, slots=True)
class Stop:
    """It is not sent; this is where it stands instead, and why."""

    state: State
    reason: str


Decision = Go | Stop
