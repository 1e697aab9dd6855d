"""The plan: one row per post and account, with its rendition."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    """A text that was published on an account: the rendition's hash, its post and the time.

    ``repeats`` are the posts that it repeats on purpose, newest first.
    """

    account: str
    rendition_hash: str
    post: str
    published_at: datetime
    repeats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedPost:
    """A post that is or may be public on an account.

    ``text`` is its first part as it was sent, "" if it was not loaded.
    """

    post: str
    file: str
    title: str
    account: str
    date_at: datetime
    rendition_hash: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class PostHistory:
    """The ledger's memory of earlier posts, by which planning recognises a post again.

    ``planned_files`` has, by id, the file from which a post was planned. ``started`` are the posts with a first write.
    ``published`` are posts that are public and have no file any more.
    """

    planned_files: Mapping[str, str] = field(default_factory=dict)
    started: Collection[str] = ()
    published: Sequence[PublishedPost] = ()


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One post on one account; ``priority`` 1 goes before 5; ``grace`` counts from ``due``.

    ``repeats`` is the post that it repeats on purpose, then the one that this one repeats, and so on. ``late`` is
    the rule that holds, ``own_late`` the one that the file itself names.
    """

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
    repeats: tuple[str, ...] = ()
    own_late: Late | None = None

    def timing(self, *, due_before_ledger: bool = False) -> Timing:
        """Return the due time and how late the row may start, before anything of it was written."""
        expires_at = self.expires.utc if self.expires else None
        return Timing(self.due.utc, self.late, self.grace, expires_at, due_before_ledger)


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

    ``stamps`` are the files' identities and times as they were read. The ledger, not the plan, finds posts
    that vanished.
    """

    rows: tuple[PlanRow, ...]
    held: tuple[NotPlanned, ...] = ()
    stamps: Mapping[str, str] = field(default_factory=dict)


def find_changed(plan: Plan, earlier: Plan) -> set[str] | None:
    """Return the posts that differ from the earlier plan, or whose files have another stamp.

    Returns None where the earlier plan has a post, or a file, that the new one has not. A file that had no id yet
    may have got one: a new post that was still being written.
    """
    current, previous = _entries_by_post(plan), _entries_by_post(earlier)
    gone = previous.keys() - current.keys()
    if any(post for post, _file in gone):
        return None
    if gone and not {file for _post, file in gone} <= {file for _post, file in current}:
        return None
    return {
        post
        for (post, file), entries in current.items()
        if plan.stamps.get(file) != earlier.stamps.get(file)
        or not _are_same(entries, previous.get((post, file), []))
    }


def select_posts(plan: Plan, posts: Collection[str]) -> Plan:
    """Return the part of the plan that is about these posts.

    Two files that claim one id are judged together.
    """
    return replace(
        plan,
        rows=tuple(row for row in plan.rows if row.post in posts),
        held=tuple(item for item in plan.held if item.post in posts),
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
