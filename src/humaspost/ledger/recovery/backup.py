"""Backups: whole copies of the ledger, taken while it is in use."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from humaspost.base.files import written_path
from humaspost.base.i18n import _
from humaspost.ledger import database
from humaspost.ledger.database import LedgerError, UnsupportedLedgerError
from humaspost.ledger.deliveries import restore_gap
from humaspost.ledger.recovery import copy_detection

FOLDER = "backups"
MAX_BACKUPS = 14
INTERVAL = timedelta(days=1)
_NAME = "ledger-%Y%m%dT%H%M%SZ.sqlite3"


def create_backup(source: Path, target: Path, *, now: datetime) -> None:
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
        new.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", (restore_gap.BACKUP_TIME_KEY, now.isoformat())
        )
        # Put back by hand, under a sender that was not restarted since, it must be noticed all the same.
        new.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (copy_detection.KEY, "backup"))
        new.commit()
        _verify(new)


def _verify(connection: sqlite3.Connection) -> None:
    result = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if result != "ok":
        raise LedgerError(_("the ledger is damaged: {reason}").format(reason=result), "humaspost restore")


def create_in_state(state: Path, *, now: datetime) -> Path:
    """A fresh backup lies in the state folder, and no more than 14 with it."""
    folder = state / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / now.astimezone(UTC).strftime(_NAME)
    create_backup(state / database.FILE, target, now=now)
    for old in [path for path in list_backups(state) if path != target][: -(MAX_BACKUPS - 1)]:
        old.unlink(missing_ok=True)
    return target


def create_daily(state: Path, *, now: datetime) -> Path | None:
    """There is a backup of the last day; the new one, None where there was one already."""
    last = get_newest(state)
    # A clock that was ahead once must not keep backups from being made.
    if last is not None and abs(now - time_from_name(last)) < INTERVAL:
        return None
    return create_in_state(state, now=now) if (state / database.FILE).exists() else None


def list_backups(state: Path) -> list[Path]:
    """The backups of the state folder, oldest first."""
    paths = (state / FOLDER).glob("ledger-*Z.sqlite3")
    return sorted(path for path in paths if len(path.name) == len("ledger-20261123T080000Z.sqlite3"))


def get_newest(state: Path) -> Path | None:
    """The last backup that was made by itself, None where there is none."""
    return next(reversed(list_backups(state)), None)


def time_from_name(path: Path) -> datetime:
    """When a backup of the state folder was taken, by its name."""
    try:
        return datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def get_backup_time(path: Path) -> datetime:
    """What moment the copy knows of last. Raises LedgerError where it is no whole ledger of ours."""
    hint = _("name another: humaspost restore FILE")
    try:
        version = database.read_version(path)
    except UnsupportedLedgerError as error:
        raise UnsupportedLedgerError(path, hint) from error
    if version is None:
        raise LedgerError(_("{name} is no ledger").format(name=path.name), hint)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as copy:
            _verify(copy)
    except sqlite3.DatabaseError as error:
        raise LedgerError(f"{path.name}: {error}", hint) from error
    with database.open_readonly(path) as conn:
        return restore_gap.get_last_recorded_time(conn)
