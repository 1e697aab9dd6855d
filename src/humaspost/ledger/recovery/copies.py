"""The copies of the ledger in the state folder, and the erasure of a person from each."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError

from humaspost.base.files import written_path
from humaspost.ledger.database import FILE
from humaspost.model.erasure import Remainder, RemainderReason

_MAGIC = b"SQLite format 3\0"
_SIDE_FILES = ("-wal", "-shm", "-journal")
#: Seconds. An older unfinished file was left by a process that died.
_MAX_DRAFT_AGE = 3600.0
#: Seconds that the readers of the ledger get to end, before its log is emptied.
_TIMEOUT = 30.0


def list_copies(state: Path) -> list[Path]:
    """Return every database file of the state folder but the ledger."""
    return sorted(path for path in _list_files(state) if path != state / FILE and _is_database(path))


def _list_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and not path.name.endswith(_SIDE_FILES):
            yield path


def _is_database(path: Path) -> bool:
    # By its content: a copy that a person renamed has the numbers too.
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC
    return False


def rewrite_copy(path: Path, erase: Callable[[Connection], None], *, now: float) -> Remainder | None:
    """Erase the person from the copy; return the copy where that is not possible.

    An unfinished copy that a dead process left is deleted.
    """
    if path.name.startswith(".") and path.name.endswith(".tmp"):
        if now - path.stat().st_mtime < _MAX_DRAFT_AGE:
            return Remainder(path, RemainderReason.IN_USE)
        path.unlink()
        return None
    try:
        with written_path(path) as draft:
            with (
                closing(sqlite3.connect(path, timeout=_TIMEOUT)) as old,
                closing(sqlite3.connect(draft)) as new,
            ):
                old.backup(new)
                new.execute("PRAGMA journal_mode=DELETE")
            _erase_from(draft, erase)
    except (sqlite3.Error, SQLAlchemyError, OSError):
        return Remainder(path, RemainderReason.UNREADABLE)
    for suffix in _SIDE_FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return None


def _erase_from(path: Path, erase: Callable[[Connection], None]) -> None:
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            erase(connection)
    finally:
        engine.dispose()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection_:
        connection_.execute("VACUUM")


def compact_ledger(state: Path) -> Remainder | None:
    """Rewrite the ledger without deleted bytes; return it where other processes prevent that.

    A write waits meanwhile: about a second for 100 MB.
    """
    path = state / FILE
    deadline = time.monotonic() + _TIMEOUT
    try:
        with closing(sqlite3.connect(path, timeout=_TIMEOUT, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("VACUUM")
            while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() >= deadline:
                    return Remainder(path, RemainderReason.IN_USE)
    except sqlite3.OperationalError:
        return Remainder(path, RemainderReason.IN_USE)
    return None
