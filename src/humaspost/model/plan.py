"""The plan: one row per post and account, with its rendition."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from humaspost.model.account import Account
from humaspost.model.decision import Timing
from humaspost.model.post import Late, PublishTime
from humaspost.model.reasons import FileHold
from humaspost.model.rendition import Rendition


@dataclass(frozen=True, slots=True)
class PostPolicy:
    """The office's policy for one post.

    ``approval`` is not here yet: humaspost does not start with such a type.
    """

    late: Late = Late.ASK
    grace: timedelta = timedelta(minutes=60)
    priority: int = 5
    during_pause: bool = False


@dataclass(frozen=True, slots=True)
class PublishedText:
    """A text that was published on an account: the rendition's hash, its post and the time."""

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
        """Return the due time and how late the row may start; ``due_at`` overrides the row's own."""
        return Timing(
            due_at or self.due.utc,
            self.late,
            self.grace,
            self.expires.utc if self.expires else None,
            due_before_ledger,
        )


@dataclass(frozen=True, slots=True)
class NotPlanned:
    """A post that is not sent now, and why."""

    post: str
    file: str
    title: str
    reason: FileHold


@dataclass(frozen=True, slots=True)
class Plan:
    """All rows by time, and the posts that are not planned.

    The ledger, not the plan, finds posts that vanished.
    """

    rows: tuple[PlanRow, ...]
    held: tuple[NotPlanned, ...] = ()


def changes_since(plan: Plan, earlier: Plan) -> Plan | None:
    """Return the part of the plan whose posts differ from the earlier plan.

    Returns None where the earlier plan has a post, or a file, that the new one has not.
    """
    current, previous = _entries_by_post(plan), _entries_by_post(earlier)
    if not previous.keys() <= current.keys():
        return None
    changed = {key for key, entries in current.items() if not _are_same(entries, previous.get(key, []))}
    ids = {post for post, _file in changed}  # two files may claim one id: they are judged together
    return replace(
        plan,
        rows=tuple(row for row in plan.rows if row.post in ids),
        held=tuple(item for item in plan.held if item.post in ids),
    )


def _entries_by_post(plan: Plan) -> dict[tuple[str, str], list[PlanRow | NotPlanned]]:
    entries: dict[tuple[str, str], list[PlanRow | NotPlanned]] = {}
    all_entries: tuple[PlanRow | NotPlanned, ...] = (*plan.rows, *plan.held)
    for entry in all_entries:
        entries.setdefault((entry.post, entry.file), []).append(entry)
    return entries


def _are_same(entries: list[PlanRow | NotPlanned], others: list[PlanRow | NotPlanned]) -> bool:
    """Return True for equal entries; those of unchanged posts are the very same objects."""
    return len(entries) == len(others) and all(
        entry is other or entry == other for entry, other in zip(entries, others, strict=True)
    )
