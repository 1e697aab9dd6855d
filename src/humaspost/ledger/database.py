"""The opening of the ledger: SQLite in WAL mode, with full syncs and one writer at a time.

Only a sender migrates the ledger.
"""

import errno
import os
import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

from humaspost.base.files import created_path, make_folder, written_path
from humaspost.base.i18n import _
from humaspost.ledger import dialect, lock
from humaspost.ledger.committer import Committer
from humaspost.ledger.errors import LedgerError as LedgerError  # re-exported, as the next
from humaspost.ledger.errors import LedgerReplacedError
from humaspost.ledger.errors import UnsupportedLedgerError as UnsupportedLedgerError
from humaspost.ledger.file import FILE as FILE  # re-exported: the name of the ledger's file
from humaspost.ledger.file_identity import FileIdentity
from humaspost.ledger.schema import HEAD, meta, metadata

T = TypeVar("T")
#: Seconds; as long as the longest pause of SQLite's busy handler in its first tenth of a second.
_MIN_YIELD = 0.025
#: Bytes of the file that SQLite writes beside the ledger when it opens the ledger.
_BYTES_TO_OPEN = 32_768
#: A table that only ledgers made before the first release have; their revisions were called 0001 and 0002, too.
_PROTOTYPE_TABLE = "planned"


