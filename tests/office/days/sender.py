"""A running ``schedule`` whose turns a test takes one by one: nothing waits for a timer, and nothing sleeps."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta

from humaspost.app import verbs
from humaspost.app.deciding_files import DecidingFiles
from humaspost.app.folder.sync import create_rescan
from humaspost.app.office import Office
from humaspost.delivery.daemon import Daemon
from tests.support.deadlines import SECOND

#: A scan, and another one where the gate found a file that is not what was read.
MAX_SCANS = 4
THREAD = "schedule"


class Turns(threading.Event):
    """The daemon's event for its end: it waits there between two turns, until a test grants the next."""

    def __init__(self) -> None:
        super().__init__()
        self._change = threading.Condition()
        self._is_waiting = self._is_granted = self._is_free = False

    def wait(self, timeout: float | None = None) -> bool:
        """Return whether the daemon must end, once it may take its next turn."""
        if threading.current_thread().name != THREAD:
            return super().wait(timeout)
        with self._change:
            self._is_waiting = True
            self._change.notify_all()
            if self._is_free:
                self._change.wait(0.02)
            self._change.wait_for(lambda: self._is_granted or self._is_free or self.is_set())
            self._is_waiting = self._is_granted = False
        return self.is_set()

    def take_one(self) -> None:
        """Let the daemon take one turn, and return when it is over."""
        with self._change:
            self._await()
            self._is_granted, self._is_waiting = True, False
            self._change.notify_all()
            self._await()

    def set(self) -> None:
        """Let the daemon end."""
        with self._change:
            super().set()
            self._change.notify_all()

    @contextmanager
    def freely(self) -> Iterator[None]:
        """Let the daemon take turns by itself."""
        with self._change:
            self._is_free = True
            self._change.notify_all()
        try:
            yield
        finally:
            with self._change:
                self._is_free = False
                self._await()

    def _await(self) -> None:
        assert self._change.wait_for(lambda: self._is_waiting, 30 * SECOND), "a turn does not end"


class Sender:
    """What ``schedule`` does, wired the same way, with turns that a test takes."""

    def __init__(self, office: Office) -> None:
        self._office, self._turns, self._stack = office, Turns(), ExitStack()
        files = DecidingFiles(office)
        engine = self._stack.enter_context(verbs._running_engine(office, "schedule"))
        files.attach(engine)
        scan = create_rescan(office, files.record)
        self._daemon = Daemon(
            engine, lambda: office.settings.posts, scan, self._turns, check_files=files.check
        )
        self._thread = threading.Thread(target=self._daemon.run, name=THREAD, daemon=True)
        self._thread.start()

    def turn(self) -> None:
        """Look at every file, and send what is due."""
        self._daemon.engine.sender.rescan_requested.set()
        for _scan in range(MAX_SCANS):
            # A file that changed is read once two turns found it the same.
            self._turns.take_one()
            self._turns.take_one()
            engine = self._daemon.engine
            engine.drain(idle_for=timedelta(seconds=0.5), deadline=20 * SECOND)
            if not (engine.sender.rescan_requested.is_set() or self._office.reader.unsettled):
                return

    def freely(self) -> AbstractContextManager[None]:
        """Let it take turns by itself while another command waits for it."""
        return self._turns.freely()

    def stop(self) -> None:
        """End it, as SIGTERM does."""
        self._turns.set()
        self._thread.join(timeout=30 * SECOND)
        assert not self._thread.is_alive(), "the sender does not end"
        self._stack.close()
        self._office.close()
