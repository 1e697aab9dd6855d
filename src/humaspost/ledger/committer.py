"""One thread commits for everybody: what waits at this moment shares one transaction and one fsync."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")
Work = Callable[[Connection], Any]
_Stop = None


class Committer:
    """Every ``submit`` is answered after the commit that holds it, or failed if that commit failed.

    No timers and no batch size: the fsync in progress is the timer. Each piece of work has its own
    savepoint, so one that raises takes nothing else with it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """The work's answer, once it is on disk."""
        future: Future[T] = Future()
        self._queue.put((work, future))
        return future

    def stop(self) -> None:
        """Everything submitted before is committed, and the thread has ended."""
        self._queue.put(_Stop)
        self._thread.join()

    def _run(self) -> None:
        running = True
        while running:
            batch, running = self._take()
            if batch:
                self._commit(batch)

    def _take(self) -> tuple[list[tuple[Work, Future[Any]]], bool]:
        first = self._queue.get()
        batch: list[tuple[Work, Future[Any]]] = []
        item: tuple[Work, Future[Any]] | None = first
        while item is not _Stop:
            batch.append(item)
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[tuple[Work, Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self._engine.begin() as connection:
                for work, future in batch:
                    self._one(connection, work, future, done)
        except BaseException as error:
            # A commit that failed fails every waiting sender: nothing hangs, nothing is assumed.
            for _work, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for future, answer in done:
            future.set_result(answer)

    @staticmethod
    def _one(
        connection: Connection, work: Work, future: Future[Any], done: list[tuple[Future[Any], Any]]
    ) -> None:
        savepoint = connection.begin_nested()
        try:
            answer = work(connection)
            savepoint.commit()
        except BaseException as error:
            if not _in_transaction(connection):
                # SQLite took everything back (disk full, I/O error): what came before is lost with it.
                raise
            savepoint.rollback()
            future.set_exception(error)
        else:
            done.append((future, answer))


def _in_transaction(connection: Connection) -> bool:
    """Whether SQLite itself still has the transaction open; it ends one by itself when a write cannot be."""
    return bool(getattr(connection.connection.dbapi_connection, "in_transaction", True))