class Ledger:
    """An open ledger.

    Reads see the last commit; ``write`` returns after its own commit is on disk.
    """

    def __init__(self, engine: Engine, path: Path | None) -> None:
        self.path = path
        self._engine = engine
        self._writing = engine.execution_options(humaspost_write=True)
        self._committer: Committer | None = None
        self._identity = FileIdentity.of(path) if path is not None else None
        if self._identity is not None:
            # Each connection is opened by the path: it might be one to the file that is there instead.
            event.listen(engine, "do_connect", lambda *_arguments: self.check_path())
            event.listen(engine, "connect", lambda *_arguments: self.check_path())

    def find_replacement(self) -> LedgerReplacedError | None:
        """Return the error where another file, or none, is at the ledger's path, else None."""
        return self._identity.find_replacement() if self._identity is not None else None

    def check_path(self) -> None:
        """Raise LedgerReplacedError where another file, or none, is at the ledger's path."""
        if (error := self.find_replacement()) is not None:
            raise error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the ledger until it is closed."""
        with self._engine.connect() as connection:
            yield connection

    def write(self, operation: Callable[[Connection], T], *, is_outcome: bool = False) -> T:
        """Run the operation in a transaction, and return its answer once it is on disk.

        Raises LedgerReplacedError where another file is at the ledger's path, except for an outcome: what
        happened is recorded in the ledger that has its intent.
        """
        if self._committer:
            return self._committer.submit(operation, is_outcome=is_outcome).result()
        with self._writing.begin() as connection:
            if not is_outcome:
                self.check_path()
            return operation(connection)

    def write_fairly(self, operation: Callable[[Connection], T]) -> T:
        """Run one of the many transactions of a long job, then let other writers run.

        SQLite keeps no queue. A waiting writer tries again every 25 ms. Without the pause, a job of many
        transactions would hold the ledger at each try.
        """
        started = time.monotonic()
        answer = self.write(operation)
        time.sleep(min(max(_MIN_YIELD, time.monotonic() - started), 1.0))
        return answer

    @property
    def committer(self) -> Committer:
        """Return the one thread that commits for all senders; start it at first use."""
        if self._committer is None:
            self._committer = Committer(self._writing, self.find_replacement)
        return self._committer

    def watch_changes(self) -> Callable[[], bool]:
        """Return a function that reports whether any process committed since its last call.

        The function raises LedgerReplacedError where another file is at the ledger's path.
        """
        if self.path is None:
            raise ValueError("a ledger in memory has no other writer")
        has_changed = dialect.changed_since(self.path)

        def has_changed_here() -> bool:
            self.check_path()
            return has_changed()

        return has_changed_here

    def close(self) -> None:
        """Commit everything submitted, and close all files."""
        if self._committer:
            self._committer.stop()
            self._committer = None
        self._engine.dispose()


def _create_engine(path: Path | None) -> Engine:
    if path is None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", _configure_connection)
    event.listen(engine, "begin", _start_transaction)
    return engine


def _configure_connection(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    # NORMAL can lose the last commits in a power cut, and an intent that is lost is a duplicate.
    for pragma in (
        "busy_timeout=30000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        # What is deleted leaves the file, not only the tables: numbers and names of forgotten people.
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _start_transaction(connection: Connection) -> None:
    if connection.get_execution_options().get("humaspost_write"):
        dialect.begin_write(connection)
    else:
        dialect.begin_read(connection)


def create_empty() -> Ledger:
    """Return an empty ledger in memory, for reading commands before the first write."""
    engine = _create_engine(None)
    metadata.create_all(engine)
    return Ledger(engine, None)


def read_version(path: Path) -> str | None:
    """Return the schema version of the ledger file, or None where there is none.

    Raises LedgerError if the file is not a ledger, and UnsupportedLedgerError if it was made before the first
    release.
    """
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        with closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
        ) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if "alembic_version" not in tables:
                return None
            if _PROTOTYPE_TABLE in tables:
                raise UnsupportedLedgerError(path)
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        # To read the ledger, SQLite writes a small file beside it. On a full disk it reports an input/output error.
        if shutil.disk_usage(path.parent).free < _BYTES_TO_OPEN:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise LedgerError(f"{path.name}: {error}", "humaspost doctor") from error
    except sqlite3.DatabaseError as error:
        raise damaged_error(path, str(error)) from error
    return str(row[0]) if row else None


def damaged_error(path: Path, reason: str) -> LedgerError:
    """Return the error for a damaged ledger; humaspost never sends from such a ledger."""
    message = _("{name} is damaged, so nothing is sent from it: {reason}").format(
        name=path.name, reason=reason
    )
    return LedgerError(message, _("put the newest backup back: humaspost restore"))


def check_integrity(ledger: Ledger) -> None:
    """Raise LedgerError where SQLite finds the ledger damaged."""
    if ledger.path is None:
        return
    try:
        with ledger.read() as conn:
            result = quick_check(conn)
    except DatabaseError as error:
        if not isinstance(error.orig, sqlite3.OperationalError):
            raise damaged_error(ledger.path, str(error.orig)) from error
        raise
    if result != "ok":
        raise damaged_error(ledger.path, result)


def open_ledger(state: Path, *, now: datetime, create: bool, upgrade: bool = False) -> Ledger:
    """Return the ledger of a state folder.

    Where there is none, ``create`` makes one; without ``create`` it is an empty one in memory. Raises
    LedgerError for a newer schema, and for an older one unless ``upgrade`` (senders only).
    """
    path = state / FILE
    current_version = read_version(path)
    if current_version is None and not create:
        return create_empty()
    if current_version is not None and current_version > HEAD:
        raise LedgerError(_("the ledger was written by a newer humaspost"), "pip install --upgrade humaspost")
    if current_version is not None and current_version < HEAD and not upgrade:
        message = _("the ledger is of an older humaspost; whatever sends next brings it up to date")
        raise LedgerError(message, _("start the scheduler anew, or: humaspost run"))
    if current_version is None and _is_absent(path):
        _create(path, now)
    elif current_version is None:
        _migrate(path, None, now)
    elif current_version != HEAD:
        with lock.acquire_exclusive(state, "migration"):
            _migrate(path, current_version, now)
    return Ledger(_create_engine(path), path)


def _is_absent(path: Path) -> bool:
    """Return True if neither the ledger exists nor the log of a ledger that was deleted."""
    # SQLite removes such a log when it makes the ledger at this path; it would apply it to a finished file.
    return not any(os.path.lexists(f"{path}{suffix}") for suffix in ("", "-wal", "-journal"))


def _create(path: Path, now: datetime) -> None:
    """Build a ledger in a temporary file, then move the finished file to its path."""
    make_folder(path.parent)
    # When the ledger was built at its path, a `backup` at that moment found a file without tables.
    with suppress(FileExistsError), created_path(path) as draft:  # another command was faster
        _migrate(draft, None, now)


def _migrate(path: Path, old_version: str | None, now: datetime) -> None:
    """Migrate the file to the newest schema in one transaction; keep a copy of an older one."""
    if old_version is not None:
        backup_path = path.with_name(f"{path.stem}-before-{HEAD}.sqlite3")
        copy_ledger(path, backup_path)
    engine = _create_engine(path)
    try:
        with engine.execution_options(humaspost_write=True).begin() as connection:
            if read_version(path) == HEAD:
                return  # another command was faster
            run_migrations(connection)
            if old_version is None:
                meta_values = {"created_at": now.isoformat(), "ledger_id": uuid.uuid4().hex}
                connection.execute(insert(meta), [{"key": k, "value": v} for k, v in meta_values.items()])
        path.chmod(0o600)
    finally:
        engine.dispose()


def copy_ledger(source: Path, target: Path) -> None:
    """Copy a ledger to ``target``, a file that only its owner can read.

    Other processes may write to ``source`` meanwhile.
    """
    with (
        written_path(target) as draft,
        closing(sqlite3.connect(source)) as old,
        closing(sqlite3.connect(draft)) as new,
    ):
        old.backup(new)


def checkpoint(path: Path) -> None:
    """Move the ledger's log into its file, so that the one file can be moved.

    No process may have the ledger open.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def open_readonly(path: Path) -> Iterator[Connection]:
    """Yield a connection to a ledger at any path, which cannot change that ledger."""
    address = f"sqlite:///{path.resolve().as_uri()}?mode=ro&uri=true"
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def get_created_at(connection: Connection) -> datetime | None:
    """Return when this ledger was made; posts due before are never sent automatically."""
    value = connection.scalar(select(meta.c.value).where(meta.c.key == "created_at"))
    return datetime.fromisoformat(value) if value else None


def quick_check(connection: Connection) -> str:
    """Return ``ok``, or the first problem that SQLite finds in the ledger."""
    return str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())


def run_migrations(connection: Connection) -> None:
    """Migrate the schema to the newest version, inside the caller's transaction."""
    # Only a new or an old ledger needs Alembic, which takes a sixth of a second to import.
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(_migrations_folder()))

    def steps(revision: object, _context: object) -> object:
        return scripts._upgrade_revs("head", revision)  # type: ignore[arg-type]  # Alembic's own env.py recipe

    context = MigrationContext.configure(connection, opts={"fn": steps, "transactional_ddl": True})
    with Operations.context(context):
        context.run_migrations()


def _migrations_folder() -> object:
    from importlib.resources import files

    return files("humaspost.ledger") / "migrations"
