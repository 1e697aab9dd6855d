"""The posts folder as posts and problems; a bad file never hides or blocks the others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from humaspost.base.file_stamp import FileStamp, is_proof
from humaspost.base.progress import ReportProgress, ignore_progress
from humaspost.base.stamped_cache import CacheSection
from humaspost.content.cross_checks import CheckedFiles, check_all
from humaspost.content.folder import PostFile, find_post_file, read_bytes, scan_folder, unreadable_message
from humaspost.content.frontmatter.keys import NameIndex
from humaspost.content.parsed_json import pack_file, unpack_file
from humaspost.content.post_file import BrokenPost, ParsedFile, parse_post_file
from humaspost.content.source import FILE_LIMIT
from humaspost.model.post import Post
from humaspost.model.problem import Position, Problem

__all__ = ["FolderReading", "NameIndex", "PostReader", "Snapshots", "read_posts"]


@dataclass(frozen=True, slots=True)
class FileSnapshot:
    """A file as last scanned, and since when it is unchanged (epoch seconds)."""

    stamp: FileStamp
    unchanged_since: float


#: The snapshots of one reading, by path.
Snapshots = dict[str, FileSnapshot]


@dataclass(frozen=True, slots=True)
class FolderReading:
    """One reading of the folder; every tuple is sorted by path.

    ``files`` has every file whose name makes it a post. ``broken_posts`` maps files without a valid post to their
    readable fields. ``unsettled_files`` maps files that are still being written to the id of their last reading;
    they are in neither ``posts`` nor ``broken_posts``. ``stamps`` are those of the files as they were read.
    """

    posts: tuple[Post, ...]
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    broken_posts: dict[str, BrokenPost]
    unsettled_files: dict[str, str]
    stamps: Mapping[str, str] = field(default_factory=dict)


class PostReader:
    """A reader that reads the folder repeatedly and parses only changed files.

    A file counts after ``settle`` seconds without a change. ``snapshots`` come from an earlier reader; the first
    reading compares with them. ``section`` has the files that earlier processes parsed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        root: Path,
        names: NameIndex,
        settle: float = 1.0,
        snapshots: Snapshots | None = None,
        section: CacheSection | None = None,
    ) -> None:
        self._folder = folder
        self._root = root
        self._names = names
        self._settle_seconds = settle
        self._snapshots = snapshots
        self._parsed_files: dict[str, tuple[FileStamp, ParsedFile]] = {}
        self._unsettled: dict[str, str] = {}
        self._section = section

    @property
    def unsettled(self) -> tuple[str, ...]:
        """Return the files that the last reading skipped because they were still being written."""
        return tuple(self._unsettled)

    @property
    def snapshots(self) -> Snapshots | None:
        """Return the snapshots of the last reading that had a clock, or None."""
        return self._snapshots

    def observe_unsettled(self, paths: Collection[str], *, now: float) -> list[str] | None:
        """Observe new files and return them; None unless all are posts still being written."""
        if self._snapshots is None:
            return None
        found = [find_post_file(path, root=self._root) for path in paths]
        files = [item for item in found if item is not None]
        if len(files) < len(found) or any(item.path in self._parsed_files for item in files):
            return None
        snapshots = self._take_snapshots(files, now)
        if any(self._is_settled(item, snapshots[item.path], now) for item in files):
            return None
        self._snapshots |= snapshots
        return [item.file for item in files]

    def read(
        self,
        *,
        now: float | None,
        planned_files: Mapping[str, str] | None = None,
        progress: ReportProgress = ignore_progress,
    ) -> FolderReading:
        """Return the posts at ``now`` (epoch seconds); None counts every file as settled.

        ``planned_files`` has, by id, the file from which the ledger planned the post.
        """
        entries, problems = scan_folder(self._folder, self._root)
        self._unsettled = {}
        snapshots = self._take_snapshots(entries, now)
        files = []
        for number, item in enumerate(entries):
            progress(number, len(entries))
            parsed = self._read_file(item, snapshots, now)
            if parsed:
                files.append(parsed)
        self._discard_removed(entries, snapshots, now)
        checked = check_all(files, unsettled_files=self._unsettled, planned_files=planned_files)
        return self._build_reading(checked, entries, problems)

    def _take_snapshots(self, files: list[PostFile], now: float | None) -> Snapshots:
        if now is None:
            return {}
        previous = self._snapshots or {}
        snapshots: Snapshots = {}
        for item in files:
            previous_snapshot = previous.get(item.path)
            is_unchanged = previous_snapshot is not None and previous_snapshot.stamp == item.stamp
            snapshots[item.path] = (
                previous_snapshot if previous_snapshot and is_unchanged else FileSnapshot(item.stamp, now)
            )
        return snapshots

    def _read_file(self, item: PostFile, snapshots: Snapshots, now: float | None) -> ParsedFile | None:
        if now is not None and not self._is_settled(item, snapshots[item.path], now):
            self._keep_previous(item)
            return None
        parsed = self._parsed_files.get(item.path)
        if parsed and parsed[0] == item.stamp and parsed[1].file == item.file:
            return parsed[1]
        kept = self._load_file(item)
        if kept is not None:
            self._parsed_files[item.path] = (item.stamp, kept)
            return kept
        return self._parse_file(item, strict=now is not None)

    def _load_file(self, item: PostFile) -> ParsedFile | None:
        """Return what an earlier process made of exactly this file."""
        if self._section is None:
            return None
        return self._section.take(item.file, item.stamp.text(), lambda data: unpack_file(data, item.file))

    def _is_settled(self, item: PostFile, snapshot: FileSnapshot, now: float) -> bool:
        """Return True if the file is unchanged long enough, by its own time and by the last reading."""
        age = now - item.stamp.mtime_ns / 1e9
        is_first_reading = self._snapshots is None
        if age < 0:  # written by a clock that is ahead of ours, so only our own snapshots prove its age
            return now - snapshot.unchanged_since >= self._settle_seconds
        return age >= self._settle_seconds and (is_first_reading or snapshot.unchanged_since < now)

    def _keep_previous(self, item: PostFile) -> None:
        parsed = self._parsed_files.get(item.path)
        self._unsettled[item.file] = parsed[1].id if parsed else ""

    def _parse_file(self, item: PostFile, *, strict: bool) -> ParsedFile | None:
        read_at_ns = self._section.clock_ns() if self._section is not None else 0
        try:
            raw, stamped = read_bytes(item, limit=FILE_LIMIT)
        except OSError as error:
            return ParsedFile(
                item.file, None, (unreadable_message(error).with_position(item.file, Position(1, 1)),)
            )
        if strict and stamped != item.stamp:
            self._keep_previous(item)
            return None
        parsed = parse_post_file(raw, file=item.file, folder=item.folder, names=self._names)
        self._parsed_files[item.path] = (stamped, parsed)
        # What is written in the same instant as it was read may change without another stamp.
        if self._section is not None and is_proof(stamped, read_at_ns=read_at_ns):
            self._section.put(
                item.file,
                stamped.text(),
                parsed,
                encode=pack_file,
                decode=lambda data: unpack_file(data, item.file),
            )
        return parsed

    def _discard_removed(self, files: list[PostFile], snapshots: Snapshots, now: float | None) -> None:
        if now is not None:
            self._snapshots = snapshots
        paths = {item.path for item in files}
        for path in [path for path in self._parsed_files if path not in paths]:
            del self._parsed_files[path]
        if self._section is not None:
            self._section.retain({item.file for item in files})

    def _build_reading(
        self, checked: CheckedFiles, entries: list[PostFile], problems: list[Problem]
    ) -> FolderReading:
        files = checked.files
        return FolderReading(
            posts=tuple(parsed.post for parsed in files if parsed.post),
            problems=(*problems, *(problem for parsed in files for problem in parsed.problems)),
            files=tuple(item.file for item in entries),
            broken_posts={
                parsed.file: parsed.broken_post for parsed in files if not (parsed.post or parsed.is_copy)
            },
            unsettled_files=checked.unsettled_files,
            stamps={
                parsed.file: stamp.text()
                for stamp, parsed in self._parsed_files.values()
                if parsed.file not in self._unsettled
            },
        )


def read_posts(
    folder: Path,
    *,
    root: Path,
    zone: str,
    owners: Mapping[str, Mapping[str, str]],
    channel_names: Collection[str],
    audience_names: Collection[str] | None = None,
    now: float | None = None,
    settle: float = 1.0,
    snapshots: Snapshots | None = None,
) -> tuple[list[Post], list[Problem]]:
    """Return the folder's valid posts and all problems of one reading; see ``PostReader``."""
    names = NameIndex(zone, owners, channel_names, audience_names)
    reader = PostReader(folder, root=root, names=names, settle=settle, snapshots=snapshots)
    reading = reader.read(now=now)
    return list(reading.posts), list(reading.problems)
