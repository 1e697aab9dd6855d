"""One thread that commits for all: waiting operations share one transaction and one fsync."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

from humaspost.ledger import dialect

T = TypeVar("T")
Operation = Callable[[Connection], Any]
_STOP = None


class _Item(NamedTuple):
    """An operation that waits for its transaction; ``future`` gets its answer."""

    operation: Operation
    future: Future[Any]
    is_outcome: bool


class Committer:
    """A thread that commits operations and answers each ``submit`` after its commit.

    A future fails where its commit failed. There are no timers and no batch size: the fsync in progress is
    the timer. Each operation has its own savepoint, so one that raises does not affect the others.
    ``find_replacement`` returns the error that refuses everything but outcomes, or None.
    """

    def __init__(self, engine: Engine, find_replacement: Callable[[], Exception | None]) -> None:
        self._engine = engine
        self._find_replacement = find_replacement
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(self, operation: Callable[[Connection], T], *, is_outcome: bool = False) -> "Future[T]":
        """Queue the operation and return a future that has its answer once it is on disk.

        An outcome is written even into a ledger that was replaced, as that one has its intent.
        """
        future: Future[T] = Future()
        self._queue.put(_Item(operation, future, is_outcome))
        return future

    def stop(self) -> None:
        """Commit everything submitted before, and end the thread."""
        self._queue.put(_STOP)
        self._thread.join()

    def _run(self) -> None:
        running = True
        while running:
            batch, running = self._next_batch()
            if batch:
                self._commit(batch)

    def _next_batch(self) -> tuple[list[_Item], bool]:
        first = self._queue.get()
        batch: list[_Item] = []
        item: _Item | None = first
        while item is not _STOP:
            batch.append(item)
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[_Item]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self._engine.begin() as connection:
                # Within the transaction: `restore` holds the write lock while it replaces the file.
                replaced = self._find_replacement()
                for item in batch:
                    if replaced is not None and not item.is_outcome:
                        item.future.set_exception(replaced)
                    else:
                        self._execute(connection, item.operation, item.future, done)
        except BaseException as error:
            # A failed commit fails every waiting sender: none hangs, and none assumes success.
            for item in batch:
                if not item.future.done():
                    item.future.set_exception(error)
            return
        for future, answer in done:
            future.set_result(answer)

    @staticmethod
    def _execute(
        connection: Connection, operation: Operation, future: Future[Any], done: list[tuple[Future[Any], Any]]
    ) -> None:
        savepoint = connection.begin_nested()
        try:
            answer = operation(connection)
            savepoint.commit()
        except BaseException as error:
            if not dialect.in_transaction(connection):
                # The database rolled back the whole transaction (disk full, I/O error), earlier operations included.
                raise
            savepoint.rollback()
            future.set_exception(error)
        else:
            done.append((future, answer))
