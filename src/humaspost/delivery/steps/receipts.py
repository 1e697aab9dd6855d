"""Receipts on their way to disk, committed together in a few statements."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from humaspost.delivery.steps.bugs import is_bug
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import receipts
from humaspost.ledger.webhooks import message_events

#: Seconds between tries while the disk refuses; meanwhile the receipt stays in memory.
RETRY_DELAY = 0.5


@dataclass(slots=True)
class _PendingReceipt:
    receipt: receipts.PublishedReceipt
    committed: threading.Event = field(default_factory=threading.Event)
    bug: Exception | None = None


class ShuttingDown(OSError):
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
        """Commit the receipt to disk; call ``on_error`` each time that the disk refuses.

        Raises the bug where this very receipt cannot be recorded; the other receipts are.
        """
        pending = _PendingReceipt(receipt)
        with self._lock:
            is_leader = not self._pending
            self._pending.append(pending)
        while is_leader and not pending.committed.is_set():
            try:
                self._commit_batch(ledger, now, on_error)
            except Exception as error:
                on_error(error)
                self.pause()
        while not pending.committed.wait(RETRY_DELAY):
            self.pause(0.0)
        if pending.bug is not None:
            raise pending.bug

    def pause(self, seconds: float = RETRY_DELAY) -> None:
        """Wait ``seconds`` for the disk; raise ShuttingDown where the process ends."""
        if self.shutting_down.wait(seconds):
            raise ShuttingDown

    def _commit_batch(self, ledger: Ledger, now: datetime, on_error: Callable[[Exception], None]) -> None:
        batch: list[_PendingReceipt] = []

        def operation(conn: Connection) -> None:
            with self._lock:
                batch.extend(self._pending)
                self._pending.clear()
            _record(conn, batch=batch, now=now)

        try:
            ledger.committer.submit(operation, is_outcome=True).result()
        except Exception as error:
            if is_bug(error):
                self._commit_singly(ledger, batch, now, on_error)
                return
            # A failed transaction puts its receipts back, in their old order.
            with self._lock:
                self._pending[:0] = batch
            raise
        for item in batch:
            item.committed.set()

    def _commit_singly(
        self,
        ledger: Ledger,
        batch: list[_PendingReceipt],
        now: datetime,
        on_error: Callable[[Exception], None],
    ) -> None:
        """Commit each receipt in its own savepoint: one that cannot be recorded keeps no other back."""
        waiting = batch
        while waiting:
            futures = [
                ledger.committer.submit(partial(_record, batch=[item], now=now), is_outcome=True)
                for item in waiting
            ]
            errors = [future.exception() for future in futures]
            refused = [error is not None and not is_bug(error) for error in errors]
            for item, error, is_refused in zip(waiting, errors, refused, strict=True):
                if not is_refused:
                    item.bug = error if isinstance(error, Exception) else None
                    item.committed.set()
            refusal = next(
                (error for error in errors if isinstance(error, Exception) and not is_bug(error)), None
            )
            waiting = [item for item, is_refused in zip(waiting, refused, strict=True) if is_refused]
            if refusal is not None:
                on_error(refusal)
                self.pause()


def _record(conn: Connection, *, batch: list[_PendingReceipt], now: datetime) -> None:
    if batch:
        receipts.mark_published(conn, [item.receipt for item in batch], now=now, by_lookup=False)
        # A webhook may have been faster than our own record.
        message_events.apply_pending(conn, [item.receipt.receipt.remote_id for item in batch], now=now)
