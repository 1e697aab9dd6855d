"""A ledger in a file of SQLite keeps what every ledger keeps."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from humaspost.ledger.database import FILE, Ledger, open_ledger
from tests.contract.ledger_contract import LedgerContract
from tests.support.deadlines import SECOND
from tests.support.ledger_office import NOW

_WRITE = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("INSERT INTO meta (key, value) VALUES ('elsewhere', '1')")
"""


class SqliteDatabase:
    """A ledger file in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ledgers: list[Ledger] = []

    def connect(self) -> Ledger:
        """Open the file once more."""
        self._ledgers.append(open_ledger(self.folder, now=NOW - timedelta(days=1), create=True))
        return self._ledgers[-1]

    def write_elsewhere(self) -> None:
        """Insert a row in another process."""
        command = [sys.executable, "-c", _WRITE, str(self.folder / FILE)]
        subprocess.run(command, check=True, timeout=60 * SECOND)

    def close(self) -> None:
        """Close every ledger that was opened."""
        for ledger in self._ledgers:
            ledger.close()


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a new ledger: the migrations take longer than any test here."""
    database = SqliteDatabase(tmp_path_factory.mktemp("empty"))
    database.connect()
    database.close()
    return database.folder / FILE


class TestSqlite(LedgerContract):
    @pytest.fixture
    def ledger_database(self, tmp_path: Path, empty_file: Path) -> Iterator[SqliteDatabase]:
        """Yield a database with a ledger in which nothing happened."""
        shutil.copy(empty_file, tmp_path / FILE)
        database = SqliteDatabase(tmp_path)
        yield database
        database.close()
