"""The daemon: timers for the folder, lookups and the heartbeat, while the workers send."""

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
from humaspost.delivery.events import DeliveryEvent, describe_error
from humaspost.ledger import senders
from humaspost.ledger.errors import LedgerReplacedError
from humaspost.model.event_kind import EventKind

T = TypeVar("T")
U = TypeVar("U")
#: Seconds in which writes of other processes are noticed.
WATCH_INTERVAL = 0.25
NEVER = float("inf")
#: Seconds until the next scan after one that could not be written to the ledger (a full disk, say).
SCAN_RETRY_DELAY = 1.0
#: Seconds. A larger move of the wall clock against the monotonic one is reported, and everything is checked again.
MAX_CLOCK_JUMP = 60.0


@dataclass(frozen=True, slots=True)
class FileChanges:
    """Changes of files that decide: they require a scan, or the engine that ``reopen`` returns.

    ``reopen`` returns None where the former engine goes on.
    """

    is_scan_due: bool = False
    reopen: Callable[[], Engine | None] | None = None


@dataclass
class Daemon:
    """A process that sends until ``stop`` is set.

    ``folder`` returns the posts folder. ``scan`` reads it into the ledger and reports what it found. It returns in how
    many seconds files that are still being written must be scanned again, or None. ``check_files`` compares the other
    files that decide. ``tidy`` deletes what is too old.
    """

    engine: Engine
    folder: Callable[[], Path]
    scan: Callable[[], float | None]
    stop: threading.Event
    check_files: Callable[[], FileChanges] = FileChanges
    rescan: timedelta = timedelta(seconds=10)
    housekeeping: timedelta = timedelta(hours=1)
    tidy: Callable[[], None] = lambda: None

    def run(self) -> int:
        """Send due posts until stopped; return how many writes were still in flight then.

        Raises LedgerReplacedError where the ledger was moved or replaced meanwhile.
        """
        # We report the errors of jobs ourselves. A job that runs longer than its interval skips the next run.
        logging.getLogger("apscheduler").addHandler(logging.NullHandler())
        scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
        # Measured from the start: a clock that is corrected while the engine starts has jumped too.
        self._clock_drift = _ClockDrift(self.engine.sender.now())
        self._next_scan_at = NEVER
        self._engine_lock = threading.Lock()
        self._is_engine_stopped = False
        self._scan_requested = threading.Event()
        self._scan_requested.set()
        scheduler.add_job(self._scan_requested.set, _IntervalTrigger(self.rescan), misfire_grace_time=None)
        scheduler.add_job(
            self._guard,
            _IntervalTrigger(timedelta(seconds=1)),
            [self._check_unknown, None],
            misfire_grace_time=None,
        )
        scheduler.add_job(
            self._guard,
            _IntervalTrigger(timedelta(seconds=5)),
            [self._record_heartbeat, None],
            misfire_grace_time=None,
        )
        scheduler.add_job(
            self._guard,
            _IntervalTrigger(self.housekeeping),
            [lambda: self.engine.forget_old_quota_uses(), None],
            misfire_grace_time=None,
        )
        scheduler.add_job(
            self._guard, _IntervalTrigger(self.housekeeping), [self.tidy, None], misfire_grace_time=None
        )
        watcher = threading.Thread(target=self._watch_folder, name="folder", daemon=True)
        self.engine.start()
        scheduler.start()
        watcher.start()
        try:
            self._loop(scheduler)
        finally:
            scheduler.shutdown(wait=False)
            in_flight = self.engine.stop()
            # A write that a former engine could not end must not keep the process alive either.
            self.engine.sender.receipts.shutting_down.set()
        return in_flight

    def _loop(self, scheduler: BackgroundScheduler) -> None:
        """Check every quarter second for other processes' writes, clock jumps and changed files."""
        sender = self.engine.sender
        has_changed = sender.ledger.watch_changes()
        while not self.stop.wait(WATCH_INTERVAL):
            sender.ledger.check_path()
            jump = self._clock_drift.measure(sender.now())
            if abs(jump) > MAX_CLOCK_JUMP:
                sender.emit(DeliveryEvent(sender.now(), EventKind.CLOCK, detail=str(round(jump))))
                if jump < 0:
                    self._guard(partial(self.engine.shift_clock, timedelta(seconds=-jump)), None)
                self._scan_requested.set()
                for job in scheduler.get_jobs():
                    # Otherwise a job that is due in a second runs only when the clock has caught up.
                    job.modify(next_run_time=sender.now())
            self._follow_files(self._guard(self.check_files, FileChanges()))
            if self._is_scan_due():
                self._scan_requested.clear()
                self._run_scan()
            if has_changed() or abs(jump) > MAX_CLOCK_JUMP:
                self.engine.wake()

    def _follow_files(self, changes: FileChanges) -> None:
        """Scan, or replace the engine between two turns; the former one goes on if that fails."""
        if changes.reopen is not None:
            with self._engine_lock:  # a lookup uses the sessions of the former engine
                self.engine.stop(is_final=False)
                self.engine = self._guard(changes.reopen, None) or self.engine
            self._is_engine_stopped = True
        if self._is_engine_stopped and not self.stop.is_set():
            # A full disk must not end the daemon: it starts as soon as the ledger can be written.
            self._is_engine_stopped = self._guard(self.engine.start, None) is None
        if changes.reopen is not None or changes.is_scan_due:
            self._scan_requested.set()

    def _is_scan_due(self) -> bool:
        """Return True if the folder, a timer or the gate asks for a scan."""
        gate_request = self.engine.sender.rescan_requested
        if gate_request.is_set():
            gate_request.clear()
            return True
        return self._scan_requested.is_set() or time.monotonic() >= self._next_scan_at

    def _run_scan(self) -> None:
        """Scan the folder; after a failure scan again soon, not only at the next interval."""
        rescan_delay = self._guard(self.scan, SCAN_RETRY_DELAY)
        self._next_scan_at = NEVER if rescan_delay is None else time.monotonic() + rescan_delay
        self.engine.wake()

    def _guard(self, action: Callable[[], T], default: U) -> T | U:
        """Return the result of the action, or ``default`` after an event that reports its error."""
        try:
            return action()
        except LedgerReplacedError:
            return default  # the loop ends the process with it
        except Exception as error:
            self.engine.sender.emit(
                DeliveryEvent(self.engine.sender.now(), EventKind.PROBLEM, detail=describe_error(error))
            )
            return default

    def _check_unknown(self) -> None:
        with self._engine_lock:
            self.engine.check_unknown()

    def _record_heartbeat(self) -> None:
        sender = self.engine.sender
        now = sender.now()
        sender.ledger.committer.submit(
            lambda conn: senders.record_heartbeat(conn, sender.owner, now=now)
        ).result()

    def _watch_folder(self) -> None:
        """Request a scan soon after each change in the folder."""
        from watchfiles import watch

        while not self.stop.is_set():
            folder = self.folder()
            if not folder.is_dir():
                self.stop.wait(1.0)
                continue
            for changes in watch(
                folder,
                stop_event=self.stop,
                debounce=50,
                step=20,
                rust_timeout=1000,
                yield_on_timeout=True,
            ):
                if changes:
                    self._scan_requested.set()
                if self.folder() != folder:
                    break


class _IntervalTrigger(BaseTrigger):
    """A trigger at a fixed interval from now.

    APScheduler's own trigger counts each run that a clock jump skipped, one by one.
    """

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """Return one interval after ``now``, however many runs were missed."""
        return now + self._interval


class _ClockDrift:
    """The drift of the wall clock against the monotonic clock."""

    def __init__(self, wall_time: datetime) -> None:
        self._wall_time, self._monotonic_time = wall_time, time.monotonic()

    def measure(self, wall_time: datetime) -> float:
        """Return the seconds that the wall clock moved beyond elapsed time since the last call."""
        monotonic_time = time.monotonic()
        drift = (wall_time - self._wall_time).total_seconds() - (monotonic_time - self._monotonic_time)
        self._wall_time, self._monotonic_time = wall_time, monotonic_time
        return drift
