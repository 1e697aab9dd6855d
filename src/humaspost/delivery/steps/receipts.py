"""Receipts on their way to disk, committed together in a few statements."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import receipts
from humaspost.ledger.webhooks import message_events

#: Seconds between tries while the disk refuses; meanwhile the receipt stays in memory.
RETRY_DELAY = 0.5


@dataclass(slots=True)
class _PendingReceipt:
    receipt: receipts.PublishedReceipt
    committed: threading.Event = field(default_factory=threading.Event)


class ShuttingDown(Exception):
    """The end of the process while the disk still refuses writes.

    Receipts that are not on disk become unknown outcomes.
    """


class ReceiptQueue:
    """A queue of receipts; ``commit`` returns when the receipt is on disk.

    None is dropped before ``shutting_down`` is set.
    """

    def __init__(self) -> None:
        self.shutting_down = threading.Event()
        self._pending: list[_PendingReceipt] = []
        self._lock = threading.Lock()

    def commit(
        self,
        ledger: Ledger,
        receipt: receipts.PublishedReceipt,
        *,
        now: datetime,
        on_error: Callable[[Exception], None],
    ) -> None:
        """Commit the receipt to disk; call ``on_error`` each time that the disk refuses."""
        pending = _PendingReceipt(receipt)
        with self._lock:
            is_leader = not self._pending
            self._pending.append(pending)
        while is_leader and not pending.committed.is_set():
            try:
                self._commit_batch(ledger, now)
            except Exception as error:
                on_error(error)
                self.pause()
        while not pending.committed.wait(RETRY_DELAY):
            self.pause(0.0)

    def pause(self, seconds: float = RETRY_DELAY) -> None:
        """Wait ``seconds`` for the disk; raise ShuttingDown where the process ends."""
        if self.shutting_down.wait(seconds):
            raise ShuttingDown

    def _commit_batch(self, ledger: Ledger, now: datetime) -> None:
        batch: list[_PendingReceipt] = []

        def operation(conn: Connection) -> None:
            with self._lock:
                batch.extend(self._pending)
                self._pending.clear()
            if batch:
                receipts.mark_published(conn, [item.receipt for item in batch], now=now, by_lookup=False)
                # A webhook may have been faster than our own record.
                message_events.apply_pending(
                    conn, [item.receipt.receipt.remote_id for item in batch], now=now
                )

        try:
            ledger.committer.submit(operation, is_outcome=True).result()
        except Exception:
            # A failed transaction puts its receipts back, in their old order.
            with self._lock:
                self._pending[:0] = batch
            raise
        for item in batch:
            item.committed.set()
