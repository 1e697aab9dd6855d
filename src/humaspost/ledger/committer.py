"""One thread commits for everybody: what waits at this moment shares one transaction and one fsync."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from humaspost.ledger import dialect

T = TypeVar("T")
Operation = Callable[[Connection], Any]
_STOP = None


class Committer:
    """Every ``submit`` is answered after the commit that holds it, or failed if that commit failed.

    No timers and no batch size: the fsync in progress is the timer. Each piece of work has its own
    savepoint, so one that raises takes nothing else with it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: queue.SimpleQueue[tuple[Operation, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(self, operation: Callable[[Connection], T]) -> "Future[T]":
        """The work's answer, once it is on disk."""
        future: Future[T] = Future()
        self._queue.put((operation, future))
        return future

    def stop(self) -> None:
        """Everything submitted before is committed, and the thread has ended."""
        self._queue.put(_STOP)
        self._thread.join()

    def _run(self) -> None:
        running = True
        while running:
            batch, running = self._next_batch()
            if batch:
                self._commit(batch)

    def _next_batch(self) -> tuple[list[tuple[Operation, Future[Any]]], bool]:
        first = self._queue.get()
        batch: list[tuple[Operation, Future[Any]]] = []
        item: tuple[Operation, Future[Any]] | None = first
        while item is not _STOP:
            batch.append(item)
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[tuple[Operation, Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self._engine.begin() as connection:
                for operation, future in batch:
                    self._execute(connection, operation, future, done)
        except BaseException as error:
            # A commit that failed fails every waiting sender: nothing hangs, nothing is assumed.
            for _operation, future in batch:
                if not future.done():
                    future.set_exception(error)
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
                # The database took everything back (disk full, I/O error): what came before is lost with it.
                raise
            savepoint.rollback()
            future.set_exception(error)
        else:
            done.append((future, answer))
