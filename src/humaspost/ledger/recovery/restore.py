"""A backup takes the ledger's place, or a copy is taken up as it is; either way its gap is owned up to."""

import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, delete

from humaspost.base.files import sync_folder
from humaspost.ledger import accounts, database
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import claims, restore_gap
from humaspost.ledger.recovery import copy_detection
from humaspost.ledger.schema import delivery, preparation

FOLDER = "restoring"
ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Restored:
    """``doubted`` deliveries were due and may have been sent since; ``aside`` is the ledger that was there."""

    since: datetime
    doubted: int
    aside: Path | None = None


def put_back(state: Path, source: Path, *, now: datetime) -> Restored:
    """A copy of ``source`` is the ledger. Hold the sender's lock; a crash leaves the old one or the new one."""
    work = state / FOLDER
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700, parents=True)
    database.copy(source, work / database.FILE)
    ledger = database.open_ledger(work, now=now, create=False, upgrade=True)
    try:
        found, fresh = _take_up(ledger, now)
    finally:
        ledger.close()
    database.merge(work / database.FILE)
    copy_detection.accept_also(state, fresh)
    aside = _set_aside(state, now)
    (work / database.FILE).replace(state / database.FILE)
    sync_folder(state)
    copy_detection.accept_only(state, fresh)
    shutil.rmtree(work, ignore_errors=True)
    return Restored(found.since, found.doubted, aside)


def adopt(ledger: Ledger, state: Path, *, now: datetime) -> Restored:
    """The ledger that lies there is the one that senders start on. Hold the sender's lock."""
    found, fresh = _take_up(ledger, now)
    copy_detection.accept_only(state, fresh)
    return found


def _take_up(ledger: Ledger, now: datetime) -> tuple[Restored, str]:
    fresh = uuid.uuid4().hex

    def work(conn: Connection) -> Restored:
        here = restore_gap.begin(conn, now=now)
        for row in accounts.every(conn):
            while claims.expand(conn, row.id, until=now, now=now):
                pass
        begun = delivery.c.state.in_(("sending", "unknown"))
        count = restore_gap.doubt(conn, here, (delivery.c.due_at <= now) | begun, now=now)
        # Containers and uploads may be spent by now: they are made again.
        conn.execute(delete(preparation))
        copy_detection.put(conn, fresh)
        return Restored(here.since, count)

    return ledger.write(work), fresh


def _set_aside(state: Path, now: datetime) -> Path | None:
    """What was the ledger is kept; None where there was none."""
    if not (state / database.FILE).exists():
        return None
    folder = state / ASIDE
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"ledger-{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.sqlite3"
    # Without its log a ledger would be an older one that nobody notices: the log goes last.
    for end in ("", "-wal", "-shm"):
        part = state / f"{database.FILE}{end}"
        if part.exists():
            part.replace(target.with_name(target.name + end))
    sync_folder(folder)
    return target
