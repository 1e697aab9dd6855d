"""A sending process, as the ledger records it; the lock itself is in ``sender_lock``."""

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from humaspost.ledger import senders
from humaspost.ledger.database import Ledger

#: Seconds. A write in flight ends by itself after 25 s; a drain waits for that and a little more.
DRAIN_TIMEOUT = 28.0


@dataclass(frozen=True, slots=True)
class SenderProcess:
    """The process that sends; ``id`` is new at every start."""

    id: str
    command: str
    pid: int
    host: str


def current(command: str) -> SenderProcess:
    """Return this process with a new id."""
    return SenderProcess(uuid.uuid4().hex, command, os.getpid(), socket.gethostname())


@contextmanager
def register(ledger: Ledger, process: SenderProcess, *, now: datetime) -> Iterator[None]:
    """Record the sender's start in the ledger, and its stop at the end of the context."""
    ledger.write(
        lambda conn: senders.record_start(
            conn, process.id, command=process.command, pid=process.pid, host=process.host, now=now
        )
    )
    yield
    ledger.write(lambda conn: senders.record_stop(conn, process.id))
