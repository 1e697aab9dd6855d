"""Files that are there whole, on disk, or not at all, whatever loses its power meanwhile."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written(target: Path, *, mode: int = 0o600) -> Iterator[BinaryIO]:
    """A file to write that takes ``target``'s place, on disk, when the block ends well; else nothing changed."""
    draft = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            draft.chmod(mode)
            os.fsync(file.fileno())
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """What was renamed in the folder stays renamed."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
