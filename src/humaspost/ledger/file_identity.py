"""The identity of the ledger's file, and whether its path still leads to that file."""

import os
from dataclasses import dataclass
from pathlib import Path

from humaspost.ledger.errors import LedgerReplacedError


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """The file that a process opened, by device and inode.

    The database goes on with an open file after it was renamed, and opens each further connection by its path.
    """

    path: Path
    device: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> "FileIdentity":
        """Return the identity of the file that is at the path now."""
        status = path.stat()
        return cls(path, status.st_dev, status.st_ino)

    def find_replacement(self) -> LedgerReplacedError | None:
        """Return the error where the path leads to another file or to none, else None."""
        try:
            status = os.stat(self.path)  # noqa: PTH116  # for every commit; Path.stat takes twice as long
        except (FileNotFoundError, NotADirectoryError):
            return LedgerReplacedError(self.path, exists=False)
        if (status.st_dev, status.st_ino) == (self.device, self.inode):
            return None
        return LedgerReplacedError(self.path, exists=True)
