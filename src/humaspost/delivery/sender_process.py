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
class Owner:
    """Who sends: ``id`` is fresh at every start."""

    id: str
    command: str
    pid: int
    host: str


def me(command: str) -> Owner:
    """This process, as a fresh owner."""
    return Owner(uuid.uuid4().hex, command, os.getpid(), socket.gethostname())


@contextmanager
def enrolled(ledger: Ledger, owner: Owner, *, now: datetime) -> Iterator[None]:
    """The ledger names this sender until it stops."""
    ledger.write(
        lambda conn: senders.start(
            conn, owner.id, command=owner.command, pid=owner.pid, host=owner.host, now=now
        )
    )
    yield
    ledger.write(lambda conn: senders.stop(conn, owner.id))
