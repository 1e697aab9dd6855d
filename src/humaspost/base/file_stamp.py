"""The stamp of a file: what the file system says about its content without reading it."""

import os
from dataclasses import dataclass


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

    def text(self) -> str:
        """Return the stamp as one word, to store and compare."""
        return f"{self.inode}:{self.size}:{self.mtime_ns}:{self.ctime_ns}"
