"""A lock for one sender per state folder, which ends with its process.

Commands check it first, so this module imports nothing heavy.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from humaspost.base.files import lock_path, make_folder

if TYPE_CHECKING:
    from humaspost.ledger.file import LastSender

FILE = "sender.lock"
#: Seconds in which a command that only checks for a sender has released the lock.
LOCK_TIMEOUT = 0.25


class SenderBusy(Exception):
    """A refusal of the lock: another process sends for this office.

    ``for_change`` = the lock was for a change that no sender may work beside.
    """

    def __init__(self, *, for_change: bool = False) -> None:
        super().__init__()
        self.for_change = for_change


@contextmanager
def acquire_sender_lock(state: Path, *, for_change: bool = False) -> Iterator[None]:
    """Hold the lock of the state folder; raise SenderBusy where another process has it.

    The process that has the lock can acquire it again. ``for_change`` = it is for a change of the ledger, not
    for sending.
    """
    from filelock import FileLock, Timeout  # filelock loads asyncio, so it is imported only where it is used

    make_folder(state)
    file_lock = FileLock(lock_path(state / FILE), mode=0o600, is_singleton=True)
    try:
        file_lock.acquire(timeout=LOCK_TIMEOUT, poll_interval=0.02)
    except Timeout as error:
        raise SenderBusy(for_change=for_change) from error
    try:
        yield
    finally:
        file_lock.release()


def is_held(state: Path) -> bool:
    """Return True if a process sends right now.

    The check acquires and releases the lock, so call it rarely.
    """
    if not (state / FILE).exists():
        return False
    from filelock import FileLock, Timeout

    try:
        with FileLock(state / FILE, mode=0o600).acquire(timeout=0):
            return False
    except Timeout:
        return True


def read_owner(state: Path) -> "LastSender | None":
    """Return the process that holds the lock, or None if unknown."""
    from humaspost.ledger.file import FILE as LEDGER_FILE
    from humaspost.ledger.file import LastSender, read_last_sender
    from humaspost.ledger.lock import list_users

    for user in list_users(state):
        if user.command != "serve":
            return LastSender(user.pid, socket.gethostname(), user.since)
    # A sender that has only begun, or one of an earlier version.
    return read_last_sender(state / LEDGER_FILE)
