"""What will become of every post: to be sent when, or not, and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from humaspost.app.office import Office
from humaspost.app.scan import Scan
from humaspost.ledger.database import created_at
from humaspost.ledger.deliveries.sync_plan import PENDING, are_many
from humaspost.ledger.queries import totals
from humaspost.model.delivery import WAITING, State
from humaspost.model.plan import PlanRow
from humaspost.model.post import Late
from humaspost.reports.audience_size import People
from humaspost.reports.renditions_of_post import shown_of
from humaspost.views.renditions import Shown

_COMING = (*WAITING, State.HELD)


@dataclass(frozen=True, slots=True)
class Reach:
    """Only ``limit`` different people in ``window``: the ``last`` waits, ``never`` of them past its end.

    ``missed`` = so many would find no place within the post's grace, in which nobody gets it; the ``first``
    place is free then.
    """

    limit: int
    window: timedelta
    last: datetime
    never: int = 0
    missed: int = 0
    first: datetime | None = None


@dataclass(frozen=True, slots=True)
class Coming:
    """One post on one account that is still to be sent; ``left`` deliveries of it; ``held`` = why it waits.

    ``waits`` = the platform's quota that is spent when it is due, and when there is room again.
    ``login_ends`` = its login will have ended then. ``reach`` = a day's limit of people delays some.
    """

    row: PlanRow
    shown: Shown
    due: datetime
    left: int
    held: str = ""
    waits: tuple[str, datetime] | None = None
    login_ends: datetime | None = None
    reach: Reach | None = None


@dataclass(frozen=True, slots=True)
class Unsent:
    """One post that will not be sent as things are; ``accounts`` it concerns, ``reason`` as the ledger has it."""

    kind: str
    post: str
    file: str
    due: datetime | None = None
    accounts: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fate:
    """Everything ``plan`` shows."""

    coming: tuple[Coming, ...]
    unsent: tuple[Unsent, ...]

    @property
    def deliveries(self) -> int:
        """How many are to come."""
        return sum(one.left for one in self.coming)


def fate(office: Office, found: Scan) -> Fate:
    """The plan against the ledger; pure but for reading it."""
    now = office.now()
    with office.ledger().read() as conn:
        entries = {(entry["id"], entry["account"]): entry for entry in totals.by_post(conn)}
        born = created_at(conn) or now
    every = list(entries.values())
    people = People(office)
    coming: list[Coming] = []
    unsent: list[Unsent] = []
    for row in found.plan.rows:
        entry = entries.get((row.post, row.account.name))
        if entry is not None and entry["frozen"]:
            # By the file as it is now: no sender may have read it since it was edited.
            entry["changed"] = entry["frozen"] != row.rendition.hash
        shown = shown_of(office, row, people)
        due = entry["due_at"] if entry else row.due.utc
        left, kinds = _ledger(entry) if entry else (0, [])
        if entry is None or (left and due < now and not entry["counts"][State.PUBLISHED]):
            left, more = _gate(row, shown, due=due, now=now, born=born)
            kinds = [*kinds, *more]
        if left:
            coming.append(
                Coming(row, shown, due, left, entry["reasons"].get(State.HELD, "") if entry else "")
            )
        for kind, reason in kinds:
            unsent.append(Unsent(kind, row.post, row.file, due, (row.account.name,), reason))
    unsent += _gone(found, every)
    coming.sort(key=lambda one: (one.due, one.row.post))
    return Fate(tuple(coming), (*_merged(unsent), *_not_planned(found)))


def _gone(found: Scan, entries: Iterable[Mapping[str, Any]]) -> Iterator[Unsent]:
    """What the ledger has to send, and no file says any more; of many at once the ledger believes no word."""
    ids = {post.id for post in found.posts} | {item.post for item in found.plan.held}
    files = {post.file for post in found.posts} | {item.file for item in found.plan.held}
    pending = [entry for entry in entries if any(entry["counts"][state] for state in PENDING)]
    gone = [entry for entry in pending if entry["id"] not in ids and entry["file"] not in files]
    posts = {entry["id"] for entry in gone}
    if found.folder_gone or are_many(len(posts), of=len({entry["id"] for entry in pending})):
        return
    for entry in gone:
        if any(entry["counts"][state] for state in _COMING):
            yield Unsent(
                "held",
                entry["id"],
                entry["file"],
                entry["due_at"],
                (entry["account"],),
                "list" if entry["audiences"] else "file",
            )


def _ledger(entry: Mapping[str, Any]) -> tuple[int, list[tuple[str, str]]]:
    counts = entry["counts"]
    left = sum(counts[state] for state in _COMING)
    kinds = [
        (state.value, entry["reasons"].get(state, ""))
        for state in (
            State.UNKNOWN,
            State.MISSED,
            State.FAILED,
            State.EXPIRED,
            State.REFUSED,
            State.CANCELLED,
        )
        if counts[state]
    ]
    return left, [*kinds, ("changed", "")] if entry["changed"] else kinds


def _gate(
    row: PlanRow, shown: Shown, *, due: datetime, now: datetime, born: datetime
) -> tuple[int, list[tuple[str, str]]]:
    """What the gate would say now of a post of which nothing is public yet."""
    left = (shown.people or 0) if shown.rules.audience else len(row.rendition.parts)
    if row.expires and now >= row.expires.utc:
        return 0, [("expired", "expires")]
    if due < born:
        return 0, [("missed", "before-ledger")]
    if now > due + row.grace and row.late is not Late.PUBLISH:
        return 0, [("missed", "late") if row.late is Late.ASK else ("expired", "late")]
    return left, [] if left else [("refused", "consent")]


def _merged(unsent: Sequence[Unsent]) -> Iterator[Unsent]:
    """One entry per post and kind, with all its accounts."""
    merged: dict[tuple[str, str], Unsent] = {}
    for one in unsent:
        before = merged.get((one.post, one.kind))
        accounts = (*before.accounts, *one.accounts) if before else one.accounts
        merged[one.post, one.kind] = Unsent(one.kind, one.post, one.file, one.due, accounts, one.reason)
    order = ("unknown", "missed", "failed", "held", "changed", "expired", "refused", "cancelled")
    yield from sorted(merged.values(), key=lambda one: order.index(one.kind))


def _not_planned(found: Scan) -> Iterable[Unsent]:
    ids = {item.file: item.post for item in found.plan.held}
    codes: dict[str, str] = {}
    for problem in found.problems:
        if problem.is_error:
            codes.setdefault(problem.file, problem.code)
    yield from (Unsent("error", ids.get(file, ""), file, reason=code) for file, code in codes.items())
    yield from (Unsent("draft", item.post, item.file) for item in found.plan.held if item.reason == "draft")


def only(fate: Fate, post: str, file: str) -> Fate:
    """What concerns one post."""
    coming = tuple(one for one in fate.coming if one.row.post == post)
    return Fate(coming, tuple(one for one in fate.unsent if one.post == post or one.file == file))
