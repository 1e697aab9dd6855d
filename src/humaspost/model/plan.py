"""What would be done: one row per post and account, with its parts in the rendition."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from humaspost.model.account import Account
from humaspost.model.decision import Timing
from humaspost.model.post import Late, PublishTime
from humaspost.model.reasons import FileHold
from humaspost.model.rendition import Rendition


@dataclass(frozen=True, slots=True)
class PostPolicy:
    """What the office's policy says of one post; ``approval`` is not here yet: such a type refuses to start."""

    late: Late = Late.ASK
    grace: timedelta = timedelta(minutes=60)
    priority: int = 5
    during_pause: bool = False


@dataclass(frozen=True, slots=True)
class PublishedText:
    """What was said on an account: the rendition's hash, by which post, and when."""

    account: str
    rendition_hash: str
    post: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One post on one account; ``priority`` 1 goes before 5; ``grace`` counts from ``due``."""

    post: str
    file: str
    title: str
    type: str
    account: Account
    due: PublishTime
    rendition: Rendition
    expires: PublishTime | None = None
    late: Late = Late.ASK
    grace: timedelta = timedelta(minutes=60)
    priority: int = 5
    during_pause: bool = False
    audiences: tuple[str, ...] = ()
    repeats: str | None = None

    def timing(self, *, due_at: datetime | None = None, due_before_ledger: bool = False) -> Timing:
        """Return when it is due and how late it may start; ``due_at`` is the ledger's where that differs."""
        return Timing(
            due_at or self.due.utc,
            self.late,
            self.grace,
            self.expires.utc if self.expires else None,
            due_before_ledger,
        )


@dataclass(frozen=True, slots=True)
class NotPlanned:
    """A post that is not to be sent now, and why."""

    post: str
    file: str
    title: str
    reason: FileHold


@dataclass(frozen=True, slots=True)
class Plan:
    """All rows, by time; and what holds the others. ``vanished`` is judged by the ledger, not here."""

    rows: tuple[PlanRow, ...]
    held: tuple[NotPlanned, ...] = ()
