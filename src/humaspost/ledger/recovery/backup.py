"""Backups: whole copies of the ledger, taken while it is in use."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from humaspost.base.files import written_path
from humaspost.base.i18n import _
from humaspost.ledger import database
from humaspost.ledger.database import LedgerError
from humaspost.ledger.deliveries import restore_gap
from humaspost.ledger.recovery import copy_detection

FOLDER = "backups"
KEEP = 14
EVERY = timedelta(days=1)
_NAME = "ledger-%Y%m%dT%H%M%SZ.sqlite3"


def take(source: Path, target: Path, *, now: datetime) -> None:
    """``target`` is a whole copy of the ledger that knows its own time; writers do not wait for it.

    Raises LedgerError where the ledger is damaged, sqlite3.Error and OSError where it cannot be copied.
    """
    with (
        written_path(target) as draft,
        closing(sqlite3.connect(source, timeout=30)) as old,
        closing(sqlite3.connect(draft)) as new,
    ):
        old.backup(new)
        # One file, without the -wal and -shm that would have to go with it.
        new.execute("PRAGMA journal_mode=DELETE")
        new.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (restore_gap.TAKEN, now.isoformat()))
        # Put back by hand, under a sender that was not restarted since, it must be noticed all the same.
        new.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (copy_detection.KEY, "backup"))
        new.commit()
        _sound(new)


def _sound(connection: sqlite3.Connection) -> None:
    said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        raise LedgerError(_("the ledger is damaged: {reason}").format(reason=said), "humaspost restore")


def into_state(state: Path, *, now: datetime) -> Path:
    """A fresh backup lies in the state folder, and no more than 14 with it."""
    folder = state / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / now.astimezone(UTC).strftime(_NAME)
    take(state / database.FILE, target, now=now)
    for old in [path for path in kept(state) if path != target][: -(KEEP - 1)]:
        old.unlink(missing_ok=True)
    return target


def daily(state: Path, *, now: datetime) -> Path | None:
    """There is a backup of the last day; the new one, None where there was one already."""
    last = newest(state)
    # A clock that was ahead once must not keep backups from being made.
    if last is not None and abs(now - named_at(last)) < EVERY:
        return None
    return into_state(state, now=now) if (state / database.FILE).exists() else None


def kept(state: Path) -> list[Path]:
    """The backups of the state folder, oldest first."""
    found = (state / FOLDER).glob("ledger-*Z.sqlite3")
    return sorted(path for path in found if len(path.name) == len("ledger-20261123T080000Z.sqlite3"))


def newest(state: Path) -> Path | None:
    """The last backup that was made by itself, None where there is none."""
    return next(reversed(kept(state)), None)


def named_at(path: Path) -> datetime:
    """When a backup of the state folder was taken, by its name."""
    try:
        return datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def taken_at(path: Path) -> datetime:
    """What moment the copy knows of last. Raises LedgerError where it is no whole ledger of ours."""
    if database.version(path) is None:
        raise LedgerError(
            _("{name} is no ledger").format(name=path.name), _("name another: humaspost restore FILE")
        )
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as copy:
            _sound(copy)
    except sqlite3.DatabaseError as error:
        raise LedgerError(f"{path.name}: {error}", _("name another: humaspost restore FILE")) from error
    with database.reading(path) as conn:
        return restore_gap.known_until(conn)
