"""What the public may see, read from files, lists, config and decisions alone.

It imports nothing of humaspost: a rule that both sides got wrong would pass unseen.
"""

import csv
import io
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

GRACE = timedelta(minutes=60)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
#: Names that no post has: copies that a sync client or an editor made.
_COPY = re.compile(r"\.sync-conflict-|conflicted copy|^\.|~$")
_MARKER = re.compile(r"kata-\d+-\d+")
_PART = re.compile(r"bagian-(\d+)")
#: A list is not taken over by itself where more people than this, and more than a fifth, would go.
MAX_GONE = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """What one file says: its id, its marker, its accounts and lists, its times, and what it repeats."""

    file: str
    id: str
    marker: str
    channels: frozenset[str]
    audiences: tuple[str, ...]
    date: datetime
    expires: datetime | None
    late: str
    title: str
    parts: int
    repeats: str

    @property
    def serial(self) -> str:
        """Return the number of the words, which every edit of them keeps."""
        return _serial(self.marker)


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
    person decided about, the latter with how often each list had been held then. ``seen`` is the look at which a file was
    seen first. ``sayers`` are the ids that ever said words, by their serial, and ``repeats`` is what each id ever said
    that it repeats. ``first`` is when the office first looked, and ``latest`` the latest time at which it did: a clock
    that goes back brings nothing back.
    """

    folder: Path
    lists: dict[str, List] = field(default_factory=dict)
    stops: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    published: dict[str, dict[str, int]] = field(default_factory=dict)
    paused: bool = False
    seen: dict[str, int] = field(default_factory=dict)
    looks: int = 0
    sayers: dict[str, set[str]] = field(default_factory=dict)
    repeats: dict[str, set[str]] = field(default_factory=dict)
    latest: datetime = _LONG_AGO
    first: datetime | None = None

    def channels(self) -> frozenset[str]:
        """Return the channels of the accounts in config.toml, one each."""
        accounts = tomllib.loads((self.folder / "config.toml").read_text("utf-8"))["accounts"]
        return frozenset(account["channel"] for account in accounts.values())

    def look(self, now: datetime) -> None:
        """Read every file and list once, as the office does before it sends."""
        self.look_at_posts(now)
        self.read_lists()

    def look_at_posts(self, now: datetime) -> None:
        """Read the posts alone, as the office does when one is cancelled."""
        self.looks += 1
        self.first, self.latest = self.first or now, max(self.latest, now)
        paths = sorted((self.folder / "posts").glob("*.md"))
        self.seen = {path.name: self.seen.get(path.name, self.looks) for path in paths}
        for wish in filter(None, map(read_wish, paths)):
            self.sayers.setdefault(wish.serial, set()).add(wish.id)
            self.repeats.setdefault(wish.id, set()).update({wish.repeats} - {""})

    def chain(self, post: str) -> set[str]:
        """Return every id that the post ever repeated, or that what it repeated repeated."""
        found, rest = set(), [post]
        while rest:
            new = self.repeats.get(rest.pop(), set()) - found
            found |= new
            rest += new
        return found

    def may_be_said(self, serial: str) -> int:
        """Return how often words may be public: once, and once more for each post that repeats them."""
        return 1 + sum(bool(self.repeats.get(post)) for post in self.sayers.get(serial, ()))

    def publish(self, post: str) -> None:
        """Note that a person publishes the post, and over which holds."""
        self.published[post] = {name: known.holds for name, known in self.lists.items()}

    def wishes(self) -> list[Wish]:
        """Return what every good file says; of two that claim one post, the one that was there first."""
        paths = sorted(path for path in (self.folder / "posts").glob("*.md") if path.name in self.seen)
        read = [wish for path in paths if (wish := read_wish(path))]
        good = [wish for wish in read if all(self._goes_first(wish, other) for other in read)]
        # A file that names what the config does not have is one with an error.
        return [wish for wish in good if wish.channels <= self.channels()]

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
    beside = path.with_name(path.name.replace(" (1).md", ".md"))
    if _COPY.search(path.name) or (beside != path and beside.exists()):
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
    date, expires = _moment(data["date"]), _moment(data["expires"]) if "expires" in data else None
    late = data.get("late", "ask")
    if (expires and expires <= date) or (late == "publish" and not expires):
        return None
    return Wish(
        path.name,
        str(data.get("id") or path.stem),
        marker[0],
        channels,
        tuple(data.get("audiences") or ()) if "whatsapp" in channels else (),
        date,
        expires,
        late,
        data["title"],
        1 + body.count("<!-- part -->"),
        data.get("repeats", ""),
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
    """One public object: the channel, the marker of its words, which part, and the number that it went to, if any."""

    channel: str
    marker: str
    part: int
    to: str

    @property
    def serial(self) -> str:
        """Return the number of the words, which every edit of them keeps."""
        return _serial(self.marker)

    @property
    def place(self) -> tuple[str, str, int, str]:
        """Return where which words stand."""
        return self.channel, self.serial, self.part, self.to

    def __str__(self) -> str:
        return f"{self.marker}.{self.part} on {self.channel} to {self.to[-3:] or 'all'}"


def read_objects(objects: list[Mapping[str, Any]]) -> list[Shown]:
    """Return what the sandbox shows."""
    shown = []
    for one in objects:
        text, to = one["text"] or "", one["to"] or ""
        marker, part = _MARKER.search(text), _PART.search(text)
        number = to and f"+{to.lstrip('+')}"
        shown.append(
            Shown(one["channel"], marker[0] if marker else text, int(part[1]) if part else 1, number)
        )
    return shown


@dataclass(frozen=True, slots=True)
class Told:
    """What ``status`` says: the states of each post on a channel, the held ones, and the files with an error."""

    states: Mapping[tuple[str, str], frozenset[str]]
    held: frozenset[tuple[str, str]]
    files: frozenset[str]

    def stuck(self, post: str) -> Iterator[str]:
        """Yield the channels on which something of the post failed or is held."""
        for (other, channel), states in self.states.items():
            if other == post and states & {"failed", "held"}:
                yield channel


def judge(
    world: World,
    new: list[Shown],
    before: list[Shown],
    *,
    now: datetime,
    progress: Mapping[tuple[str, str], datetime],
) -> Iterator[str]:
    """Yield why what became public in one look may not be public.

    ``progress`` is when something of a post was last written on a channel, by (post's serial, channel).
    """
    said = Counter(one.place for one in before)
    # What people were written first stays the text for the others.
    begun = {(one.serial, one.marker) for one in before if one.to}
    for one in new:
        said[one.place] += 1
        if said[one.place] > world.may_be_said(one.serial):
            yield f"twice: {one}"
        wishes = [
            wish
            for wish in world.wishes()
            if wish.marker == one.marker or (one.to and (wish.serial, one.marker) in begun)
        ]
        last = progress.get((one.serial, one.channel))
        objections = [list(_objections(world, one, wish, now, last)) for wish in wishes]
        if not objections:
            yield f"no file says it: {one}"
        elif all(objections):
            yield from objections[0]


def _objections(
    world: World, one: Shown, wish: Wish, now: datetime, progress: datetime | None
) -> Iterator[str]:
    is_published = wish.id in world.published
    if one.channel not in wish.channels or one.part > wish.parts:
        yield f"not one of its channels or parts: {one}"
    if one.to and one.to not in world.people(wish):
        yield f"not to this person: {one}"
    if wish.date > now and not is_published:
        yield f"before its time: {one}"
    if wish.expires and wish.expires <= now:
        yield f"after its end: {one}"
    last = max(wish.date, progress or wish.date)
    if wish.late != "publish" and now > last + GRACE and not is_published:
        yield f"late: {one}"
    if world.paused:
        yield f"during a pause: {one}"
    if wish.id in world.cancelled:
        yield f"cancelled: {one}"


def find_lost(
    world: World, shown: list[Shown], told: Told, *, now: datetime, recent: frozenset[str]
) -> Iterator[str]:
    """Yield what is due, is not public, and is not told; and what is told although nothing is wrong with it.

    ``recent`` are numbers that something was just sent to: the platform lets the next message wait some seconds.
    """
    public = Counter(one.place for one in shown)
    said = {one.serial for one in shown}
    for wish in world.wishes():
        if wish.file in told.files and wish.serial in said and _is_surely_good(world, wish):
            yield f"no error: {wish.file}"
        for channel in wish.channels:
            people = world.people(wish) if channel == "whatsapp" else {""}
            places = [(channel, wish.serial, part, to) for to in people for part in range(1, wish.parts + 1)]
            is_waiting = "scheduled" in told.states.get((wish.id, channel), ())
            waiting = recent if is_waiting else frozenset()
            missing = [place for place in places if not public[place] and place[3] not in waiting]
            # Who joins a list when the post is over gets no old post.
            if channel == "whatsapp" and wish.serial in said and world.latest > wish.date + GRACE:
                continue
            if wish.date <= now and missing and not _is_told(world, wish, channel, told, now=now):
                yield f"lost: {wish.marker} of {wish.id}: {missing}"


def _is_surely_good(world: World, wish: Wish) -> bool:
    """Return whether no other file has its id, and nobody else its words, but for what repeats it, or it repeats."""
    if any(
        path.name != wish.file and _claims(path, wish.id) for path in (world.folder / "posts").glob("*.md")
    ):
        return False
    # A broken file does not say what it repeats, so that the chain of who repeats it ends there.
    if not world.chain(wish.id) <= {other.id for other in world.wishes()}:
        return False
    others = world.sayers[wish.serial] - {wish.id}
    return all(other in world.chain(wish.id) or wish.id in world.chain(other) for other in others)


def _claims(path: Path, post: str) -> bool:
    """Return whether the file is that post, or would be once it is mended."""
    id_ = re.search(r"^id: (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return (id_[1] if id_ else path.stem) == post


def _is_told(world: World, wish: Wish, channel: str, told: Told, *, now: datetime) -> bool:
    """Return whether the office says why it is not public; that its time is over must be true."""
    is_over = wish.expires is not None and wish.expires <= world.latest
    is_older = world.first is not None and wish.date < world.first
    is_over |= wish.late == "skip" and (is_older or world.latest > wish.date + GRACE)
    honest = {"held", "missed", "failed", "unknown", "refused"}
    honest |= {"expired"} if is_over else set()
    honest |= {"cancelled"} if wish.id in world.cancelled or wish.parts > 1 else set()
    states = told.states.get((wish.id, channel), frozenset())
    return wish.file in told.files or (wish.id, channel) in told.held or bool(states & honest)


def _serial(marker: str) -> str:
    return marker.split("-")[1] if marker.startswith("kata-") else marker
