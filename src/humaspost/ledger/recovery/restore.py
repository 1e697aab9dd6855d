"""The restore of a backup, and the adoption of a copied ledger; both record the gap."""

import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, delete
from sqlalchemy.exc import SQLAlchemyError

from humaspost.base.files import make_folder, sync_folder
from humaspost.ledger import accounts, database, erasure
from humaspost.ledger.database import Ledger, LedgerError
from humaspost.ledger.deliveries import claims, restore_gap
from humaspost.ledger.people import forgotten
from humaspost.ledger.people.forgotten import ForgottenPerson
from humaspost.ledger.posts import post_stops
from humaspost.ledger.recovery import copy_detection
from humaspost.ledger.schema import delivery, preparation
from humaspost.model.decision import CheckRecipient

RESTORE_FOLDER = "restoring"
ARCHIVE_FOLDER = "aside"


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """The result of a restore.

    ``unknown_count`` deliveries were due and may have been sent after ``since``; ``archived_path`` is the
    ledger that was replaced.
    """

    since: datetime
    unknown_count: int
    archived_path: Path | None = None


def restore_backup(
    state: Path, source: Path, *, check_recipient: CheckRecipient, now: datetime
) -> RestoreResult:
    """Replace the ledger with a copy of ``source``; the caller holds both locks.

    A crash leaves the old ledger or the new one.
    """
    restore_folder = state / RESTORE_FOLDER
    shutil.rmtree(restore_folder, ignore_errors=True)
    make_folder(restore_folder)
    database.copy_ledger(source, restore_folder / database.FILE)
    ledger = database.open_ledger(restore_folder, now=now, create=False, upgrade=True)
    try:
        erase_forgotten(ledger, state)
        result, new_generation = _mark_restored(ledger, now, check_recipient)
    finally:
        ledger.close()
    database.checkpoint(restore_folder / database.FILE)
    copy_detection.add_accepted(state, new_generation)
    with _blocked_writers(state / database.FILE):
        archived_path = _archive_ledger(state, now)
        (restore_folder / database.FILE).replace(state / database.FILE)
        sync_folder(state)
    copy_detection.set_accepted(state, new_generation)
    shutil.rmtree(restore_folder, ignore_errors=True)
    return RestoreResult(result.since, result.unknown_count, archived_path)


def adopt_ledger(
    ledger: Ledger, state: Path, *, check_recipient: CheckRecipient, now: datetime
) -> RestoreResult:
    """Accept the present ledger for senders; the caller holds the sender's lock."""
    result, new_generation = _mark_restored(ledger, now, check_recipient)
    copy_detection.set_accepted(state, new_generation)
    return result


def _mark_restored(
    ledger: Ledger, now: datetime, check_recipient: CheckRecipient
) -> tuple[RestoreResult, str]:
    new_generation = uuid.uuid4().hex

    def operation(conn: Connection) -> RestoreResult:
        restored = restore_gap.start_restore_gap(conn, now=now)
        post_stops.release_held(conn, until=now)
        for row in accounts.list_accounts(conn):
            expand = partial(claims.expand_due, conn, row.id, check_recipient=check_recipient)
            while expand(until=now, now=now, for_restore=True):
                pass
        is_started = delivery.c.state.in_(("sending", "unknown"))
        count = restore_gap.mark_unknown(conn, restored, (delivery.c.due_at <= now) | is_started, now=now)
        # Containers and uploads may be used up by now: they are made again.
        conn.execute(delete(preparation))
        copy_detection.set_generation(conn, new_generation)
        return RestoreResult(restored.since, count)

    return ledger.write(operation), new_generation


def erase_forgotten(ledger: Ledger, state: Path) -> None:
    """Erase from the restored ledger whom the present one has forgotten since the backup."""
    key = forgotten.load_key(state)
    known: list[ForgottenPerson] = []
    # A damaged ledger, or one of an older schema, has nobody to tell of.
    with suppress(SQLAlchemyError, sqlite3.Error, LedgerError):
        if key is not None and database.read_version(state / database.FILE) is not None:
            with database.open_readonly(state / database.FILE) as conn:
                known = forgotten.list_forgotten(conn)
    if key is not None and known:
        ledger.write(lambda conn: erasure.erase_again(conn, known, key=key))


@contextmanager
def _blocked_writers(path: Path) -> Iterator[None]:
    """Let no other process commit to the ledger while it is replaced.

    A writer that waits meanwhile finds another file at the path, and commits nothing.
    """
    # Windows does not rename a file that is open; there nobody can have the old ledger open any more.
    if os.name != "posix" or not path.exists():
        yield
        return
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        with suppress(sqlite3.DatabaseError):  # too damaged for any writer
            connection.execute("BEGIN IMMEDIATE")
        yield


def _archive_ledger(state: Path, now: datetime) -> Path | None:
    """Move the old ledger to the archive folder; return its path, or None if there was none."""
    # Also the log of a ledger that was deleted: SQLite would apply it to the restored one.
    suffixes = [suffix for suffix in ("", "-wal", "-shm") if (state / f"{database.FILE}{suffix}").exists()]
    if not suffixes:
        return None
    folder = state / ARCHIVE_FOLDER
    make_folder(folder)
    target = folder / f"ledger-{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.sqlite3"
    # A ledger without its log looks like a complete, older ledger: the log is moved last.
    for suffix in suffixes:
        (state / f"{database.FILE}{suffix}").replace(target.with_name(target.name + suffix))
    sync_folder(folder)
    return target if "" in suffixes else None
