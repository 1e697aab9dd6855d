"""The stamp of a file, its digest, and when it is settled: nobody writes it any more."""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileStamp:
    """A stamp that changes with the file's content; times are in nanoseconds.

    ``ctime_ns`` reveals content that was replaced under its old size and ``mtime_ns`` (``cp -p``, ``rsync -t``).
    """

    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "FileStamp":
        """Return the stamp in the result of a stat."""
        return cls(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    @classmethod
    def from_text(cls, text: str) -> "FileStamp":
        """Return the stamp of which ``text`` gave this word."""
        return cls(*map(int, text.split(":")))

    def text(self) -> str:
        """Return the stamp as one word, to store and compare."""
        return f"{self.inode}:{self.size}:{self.mtime_ns}:{self.ctime_ns}"


#: Seconds within which two writes may have the same time: that of FAT, the coarsest.
_GRANULARITY_NS = 2_000_000_000


def is_proof(stamp: FileStamp, *, read_at_ns: int) -> bool:
    """Return True if whoever writes the file after ``read_at_ns`` (epoch) changes its stamp.

    ``read_at_ns`` is the time before the file was read.
    """
    return max(stamp.mtime_ns, stamp.ctime_ns) + _GRANULARITY_NS < read_at_ns


#: The stamp of a file that is not there.
ABSENT = FileStamp(0, 0, 0, 0)


def read_stamp(path: Path) -> FileStamp:
    """Return the stamp of the file now; ``ABSENT`` if it is missing or not accessible."""
    try:
        return FileStamp.of(path.stat())
    except OSError:
        return ABSENT


def is_settled(stamp: FileStamp, *, now: float, settle: float, unchanged_since: float | None) -> bool:
    """Return True if nobody writes the file any more.

    It was last written ``settle`` seconds ago, and has the stamp of the observation before. ``now`` and ``unchanged_since`` are epoch seconds. ``unchanged_since`` is None at the first observation.
    """
    age = now - stamp.mtime_ns / 1e9
    if unchanged_since is None:
        return stamp == ABSENT or age >= settle
    # A missing file has no time. A clock ahead of ours wrote a time in the future. Then only our own observations
    # prove that nobody writes it.
    if stamp == ABSENT or age < 0:
        return now - unchanged_since >= settle
    return age >= settle and unchanged_since < now


class StampHistory:
    """The stamps of files over several observations; ``clock`` returns epoch seconds."""

    def __init__(self, *, settle: float = 1.0, clock: Callable[[], float] = time.time) -> None:
        self.settle = settle
        self._clock = clock
        self._observed: dict[Path, tuple[FileStamp, float]] = {}

    def observe(self, path: Path) -> tuple[FileStamp, bool]:
        """Return the stamp of the file now, and whether the file is settled."""
        now, stamp = self._clock(), read_stamp(path)
        previous = self._observed.get(path)
        if previous is None or previous[0] != stamp or previous[1] > now:  # or the clock was set back
            self._observed[path] = (stamp, now)
        since = None if previous is None else self._observed[path][1]
        return stamp, is_settled(stamp, now=now, settle=self.settle, unchanged_since=since)


def file_digest(path: Path) -> str | None:
    """Return the SHA-256 of the file in hexadecimal, None if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
