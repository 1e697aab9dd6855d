"""Backups: complete copies of the ledger, made while it is in use."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from humaspost.base.files import make_folder, written_path
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
    """Copy the ledger to ``target`` with the time of the copy; writers do not wait.

    Raises LedgerError where the ledger is damaged, sqlite3.Error and OSError where it cannot be copied.
    """
    with (
        written_path(target) as draft,
        closing(sqlite3.connect(source, timeout=30)) as old,
        closing(sqlite3.connect(draft)) as new,
    ):
        old.backup(new)
        # One file, without the -wal and -shm files that would have to be copied with it.
        new.execute("PRAGMA journal_mode=DELETE")
        new.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", (restore_gap.BACKUP_TIME_KEY, now.isoformat())
        )
        # A backup that a user copies back manually, while a sender runs, must be detected too.
        new.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (copy_detection.KEY, "backup"))
        new.commit()
        _verify(new)


def _verify(connection: sqlite3.Connection) -> None:
    result = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if result != "ok":
        raise LedgerError(_("the ledger is damaged: {reason}").format(reason=result), "humaspost restore")


def create_in_state(state: Path, *, now: datetime) -> Path:
    """Create a backup in the state folder, and keep at most 14 backups there."""
    folder = state / FOLDER
    make_folder(folder)
    target = folder / now.astimezone(UTC).strftime(_NAME)
    create_backup(state / database.FILE, target, now=now)
    for old in [path for path in list_backups(state) if path != target][: -(MAX_BACKUPS - 1)]:
        old.unlink(missing_ok=True)
    return target


def create_daily(state: Path, *, now: datetime) -> Path | None:
    """Create a backup unless one of the last day exists; return the new one, or None."""
    last = get_newest(state)
    # A clock that was ahead once must not prevent backups.
    if last is not None and abs(now - time_from_name(last)) < INTERVAL:
        return None
    return create_in_state(state, now=now) if (state / database.FILE).exists() else None


def list_backups(state: Path) -> list[Path]:
    """Return the backups of the state folder, oldest first."""
    paths = (state / FOLDER).glob("ledger-*Z.sqlite3")
    return sorted(path for path in paths if len(path.name) == len("ledger-20261123T080000Z.sqlite3"))


def get_newest(state: Path) -> Path | None:
    """Return the newest automatic backup, or None."""
    return next(reversed(list_backups(state)), None)


def time_from_name(path: Path) -> datetime:
    """Return when a backup of the state folder was taken, from its name."""
    try:
        return datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def get_backup_time(path: Path) -> datetime:
    """Return the last time of which the copy has a full record.

    Raises LedgerError where the copy is not a complete ledger of humaspost.
    """
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
