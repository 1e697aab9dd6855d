"""What the public may see, read from files, lists, config and decisions alone.

It imports nothing of humaspost: a rule that both sides got wrong would pass unseen.
"""

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

GRACE = timedelta(minutes=60)
#: Names that no post has: copies that a sync client or an editor made.
_COPY = re.compile(r"\.sync-conflict-|conflicted copy|^\.|~$")
_MARKER = re.compile(r"kata-\d+-\d+")
#: A list is not taken over by itself where more people than this, and more than a fifth, would go.
MAX_GONE = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """What one file says: its id, its marker, its accounts and lists, and its times."""

    file: str
    id: str
    marker: str
    channels: frozenset[str]
    audiences: tuple[str, ...]
    date: datetime
    expires: datetime | None
    late: str
    title: str


@dataclass
class List:
    """The people of a list as they were last taken over; ``held`` = the file as it is now was not.

    ``candidates`` are the people of the file as it is now, ``holds`` how often it was held.
    """

    members: set[str] = field(default_factory=set)
    candidates: set[str] = field(default_factory=set)
    consenting: set[str] = field(default_factory=set)
    held: bool = False
    holds: int = 0

    def hold(self) -> None:
        """Do not take the file over as it is now."""
        self.holds += not self.held
        self.held = True


@dataclass
class World:
    """All that decides, as a person would sum it up.

    ``stops`` are numbers that once asked for silence. ``cancelled`` and ``published`` are the ids of posts that a
    person decided about, the latter with how often each list had been held then. ``seen`` is the look at which a file was seen first.
    """

    folder: Path
    lists: dict[str, List] = field(default_factory=dict)
    stops: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    published: dict[str, dict[str, int]] = field(default_factory=dict)
    paused: bool = False
    seen: dict[str, int] = field(default_factory=dict)
    looks: int = 0

    def accounts(self) -> frozenset[str]:
        """Return the accounts of config.toml."""
        return frozenset(tomllib.loads((self.folder / "config.toml").read_text("utf-8"))["accounts"])

    def look(self) -> None:
        """Read every file and list once, as the office does before it sends."""
        self.look_at_posts()
        self.read_lists()

    def look_at_posts(self) -> None:
        """Read the posts alone, as the office does when one is cancelled."""
        self.looks += 1
        files = {path.name for path in (self.folder / "posts").glob("*.md")}
        self.seen = {name: self.seen.get(name, self.looks) for name in files}

    def publish(self, post: str) -> None:
        """Note that a person publishes the post, and over which holds."""
        self.published[post] = {name: known.holds for name, known in self.lists.items()}

    def wishes(self) -> list[Wish]:
        """Return what every good file says; of two that claim one post, the one that was there first."""
        paths = sorted(path for path in (self.folder / "posts").glob("*.md") if path.name in self.seen)
        read = [wish for path in paths if (wish := read_wish(path))]
        return [wish for wish in read if all(self._goes_first(wish, other) for other in read)]

    def _goes_first(self, wish: Wish, other: Wish) -> bool:
        is_same = wish.id == other.id or (
            wish.title == other.title and wish.date == other.date and bool(wish.channels & other.channels)
        )
        return wish.file == other.file or not is_same or self.seen[wish.file] < self.seen[other.file]

    def read_lists(self) -> None:
        """Take over the lists as their files are now, where that is safe."""
        for path in (self.folder / "audiences").glob("*.csv"):
            self._read_list(self.lists.setdefault(path.stem, List()), path)

    def _read_list(self, known: List, path: Path) -> None:
        rows = list(read_rows(path))
        self.stops |= {phone for phone, row in rows if row.get("opted_out_at", "").strip()}
        readable = {phone for phone, row in rows if row.get("basis", "").strip() and not _is_spoilt(row)}
        present = {phone for phone, _row in rows}
        known.candidates = readable
        gone = {phone for phone in known.members if phone not in readable}
        if known.members and (not rows or (len(gone) > MAX_GONE and len(gone) * 5 > len(known.members))):
            known.hold()
            return
        if not known.members and not readable:
            known.hold()
            return
        known.held = False
        unsure = {phone for phone, row in rows if _is_spoilt(row)}
        withdrawn = {phone for phone, row in rows if not row.get("basis", "").strip() and not _is_spoilt(row)}
        kept = known.members & (unsure | withdrawn)
        known.consenting = (readable | (known.consenting & unsure)) - withdrawn
        known.members = (readable | kept) & present

    def people(self, wish: Wish) -> set[str]:
        """Return the numbers that may get it now.

        While a list is held, nobody; a post that a person published since goes to whoever is in its old and in its
        new form.
        """
        lists = [self.lists.get(name, List()) for name in wish.audiences]
        seen = self.published.get(wish.id, {})
        held = [name for name in wish.audiences if self.lists.get(name, List()).held]
        if any(seen.get(name) != self.lists[name].holds for name in held):
            return set()
        people: set[str] = set()
        for known in lists:
            people |= known.members & known.consenting & (known.candidates if known.held else known.members)
        return people - self.stops


