"""The posts folder as posts and problems; one bad file never hides or blocks the others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from humaspost.content.cross_checks import together
from humaspost.content.folder import Found, Stamp, read_bytes, scan, unreadable
from humaspost.content.frontmatter.keys import Known
from humaspost.content.post_file import Broken, Parsed, parse
from humaspost.content.source import FILE_LIMIT
from humaspost.model.post import Post
from humaspost.model.problem import Place, Problem

__all__ = ["Known", "Reader", "Reading", "Seen", "posts"]


@dataclass(frozen=True, slots=True)
class Sight:
    """A file as it was last looked at, and since when it has looked like that (epoch seconds)."""

    stamp: Stamp
    since: float


#: The looks of one round, by path.
Seen = dict[str, Sight]


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the folder; every tuple is in the order of the paths.

    ``files`` counts every file that is a post by its name. ``broken`` maps files without a valid post to
    what could be read of it. ``unsettled`` are files still being written, likewise with
    the id that they had when last read; they are in neither ``posts`` nor ``broken``.
    """

    posts: tuple[Post, ...]
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    broken: dict[str, Broken]
    unsettled: dict[str, str]


class Reader:
    """Reads the folder again and again, parsing only what changed since.

    ``settle`` is how many seconds a file must have been left alone before it counts; ``seen`` are the
    looks of an earlier reader, with which the first reading compares.
    """

    def __init__(
        self, folder: Path, *, root: Path, known: Known, settle: float = 1.0, seen: Seen | None = None
    ) -> None:
        self._folder = folder
        self._root = root
        self._known = known
        self._settle = settle
        self._seen = seen
        self._kept: dict[str, tuple[Stamp, Parsed]] = {}
        self._unsettled: dict[str, str] = {}

    @property
    def unsettled(self) -> tuple[str, ...]:
        """The files that the last reading left out because they were still being written."""
        return tuple(self._unsettled)

    @property
    def seen(self) -> Seen | None:
        """How every file looked in the last reading that had a clock."""
        return self._seen

    def read(self, *, now: float | None) -> Reading:
        """What the folder holds at ``now`` (epoch seconds); None = whatever is there counts."""
        found, problems = scan(self._folder, self._root)
        self._unsettled = {}
        looks = self._look(found, now)
        files = [parsed for item in found if (parsed := self._file(item, looks, now))]
        self._forget(found, looks, now)
        return self._reading(together(files), found, problems)

    def _look(self, found: list[Found], now: float | None) -> Seen:
        if now is None:
            return {}
        before = self._seen or {}
        looks: Seen = {}
        for item in found:
            last = before.get(item.path)
            same = last is not None and last.stamp == item.stamp
            looks[item.path] = last if last and same else Sight(item.stamp, now)
        return looks

    def _file(self, item: Found, looks: Seen, now: float | None) -> Parsed | None:
        if now is not None and not self._settled(item, looks[item.path], now):
            self._wait(item)
            return None
        kept = self._kept.get(item.path)
        if kept and kept[0] == item.stamp and kept[1].file == item.file:
            return kept[1]
        return self._parse(item, strict=now is not None)

    def _settled(self, item: Found, sight: Sight, now: float) -> bool:
        """Whether it was left alone long enough, by its own time and by the look before this one."""
        age = now - item.stamp[3] / 1e9
        first_round = self._seen is None
        if age < 0:  # written by a clock that is ahead of ours: only our own looks can tell
            return now - sight.since >= self._settle
        return age >= self._settle and (first_round or sight.since < now)

    def _wait(self, item: Found) -> None:
        kept = self._kept.get(item.path)
        self._unsettled[item.file] = kept[1].id if kept else ""

    def _parse(self, item: Found, *, strict: bool) -> Parsed | None:
        try:
            raw, read = read_bytes(item, limit=FILE_LIMIT)
        except OSError as error:
            return Parsed(item.file, None, (unreadable(error).at(item.file, Place(1, 1)),))
        if strict and read != item.stamp:
            self._wait(item)
            return None
        parsed = parse(raw, file=item.file, folder=item.folder, known=self._known)
        self._kept[item.path] = (read, parsed)
        return parsed

    def _forget(self, found: list[Found], looks: Seen, now: float | None) -> None:
        if now is not None:
            self._seen = looks
        there = {item.path for item in found}
        for path in [path for path in self._kept if path not in there]:
            del self._kept[path]

    def _reading(self, files: list[Parsed], found: list[Found], problems: list[Problem]) -> Reading:
        return Reading(
            posts=tuple(parsed.post for parsed in files if parsed.post),
            problems=(*problems, *(problem for parsed in files for problem in parsed.problems)),
            files=tuple(item.file for item in found),
            broken={parsed.file: parsed.broken for parsed in files if parsed.post is None},
            unsettled=dict(self._unsettled),
        )


def posts(
    folder: Path,
    *,
    root: Path,
    zone: str,
    owners: Mapping[str, Mapping[str, str]],
    known_channels: Collection[str],
    known_audiences: Collection[str] | None = None,
    now: float | None = None,
    settle: float = 1.0,
    seen: Seen | None = None,
) -> tuple[list[Post], list[Problem]]:
    """The valid posts of the folder and every problem in it, read once; see ``Known`` and ``Reader``."""
    known = Known(zone, owners, known_channels, known_audiences)
    reader = Reader(folder, root=root, known=known, settle=settle, seen=seen)
    reading = reader.read(now=now)
    return list(reading.posts), list(reading.problems)
