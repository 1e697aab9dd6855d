"""The judge of an office that people worked on while its senders were killed.

Like the other checker it imports nothing of humaspost: what is right follows from the files, the lists and the decisions.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.crash.checker import UNKNOWN_STATES, displayed_mask, marker_of, mask
from tests.crash.history import Cancellation, History, ListVersion, Moment, PostVersion

#: Seconds from a look at a file to the write that it allowed: an intent is stale after five; a sender looks four
#: times a second; two more for a busy machine.
SLACK = 7.25
#: A sender takes what is due in a tenth of a second; dates in files have whole seconds.
EARLY = 0.3


@dataclass(frozen=True, slots=True)
class PublicObject:
    """What the public sees: which part of which version, where, when, and to whom."""

    version: PostVersion
    account: str
    part: int
    at: Moment
    to: str | None
    id: str

    @property
    def name(self) -> str:
        """For messages."""
        to = f" to {self.to}" if self.to else ""
        return f"{self.version.post}@{self.account} part {self.part} v{self.version.number}{to}"


@dataclass
class HistoryChecker:
    """One office: its history, what is public, ``status --json --all`` and ``log --json``."""

    history: History
    objects: Sequence[Mapping[str, Any]]
    status: Mapping[str, Any]
    attempts: Sequence[Mapping[str, Any]] = ()
    slack: float = SLACK
    _public: list[PublicObject] = field(default_factory=list)

    def breaches(self) -> tuple[str, ...]:
        """Every breach in words."""
        found = list(self._read_objects())
        found += self._check_duplicates()
        for one in self._public:
            found += self._check_object(one)
        found += self._check_fan_out_texts()
        for cancellation in self.history.cancellations:
            found += self._check_cancellation(cancellation)
        return (*found, *self._check_end())

    def hidden(self) -> int:
        """How many are public and in doubt for us; after ``breaches``."""
        receipts = {row["remote_id"] for row in self.status["deliveries"] if row["state"] == "published"}
        return sum(one.id not in receipts for one in self._public)

    def _read_objects(self) -> Iterator[str]:
        versions = {
            marker: (version, part)
            for version in self.history.posts
            for part, marker in enumerate(version.markers, 1)
        }
        for item in self.objects:
            marker = marker_of(item)
            if marker not in versions:
                yield f"I2 {item['channel']} {item['id']} has the marker {marker}, which no file had"
                continue
            version, part = versions[marker]
            at = datetime.fromisoformat(item["created_at"]).timestamp()
            self._public.append(PublicObject(version, item["channel"], part, at, item["to"], item["id"]))

    def _check_duplicates(self) -> Iterator[str]:
        copies = Counter((one.version.post, one.account, one.part, one.to) for one in self._public)
        return (f"I1 {key} is public {count} times" for key, count in copies.items() if count > 1)

    # -- what the files said -------------------------------------------------------------------

    def _check_object(self, one: PublicObject) -> Iterator[str]:
        current = [
            v for v in self.history.posts if v.post == one.version.post and self._is_current(v, one.at)
        ]
        chosen = [version for version in current if one.account in version.accounts]
        if not chosen:
            yield f"I2 {one.name}: no file named that account at {one.at:.2f}"
        moments = [one.at, *self._attempt_moments(one)]
        if not any(self._is_current(one.version, at) for at in moments):
            yield f"I2 {one.name}: its words were replaced at {one.version.until:.2f}, it is of {one.at:.2f}"
        if not self._was_published_by_hand(one) and chosen and one.at < min(v.due for v in chosen) - EARLY:
            yield f"I2 {one.name}: it is of {one.at:.2f}, before every date of its file"
        if one.to is not None:
            yield from self._check_person(one, chosen)

    def _is_current(self, version: PostVersion, at: Moment) -> bool:
        return version.since <= at <= version.until + self.slack

    def _attempt_moments(self, one: PublicObject) -> Iterator[Moment]:
        """A text is fixed by the first intent, also where nobody saw what came of it."""
        for attempt in self.attempts:
            if (attempt["post"], attempt["account"]) == (one.version.post, one.account):
                at = datetime.fromisoformat(attempt["started_at"]).timestamp()
                if at <= one.at:
                    yield at

    def _was_published_by_hand(self, one: PublicObject) -> bool:
        return any(post == one.version.post and at <= one.at for post, at in self.history.publications)

    def _check_person(self, one: PublicObject, chosen: Iterable[PostVersion]) -> Iterator[str]:
        stopped_at = self.history.stops.get(one.to or "")
        if stopped_at is not None and one.at > self.history.known_since(stopped_at) + self.slack:
            yield f"I5 {one.name}: that person stopped at {stopped_at:.2f}, it is of {one.at:.2f}"
        names = {name for version in chosen for name in version.lists}
        if not any(self._is_member(one, version) for version in self.history.lists if version.name in names):
            yield f"I5 {one.name}: that person was on none of {sorted(names)} at {one.at:.2f}"

    def _is_member(self, one: PublicObject, version: ListVersion) -> bool:
        end = self.history.known_since(version.until)
        return one.to in version.people and version.since <= one.at <= end + self.slack

    def _check_fan_out_texts(self) -> Iterator[str]:
        """All people get the same words, unless somebody cancelled the post and published it again."""
        numbers: dict[str, set[int]] = defaultdict(set)
        for one in self._public:
            if one.to is not None and not self._was_published_by_hand(one):
                numbers[one.version.post].add(one.version.number)
        return (f"I2 {post} reached people in the words of {sorted(found)}" for post, found in numbers.items() if len(found) > 1)  # fmt: skip

    # -- what people decided -------------------------------------------------------------------

    def _check_cancellation(self, one: Cancellation) -> Iterator[str]:
        after = [
            item
            for item in self._public
            if item.version.post == one.post and one.returned_at < item.at < one.undone_at
        ]
        if one.is_certain and len(after) > one.sending:
            yield f"I4 {one.post}: {len(after)} went out after it was cancelled, {one.sending} were on their way"

    # -- what is left ----------------------------------------------------------------------------

    def _check_end(self) -> Iterator[str]:
        rows: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
        for row in self.status["deliveries"]:
            rows[row["post"], row["account"]].append(row)
        decisions = {(entry["id"], entry["account"]): entry["decision"] for entry in self.status["posts"]}
        public: dict[tuple[str, str], list[PublicObject]] = defaultdict(list)
        for one in self._public:
            public[one.version.post, one.account].append(one)
        for post in self.history.post_names():
            accounts = {name for v in self.history.posts if v.post == post for name in v.accounts}
            for account in sorted(accounts):
                key = (post, account)
                yield from self._check_receipts(key, rows[key], public[key])
                yield from self._check_reasons(key, rows[key])
                if account in self.history.latest(post).accounts:
                    yield from self._check_complete(key, rows[key], decisions.get(key))

    def _check_receipts(
        self, key: tuple[str, str], rows: Sequence[Mapping[str, Any]], public: Sequence[PublicObject]
    ) -> Iterator[str]:
        ids = {one.id: one for one in public}
        for row in rows:
            if row["state"] == "published" and _target_of(row) != _target(ids.pop(row["remote_id"], None)):
                yield f"I3 {key} {_target_of(row)} is published, and nobody sees it"
        doubts: Counter[str | None] = Counter(
            _target_of(row) for row in rows if row["state"] in UNKNOWN_STATES
        )
        for target in Counter(_target(one) for one in ids.values()) - doubts:
            yield f"I3 {key} {target} is public, and the ledger does not know"

    def _check_reasons(self, key: tuple[str, str], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Every state that is not public says why, and what it says is so."""
        post, account = key
        is_cancelled = any(one.post == post for one in self.history.cancellations)
        is_named = account in self.history.latest(post).accounts
        absent = {mask(phone) for phone in self._once_reached(post) - self._recipients(post)}
        stopped = {mask(phone) for phone in self.history.stops}
        for row in rows:
            state, reason = row["state"], row["reason"] or ""
            is_absent = row["recipient"] is not None and displayed_mask(row["recipient"]) in absent | stopped
            explained = (
                state in ("published", "unknown")
                or (state == "cancelled" and is_cancelled)
                or (state == "held" and reason == "not-in-plan" and (is_absent or not is_named))
                or (state == "held" and reason.startswith("part ") and row["part"] > 1)
                or (state == "refused" and reason == "opt-out" and _target_of(row) in stopped)
            )
            if not explained:
                yield f"I3 {key} {_target_of(row)} is {state} ({reason}), and nothing explains it"

    def _check_complete(
        self, key: tuple[str, str], rows: Sequence[Mapping[str, Any]], decision: str | None
    ) -> Iterator[str]:
        post, account = key
        latest = self.history.latest(post)
        if account != "whatsapp":
            have = sorted(row["part"] for row in rows)
            if have != list(range(1, latest.parts + 1)):
                yield f"I3 {key} has the parts {have}"
            return
        wanted = Counter(mask(phone) for phone in self._recipients(post))
        missing = wanted - Counter(displayed_mask(row["recipient"]) for row in rows)
        # Who joined a list of a cancelled post, or had no row when it was cancelled, never gets one.
        is_cancelled = decision == "cancel" and any(one.post == post for one in self.history.cancellations)
        if missing and not is_cancelled:
            yield f"I3 {key} has nothing for {missing.total()} people: {sorted(missing)[:5]}"

    def _recipients(self, post: str) -> set[str]:
        """Who must have the post by the files as they are now."""
        lists = (self.history.latest_list(name).people for name in self.history.latest(post).lists)
        return set().union(*lists) - self.history.stops.keys()

    def _once_reached(self, post: str) -> set[str]:
        """Everybody who was on a list that the post named at any time."""
        names = {name for version in self.history.posts if version.post == post for name in version.lists}
        return set().union(*(version.people for version in self.history.lists if version.name in names))


def _target(one: PublicObject | None) -> str | None:
    if one is None:
        return None
    return mask(one.to) if one.to else f"part {one.part}"


def _target_of(row: Mapping[str, Any]) -> str:
    return displayed_mask(row["recipient"]) if row["recipient"] else f"part {row['part']}"
