"""One sender per state folder: a lock that dies with its process. Asked first, so it imports nothing heavy."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from humaspost.ledger.file import LastSender

FILE = "sender.lock"
#: Seconds in which a command that only asks who sends has let go again.
LOCK_TIMEOUT = 0.25


class SenderBusy(Exception):
    """Another process sends for this office."""


@contextmanager
def acquire_sender_lock(state: Path) -> Iterator[None]:
    """This process is the only sender of the state folder, however often it says so; raises SenderBusy where it is not."""
    from filelock import FileLock, Timeout  # it loads asyncio: only where there is a sender

    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    file_lock = FileLock(state / FILE, mode=0o600, is_singleton=True)
    try:
        file_lock.acquire(timeout=LOCK_TIMEOUT, poll_interval=0.02)
    except Timeout as error:
        raise SenderBusy from error
    try:
        yield
    finally:
        file_lock.release()


def is_held(state: Path) -> bool:
    """Whether some process sends right now; takes and leaves the lock, so ask rarely."""
    if not (state / FILE).exists():
        return False
    from filelock import FileLock, Timeout

    try:
        with FileLock(state / FILE, mode=0o600).acquire(timeout=0):
            return False
    except Timeout:
        return True


def read_owner(state: Path) -> "LastSender | None":
    """Return the sender that holds the lock, as the ledger names it; None where it cannot be known."""
    from humaspost.ledger.file import FILE as LEDGER_FILE
    from humaspost.ledger.file import read_last_sender

    return read_last_sender(state / LEDGER_FILE)
