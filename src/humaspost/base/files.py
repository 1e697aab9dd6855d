"""The one way to write a file: completely and on disk, or not at all, even at a power loss."""

import glob
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def atomic_write(target: Path, *, mode: int = 0o600) -> Iterator[BinaryIO]:
    """Yield a file to write that replaces ``target`` if the block ends without an error."""
    with written_path(target, mode=mode) as draft, draft.open("r+b") as file:
        yield file


@contextmanager
def written_path(target: Path, *, mode: int = 0o600) -> Iterator[Path]:
    """Yield the path of an empty file to write; otherwise the same as ``atomic_write``."""
    draft = draft_of(target)
    _new(draft, mode)
    try:
        yield draft
        replace(draft, target, mode=mode)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def created(target: Path, *, mode: int = 0o600) -> Iterator[BinaryIO]:
    """Yield a file to write that becomes ``target``; raise FileExistsError if that exists.

    The umask applies, as to every new file: ``mode`` is the most that it may allow.
    """
    with created_path(target, mode=mode) as draft, draft.open("r+b") as file:
        yield file


@contextmanager
def created_path(target: Path, *, mode: int = 0o600) -> Iterator[Path]:
    """Yield the path of an empty file to write; otherwise the same as ``created``."""
    draft = draft_of(target)
    _new(draft, mode)
    try:
        yield draft
        with draft.open("r+b") as file:
            os.fsync(file.fileno())
        _link_or_move(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(target.parent)


def draft_of(target: Path) -> Path:
    """Return a new name beside ``target`` for its replacement."""
    return target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.tmp")


def list_drafts(target: Path) -> list[Path]:
    """Return the unfinished replacements of ``target``, also those that a dead process left."""
    pattern = f".{glob.escape(target.name[:80])}.*.tmp"
    return sorted(target.parent.glob(pattern))


def replace(draft: Path, target: Path, *, mode: int = 0o600) -> None:
    """Replace ``target`` with a finished file, on disk."""
    with draft.open("r+b") as file:
        draft.chmod(mode)
        os.fsync(file.fileno())
    draft.replace(target)
    sync_folder(target.parent)


def make_folder(path: Path, *, mode: int = 0o700) -> None:
    """Make the folder, and those above it, unless it exists."""
    if path.is_dir():
        return
    make_folder(path.parent, mode=mode)
    path.mkdir(mode=mode, exist_ok=True)
    if _is_root():
        _give_to_folder_owner(path)


def lock_path(path: Path) -> Path:
    """Return the path for a lock; what root makes there belongs to the owner of the folder."""
    if _is_root() and not path.exists():
        with suppress(FileExistsError):
            _new(path, 0o600)
    return path


def _is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def _give_to_folder_owner(path: Path) -> None:
    # As SQLite does with its own files: what root wrote into somebody's folder was closed to its owner.
    folder = path.parent.stat()
    os.chown(path, folder.st_uid, folder.st_gid, follow_symlinks=False)


def sync_folder(folder: Path) -> None:
    """Write the folder's names to disk, so that a rename in it survives a power loss."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _new(path: Path, mode: int) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode))
    if _is_root():
        _give_to_folder_owner(path)


def _link_or_move(draft: Path, target: Path) -> None:
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:
        # This file system has no hard links (FAT, some network shares): an empty file reserves the name.
        _new(target, 0o600)
        draft.replace(target)
