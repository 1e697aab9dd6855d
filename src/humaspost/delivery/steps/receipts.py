"""Receipts on their way to disk: whoever comes first takes all that wait along, in a few statements."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import outcomes
from humaspost.ledger.webhooks import message_events

#: Between tries while the disk refuses; meanwhile the receipt stays in memory.
PATIENCE = 0.5


@dataclass(slots=True)
class _Waiting:
    receipt: outcomes.Published
    committed: threading.Event = field(default_factory=threading.Event)


class GivenUp(Exception):
    """The process ends and the disk still refuses: what is not on disk will be an unknown outcome."""


class Receipts:
    """``keep`` returns when the receipt is on disk; none is dropped before ``give_up``."""

    def __init__(self) -> None:
        self.given_up = threading.Event()
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()

    def keep(
        self,
        ledger: Ledger,
        receipt: outcomes.Published,
        *,
        now: datetime,
        failed: Callable[[Exception], None],
    ) -> None:
        """The receipt is on disk; ``failed`` is told each time that the disk refused."""
        mine = _Waiting(receipt)
        with self._lock:
            leads = not self._waiting
            self._waiting.append(mine)
        while leads and not mine.committed.is_set():
            try:
                self._lead(ledger, now)
            except Exception as error:
                failed(error)
                self.pause()
        while not mine.committed.wait(PATIENCE):
            self.pause(0.0)

    def pause(self, seconds: float = PATIENCE) -> None:
        """The disk has had ``seconds`` to recover; raises GivenUp where nobody waits for it any more."""
        if self.given_up.wait(seconds):
            raise GivenUp

    def _lead(self, ledger: Ledger, now: datetime) -> None:
        taken: list[_Waiting] = []

        def work(conn: Connection) -> None:
            with self._lock:
                taken.extend(self._waiting)
                self._waiting.clear()
            if taken:
                outcomes.publish(conn, [item.receipt for item in taken], now=now, found=False)
                # A webhook may have been faster than our own record.
                message_events.catch_up(conn, [item.receipt.receipt.remote_id for item in taken], now=now)

        try:
            ledger.committer.submit(work).result()
        except Exception:
            # A transaction that failed gives back what it took, in its old order.
            with self._lock:
                self._waiting[:0] = taken
            raise
        for item in taken:
            item.committed.set()
