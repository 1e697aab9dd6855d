"""Backups of the office's ledger, and how to restore them."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from humaspost.app.office import Office
from humaspost.base.i18n import _
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.sender_lock import acquire_sender_lock
from humaspost.ledger import database, lock
from humaspost.ledger.database import LedgerError
from humaspost.ledger.recovery import backup, copy_detection, restore
from humaspost.ledger.recovery.restore import RestoreResult
from humaspost.model.event_kind import EventKind
from humaspost.policy.eligibility import check_recipient

#: Time to wait after a failed daily backup before the next try.
RETRY_DELAY = timedelta(hours=1)


def create_backup(office: Office, target: Path | None) -> Path:
    """Write a complete copy of the ledger to ``target``; the default is the state folder.

    Raises LedgerError if there is no ledger, or ``target`` is another kind of file.
    """
    state = office.settings.state
    # Raises LedgerError for a ledger that cannot be used: a copy of it would not help.
    if database.read_version(state / database.FILE) is None:
        raise LedgerError(_("there is no ledger yet, so there is nothing to back up"), "humaspost run")
    if target is None:
        return backup.create_in_state(state, now=office.now())
    if target.resolve() == (state / database.FILE).resolve():
        raise LedgerError(_("that is the ledger itself"), _("name another file: humaspost backup FILE"))
    if target.exists() and not _is_ledger(target):
        # Only an older backup is overwritten: a mistyped name must not destroy a post.
        message = _("{name} is there already, and is no backup").format(name=target)
        raise LedgerError(message, _("name another file: humaspost backup FILE"))
    backup.create_backup(state / database.FILE, target, now=office.now())
    return target


def _is_ledger(path: Path) -> bool:
    try:
        return database.read_version(path) is not None
    except LedgerError:
        return False


def create_daily_job(office: Office) -> Callable[[], None]:
    """Return a function that makes the backup of the day.

    A failed backup is reported as an event and stops nothing.
    """
    failed: list[datetime] = []

    def run_job() -> None:
        now = office.now()
        if failed and abs(now - failed[-1]) < RETRY_DELAY:
            return
        try:
            backup.create_daily(office.settings.state, now=now)
        except (OSError, sqlite3.Error, LedgerError) as error:
            failed[:] = [now]
            office.emit(
                DeliveryEvent(now, EventKind.PROBLEM, detail=_("no backup: {reason}").format(reason=error))
            )

    return run_job


def get_restore_point(office: Office, source: Path | None, *, adopt: bool) -> tuple[Path | None, datetime]:
    """Return the backup to restore, and the last time that it has a record of.

    With ``adopt`` the path is None: the ledger itself is restored. Raises LedgerError if there is no
    backup, or the ledger is damaged.
    """
    state = office.settings.state
    if adopt:
        ledger = office.ledger(write=True)
        database.check_integrity(ledger)
        return None, backup.get_backup_time(state / database.FILE)
    source_path = source or backup.get_newest(state)
    if source_path is None:
        raise LedgerError(
            _("there is no backup in {folder}").format(folder=state / backup.FOLDER), _file_hint()
        )
    if not source_path.is_file():
        raise LedgerError(_("{name} is not there").format(name=source_path), _file_hint())
    if source_path.resolve() == (state / database.FILE).resolve():
        hint = _("to take it up as it is: humaspost restore --adopt")
        raise LedgerError(_("that is the ledger itself"), hint)
    return source_path, backup.get_backup_time(source_path)


def _file_hint() -> str:
    return _("name one: humaspost restore FILE")


def check_unused(office: Office) -> None:
    """Raise SenderBusy or LedgerInUseError where the ledger cannot be replaced now."""
    state = office.settings.state
    with acquire_sender_lock(state, for_change=True), lock.acquire_exclusive(state, "restore"):
        pass


def restore_backup(office: Office, source: Path | None) -> RestoreResult:
    """Replace the ledger with ``source``; with None, adopt the ledger that is there.

    Deliveries that were due since then become unknown. Raises SenderBusy while a sender runs, and
    LedgerInUseError while another process uses the ledger.
    """
    state = office.settings.state
    with acquire_sender_lock(state, for_change=True), lock.acquire_exclusive(state, "restore"):
        if source is None:
            return restore.adopt_ledger(
                office.ledger(write=True, upgrade=True),
                state,
                check_recipient=check_recipient,
                now=office.now(),
            )
        office.close()
        return restore.restore_backup(state, source, check_recipient=check_recipient, now=office.now())


def verify(office: Office) -> None:
    """Check that the ledger is complete and not an old copy; start its next generation.

    Raises LedgerError. The caller must hold the sender lock.
    """
    ledger = office.ledger(write=True, upgrade=True)
    database.check_integrity(ledger)
    copy_detection.start_generation(ledger, office.settings.state)


def finish(office: Office) -> None:
    """Start a new generation, so that a copy made while this sender ran is recognized."""
    # If the disk refuses, such a copy might be accepted as the ledger. A sender that ends must not fail.
    with suppress(OSError, DBAPIError):
        copy_detection.start_generation(office.ledger(write=True), office.settings.state)
