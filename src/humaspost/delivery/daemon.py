"""The daemon: APScheduler wakes it for the folder, the looks and its own heartbeat; the lanes send."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from humaspost.delivery.engine import Engine
from humaspost.delivery.events import Happened, trouble
from humaspost.ledger import senders

T = TypeVar("T")
U = TypeVar("U")
#: Other processes' writes are seen within this.
WATCH = 0.25
NEVER = float("inf")
#: A folder that could not be read into the ledger (a full disk, say) is read again after this many seconds.
ANEW = 1.0
#: A wall clock that moved against the monotonic one by more is told, and everything looked at again.
JUMP = 60.0


@dataclass
class Daemon:
    """Runs until ``stop`` is set.

    ``scan`` reads the folder into the ledger, tells what it found, and answers in how many seconds it
    wants to look again at files that are still being written, None = no need.
    """

    engine: Engine
    folder: Path
    scan: Callable[[], float | None]
    stop: threading.Event
    rescan: timedelta = timedelta(seconds=10)
    housekeeping: timedelta = timedelta(hours=1)

    def run(self) -> int:
        """Sent what came due until it was stopped; how many writes were still in flight then."""
        # What a job meets is told by us, and one that takes longer than its turn leaves out the next.
        logging.getLogger("apscheduler").addHandler(logging.NullHandler())
        scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
        self._again = NEVER
        self._asked = threading.Event()
        self._asked.set()
        scheduler.add_job(self._asked.set, _Every(self.rescan), misfire_grace_time=None)
        scheduler.add_job(
            self._told, _Every(timedelta(seconds=1)), [self._look, None], misfire_grace_time=None
        )
        scheduler.add_job(
            self._told, _Every(timedelta(seconds=5)), [self._beat, None], misfire_grace_time=None
        )
        forget = [self.engine.forget_old_quota_uses, None]
        scheduler.add_job(self._told, _Every(self.housekeeping), forget, misfire_grace_time=None)
        watcher = threading.Thread(target=self._watch_folder, name="folder", daemon=True)
        self.engine.start()
        scheduler.start()
        watcher.start()
        try:
            self._loop(scheduler)
        finally:
            scheduler.shutdown(wait=False)
            left = self.engine.stop()
        return left

    def _loop(self, scheduler: BackgroundScheduler) -> None:
        """Every quarter second: did another process write, did the clock jump, is the folder to be read?"""
        sender = self.engine.sender
        written = sender.ledger.changes()
        clocks = _Clocks(sender.now())
        while not self.stop.wait(WATCH):
            moved = clocks.moved(sender.now())
            if abs(moved) > JUMP:
                sender.tell(Happened(sender.now(), "clock", detail=str(round(moved))))
                if moved < 0:
                    self._told(partial(self.engine.set_back, timedelta(seconds=-moved)), None)
                self._asked.set()
                for job in scheduler.get_jobs():
                    # Else what was to come in a second comes when the clock has caught up again.
                    job.modify(next_run_time=sender.now())
            if self._asked.is_set() or time.monotonic() >= self._again:
                self._asked.clear()
                self._scan()
            if written() or abs(moved) > JUMP:
                self.engine.wake()

    def _scan(self) -> None:
        """What was saved while the ledger could not be written is not left until the next round."""
        wanted = self._told(self.scan, ANEW)
        self._again = NEVER if wanted is None else time.monotonic() + wanted
        self.engine.wake()

    def _told(self, work: Callable[[], T], otherwise: U) -> T | U:
        """What it gives; ``otherwise``, and a line that says why, where it raised."""
        try:
            return work()
        except Exception as error:
            self.engine.sender.tell(Happened(self.engine.sender.now(), "problem", detail=trouble(error)))
            return otherwise

    def _look(self) -> None:
        self.engine.look()

    def _beat(self) -> None:
        sender = self.engine.sender
        now = sender.now()
        sender.ledger.committer.submit(lambda conn: senders.seen(conn, sender.owner, now=now)).result()

    def _watch_folder(self) -> None:
        """A saved file is looked at soon, and once more when it had time to settle."""
        from watchfiles import watch

        while not self.stop.is_set():
            if not self.folder.is_dir():
                self.stop.wait(1.0)
                continue
            for _changes in watch(self.folder, stop_event=self.stop, debounce=50, step=20, rust_timeout=1000):
                self._asked.set()


class _Every(BaseTrigger):
    """Every so often from now on. APScheduler's own counts each time that a clock jumped over, one by one."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """One interval after ``now``, however many were missed."""
        return now + self._interval


class _Clocks:
    """The wall clock against the monotonic one."""

    def __init__(self, wall: datetime) -> None:
        self._wall, self._mono = wall, time.monotonic()

    def moved(self, wall: datetime) -> float:
        """Seconds by which the wall clock moved more than time passed, since the last question."""
        mono = time.monotonic()
        moved = (wall - self._wall).total_seconds() - (mono - self._mono)
        self._wall, self._mono = wall, mono
        return moved