def read_wish(path: Path) -> Wish | None:
    """Return what the file says, or None where it is no post, a draft, or broken."""
    if _COPY.search(path.name):
        return None
    try:
        _empty, front, body = path.read_text("utf-8").split("---\n", 2)
        data: dict[str, Any] = yaml.safe_load(front)
    except (ValueError, yaml.YAMLError):
        return None
    marker = _MARKER.search(body)
    if not isinstance(data, dict) or data.get("draft") or marker is None or "oops" in data:
        return None
    channels = frozenset(data["channels"])
    return Wish(
        path.name,
        str(data.get("id") or path.stem),
        marker[0],
        channels,
        tuple(data.get("audiences") or ()) if "whatsapp" in channels else (),
        _moment(data["date"]),
        _moment(data["expires"]) if "expires" in data else None,
        data.get("late", "ask"),
        data["title"],
    )


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)


def read_rows(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield (number, cells) of every row whose number can be read."""
    text = path.read_text("utf-8", errors="replace")
    first = text.partition("\n")[0]
    for row in csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first else ","):
        cells = {str(key): str(value or "") for key, value in row.items()}
        phone = cells.get("phone", "")
        if re.fullmatch(r"\+62812\d{8}", phone):
            yield phone, cells


def _is_spoilt(row: Mapping[str, str]) -> bool:
    return "???" in row.get("consented_at", "")


@dataclass(frozen=True, slots=True)
class Shown:
    """One public object: the account, the marker of its words, and the number that it went to, if any."""

    account: str
    marker: str
    to: str


def read_objects(objects: list[Mapping[str, Any]]) -> list[Shown]:
    """Return what the sandbox shows."""
    shown = []
    for one in objects:
        marker = _MARKER.search(one["text"] or "")
        to = one["to"] or ""
        shown.append(Shown(one["channel"], marker[0] if marker else one["text"], to and f"+{to.lstrip('+')}"))
    return shown


def judge(
    world: World,
    new: list[Shown],
    before: list[Shown],
    *,
    now: datetime,
    progress: Mapping[tuple[str, str], datetime],
) -> Iterator[str]:
    """Yield why what became public in one look may not be public.

    ``progress`` is when something of a post was last written on an account, by (post's serial, account).
    """
    wishes = {wish.marker: wish for wish in world.wishes()}
    said = {(one.account, _serial(one.marker), one.to) for one in before}
    for one in new:
        what = f"{one.marker} on {one.account} to {one.to[-2:] or 'all'}"
        wish = wishes.get(one.marker)
        key = (one.account, _serial(one.marker), one.to)
        if key in said:
            yield f"twice: {what}"
        said.add(key)
        if wish is None:
            yield f"no file says it: {what}"
            continue
        if one.account not in wish.channels:
            yield f"not one of its channels: {what}"
        if one.account not in world.accounts():
            yield f"not an account of the config: {what}"
        if one.to and one.to not in world.people(wish):
            yield f"not to this person: {what}"
        if wish.date > now and wish.id not in world.published:
            yield f"before its time: {what}"
        if wish.expires and wish.expires <= now:
            yield f"after its end: {what}"
        last = max(wish.date, progress.get((_serial(one.marker), one.account), wish.date))
        if wish.late != "publish" and now > last + GRACE and wish.id not in world.published:
            yield f"late: {what}"
        if world.paused:
            yield f"during a pause: {what}"
        if wish.id in world.cancelled:
            yield f"cancelled: {what}"


def find_lost(
    world: World, shown: list[Shown], told: set[tuple[str, str]], *, now: datetime
) -> Iterator[str]:
    """Yield what is due, is not public, and is not told: ``told`` is (post, account) or (file, "")."""
    public = {(one.account, _serial(one.marker), one.to) for one in shown}
    for wish in world.wishes():
        for account in wish.channels & world.accounts():
            people = world.people(wish) if account == "whatsapp" else {""}
            missing = [to for to in people if (account, _serial(wish.marker), to) not in public]
            if wish.date <= now and missing and not {(wish.id, account), (wish.file, "")} & told:
                yield f"lost: {wish.marker} on {account} to {missing}"


def _serial(marker: str) -> str:
    return marker.split("-")[1] if marker.startswith("kata-") else marker
