"""The sender: the process that holds the lock, the last one that ran, and the pauses."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from humaspost.app.office import Office
from humaspost.delivery.sender_lock import is_held
from humaspost.ledger import senders
from humaspost.ledger.holds import pauses
from humaspost.model.sender_files import StaleFile
from humaspost.reports.sender_files import list_stale_files

#: A cron job that ran within this period is expected to run again.
CRON_INTERVAL = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ActivePause:
    """A pause that is in force."""

    reason: str
    since: datetime
    except_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SenderStatus:
    """The sender; ``is_running`` if a process holds the lock, ``command`` "" if none ever ran.

    ``stale_files`` are those whose newest version a running ``schedule`` does not use.
    """

    is_running: bool
    command: str = ""
    host: str = ""
    pid: int = 0
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    pauses: tuple[ActivePause, ...] = ()
    config_read_at: datetime | None = None
    stale_files: tuple[StaleFile, ...] = ()

    def is_cron(self, now: datetime) -> bool:
        """Return True if the last sender was ``run`` and is recent enough to be expected again."""
        return (
            self.command == "run"
            and self.heartbeat_at is not None
            and now - self.heartbeat_at < CRON_INTERVAL
        )

    def last_active(self, now: datetime) -> timedelta:
        """Return how long ago the last sender wrote its heartbeat."""
        return now - (self.heartbeat_at or now)


def sender_status(office: Office) -> SenderStatus:
    """Return the state of the lock, the last sender and the active pauses."""
    with office.ledger().read() as conn:
        row = senders.get_last_started(conn)
        active_pauses = tuple(
            ActivePause(p.reason, p.started_at, tuple(json.loads(p.except_types)))
            for p in pauses.list_active(conn)
        )
    running = is_held(office.settings.state)
    if row is None:
        return SenderStatus(running, pauses=active_pauses)
    stale_files: tuple[StaleFile, ...] = ()
    if running and row.command == "schedule":
        stale_files = list_stale_files(office, senders.files_from_row(row))
    return SenderStatus(
        running,
        row.command,
        row.host,
        row.pid,
        row.started_at,
        row.heartbeat_at,
        active_pauses,
        row.config_read_at,
        stale_files,
    )
