"""A process that sends, named in the ledger while it does; the lock itself is in ``lock``."""

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from humaspost.ledger import senders
from humaspost.ledger.database import Ledger


@dataclass(frozen=True, slots=True)
class SenderProcess:
    """Who sends: ``id`` is fresh at every start."""

    id: str
    command: str
    pid: int
    host: str


def current(command: str) -> SenderProcess:
    """This process, as a fresh owner."""
    return SenderProcess(uuid.uuid4().hex, command, os.getpid(), socket.gethostname())


@contextmanager
def register(ledger: Ledger, process: SenderProcess, *, now: datetime) -> Iterator[None]:
    """The ledger names this sender until it stops."""
    ledger.write(
        lambda conn: senders.record_start(
            conn, process.id, command=process.command, pid=process.pid, host=process.host, now=now
        )
    )
    yield
    ledger.write(lambda conn: senders.record_stop(conn, process.id))
