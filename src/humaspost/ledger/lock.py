"""The lock of the ledger: shared by its long users, exclusive for a restore or a migration.

Made of exclusive file locks alone, as Windows has no other (docs/adr/0019): each user of the ledger holds a file of its
own in ``in-use``, named after it; who takes the ledger for itself holds ``ledger.lock`` and waits until no such file is
held. The system releases the locks of a process that dies.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from humaspost.base.files import lock_path, make_folder
from humaspost.base.i18n import _
from humaspost.ledger.errors import LedgerError

FILE = "ledger.lock"
FOLDER = "in-use"
#: Seconds; a command that uses the ledger briefly, or a restore of a small one, has ended by then.
TIMEOUT = 2.0
_POLL_INTERVAL = 0.02
_TIME_FORMAT = "%Y%m%dT%H%M%S%fZ"
#: The files that this process holds itself: it may migrate the ledger that it uses.
_own_files: set[Path] = set()
#: The state folders whose ledger this process has alone.
_own_folders: set[Path] = set()


@dataclass(frozen=True, slots=True)
class LedgerUser:
    """A process that uses the ledger for long, or has it for itself."""

    command: str
    pid: int
    since: datetime


class LedgerInUseError(LedgerError):
    """A refusal of the lock, as ``user`` has it; None if that process has just ended."""

    def __init__(self, user: LedgerUser | None) -> None:
        self.user = user
        name = (
            _("`humaspost {command}`, pid {pid}").format(command=user.command, pid=user.pid) if user else "?"
        )
        super().__init__(_("the ledger is in use: {user}").format(user=name))


@contextmanager
def acquire_shared(state: Path, command: str) -> Iterator[None]:
    """Use the ledger of the state folder beside others.

    Raises LedgerInUseError where another process has it alone.
    """
    with ExitStack() as registration:
        with _entrance(state, time.monotonic() + TIMEOUT):
            registration.enter_context(_registered(state, command))
        yield


@contextmanager
def acquire_exclusive(state: Path, command: str) -> Iterator[None]:
    """Have the ledger of the state folder alone.

    A process that has it alone, or uses it itself, can acquire it. Raises LedgerInUseError where another
    process uses it.
    """
    if state in _own_folders:
        yield
        return
    deadline = time.monotonic() + TIMEOUT
    with _entrance(state, deadline), _registered(state, command):
        _own_folders.add(state)
        try:
            while users := _list_users(state, remove_stale=True):
                if time.monotonic() >= deadline:
                    raise LedgerInUseError(users[0])
                time.sleep(_POLL_INTERVAL)
            yield
        finally:
            _own_folders.discard(state)


def list_users(state: Path) -> list[LedgerUser]:
    """Return the other processes that use the ledger now, oldest first."""
    return _list_users(state, remove_stale=False)


@contextmanager
def _entrance(state: Path, deadline: float) -> Iterator[None]:
    """Hold the lock through which every user of the ledger comes in."""
    from filelock import FileLock, Timeout  # filelock loads asyncio, so it is imported only where it is used

    make_folder(state)
    try:
        entrance = FileLock(lock_path(state / FILE), mode=0o600).acquire(
            timeout=max(0.0, deadline - time.monotonic()), poll_interval=_POLL_INTERVAL
        )
    except Timeout as error:
        raise LedgerInUseError(next(iter(list_users(state)), None)) from error
    with entrance:
        yield


@contextmanager
def _registered(state: Path, command: str) -> Iterator[None]:
    """Hold a file that names this process."""
    from filelock import FileLock

    make_folder(state / FOLDER)
    name = f"{command}.{os.getpid()}.{datetime.now(UTC).strftime(_TIME_FORMAT)}.lock"
    own_file = state / FOLDER / name
    # Another process may hold it for a moment, to learn whether its owner lives.
    held = FileLock(lock_path(own_file), mode=0o600).acquire(timeout=TIMEOUT, poll_interval=_POLL_INTERVAL)
    _own_files.add(own_file)
    try:
        with held:
            yield
    finally:
        _own_files.discard(own_file)
        with suppress(OSError):  # the folder was moved away; or Windows, and another process looks at it
            own_file.unlink()


def _list_users(state: Path, *, remove_stale: bool) -> list[LedgerUser]:
    users = []
    for path in sorted((state / FOLDER).glob("*.lock"), key=lambda path: path.name.split(".")[2:]):
        user = _parse_name(path)
        if user is None or path in _own_files:
            continue
        if _is_held(path):
            users.append(user)
        elif remove_stale:
            path.unlink(missing_ok=True)
    return users


def _parse_name(path: Path) -> LedgerUser | None:
    try:
        command, pid, since, _suffix = path.name.split(".")
        return LedgerUser(command, int(pid), datetime.strptime(since, _TIME_FORMAT).replace(tzinfo=UTC))
    except ValueError:
        return None


def _is_held(path: Path) -> bool:
    from filelock import FileLock, Timeout

    try:
        with FileLock(path, mode=0o600).acquire(timeout=0):
            return False
    except Timeout:
        return True
