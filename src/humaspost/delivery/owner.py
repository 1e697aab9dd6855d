"""One sender per state folder: a lock that dies with its process, and a row that says who it is."""

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from humaspost.ledger import senders
from humaspost.ledger.store import Ledger

FILE = "sender.lock"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who sends: ``id`` is fresh at every start."""

    id: str
    command: str
    pid: int
    host: str


class Busy(Exception):
    """Another process sends for this office."""


def me(command: str) -> Owner:
    """This process, as a fresh owner."""
    return Owner(uuid.uuid4().hex, command, os.getpid(), socket.gethostname())


@contextmanager
def lock(state: Path) -> Iterator[None]:
    """This process is the only sender of the state folder; raises Busy at once where it is not."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = FileLock(state / FILE, mode=0o600)
    try:
        held.acquire(timeout=0)
    except Timeout as error:
        raise Busy from error
    try:
        yield
    finally:
        held.release()


def is_held(state: Path) -> bool:
    """Whether some process sends right now; takes and leaves the lock, so ask rarely."""
    if not (state / FILE).exists():
        return False
    try:
        with FileLock(state / FILE, mode=0o600).acquire(timeout=0):
            return False
    except Timeout:
        return True


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
