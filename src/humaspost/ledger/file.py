"""The parts of the ledger's file that are read without SQLAlchemy."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FILE = "ledger.sqlite3"


@dataclass(frozen=True, slots=True)
class LastSender:
    """The sender that started last, as the ledger records it."""

    pid: int
    host: str
    started_at: datetime


def read_last_sender(path: Path) -> LastSender | None:
    """Return the last sender that did not record its stop, or None.

    None also where the ledger has no file, table or row.
    """
    try:
        address = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=1)) as db:
            query = (
                "SELECT pid, host, started_at FROM sender WHERE stopped_at IS NULL ORDER BY started_at DESC"
            )
            row = db.execute(query).fetchone()
    except sqlite3.Error:
        return None
    return LastSender(int(row[0]), str(row[1]), datetime.fromisoformat(row[2])) if row else None
