"""A ledger of the first version: what a person cancelled in it delivery by delivery is a decision about the post."""

import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from humaspost.ledger.database import run_migrations

TIME = "2026-11-23T08:00:00.000000Z"
CANCELLED, PUBLISHED, REFUSED = ("cancelled", "person"), ("published", ""), ("refused", "opt-out")
SURPLUS, THREAD = ("cancelled", "text"), ("cancelled", "part 1")
Stored = tuple[str, str]
_TIMES = ("date_at", "due_at", "updated_at", "scanned_at", "published_at")


def migrate(path: Path, *, to: str = "head") -> None:
    """Migrate the ledger to this version."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        if to == "head":
            run_migrations(connection)
        else:
            scripts = ScriptDirectory(str(files("humaspost.ledger") / "migrations"))
            options = {"fn": lambda revision, _context: scripts._upgrade_revs(to, revision)}
            context = MigrationContext.configure(connection, opts=options)
            with Operations.context(context):
                context.run_migrations()
    engine.dispose()


def insert(db: sqlite3.Connection, table: str, **values: object) -> None:
    """Insert a row; what is not named is "", a time or 0."""
    for _number, name, type_, required, *_rest in db.execute(f"PRAGMA table_info({table})").fetchall():
        if required and name not in values:
            values[name] = TIME if name in _TIMES else "" if type_ == "TEXT" else 0
    names = ", ".join(f'"{name}"' for name in values)
    db.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})", [*values.values()])


def upgrade(folder: Path, accounts: dict[str, list[Stored]]) -> tuple[dict[str, tuple[object, ...]], object]:
    """Return the intention of each account of a post with these deliveries, and when the post was cancelled."""
    path = folder / "ledger.sqlite3"
    migrate(path, to="0001")
    with closing(sqlite3.connect(path)) as db:
        insert(db, "post", id="p", file="p.md")
        for account, deliveries in accounts.items():
            insert(db, "plan_row", post="p", account=account)
            for number, (state, reason) in enumerate(deliveries):
                values = {"key": f"{account}{number}", "state": state, "reason": reason, "published_at": TIME}
                insert(db, "delivery", post="p", account=account, recipient=str(number), **values)
        db.commit()
    migrate(path)
    with closing(sqlite3.connect(path)) as db:
        columns = "account, decision, decided_at, stop, stop_reason, expanded"
        rows = db.execute(f"SELECT {columns} FROM plan_row").fetchall()
        return {row[0]: row[1:] for row in rows}, db.execute("SELECT cancelled_at FROM post").fetchone()[0]


DECIDED, OPEN = ("cancel", TIME, "cancelled", "person", 1), (None, None, None, "", 0)


@pytest.mark.parametrize(
    ("accounts", "decided", "is_whole_post"),
    [
        ({"x": [CANCELLED, CANCELLED], "y": [CANCELLED]}, {"x", "y"}, True),
        ({"x": [CANCELLED, THREAD, SURPLUS]}, {"x"}, True),
        ({"x": [CANCELLED], "y": [PUBLISHED]}, {"x"}, False),
        ({"x": [CANCELLED, PUBLISHED], "y": [CANCELLED, REFUSED]}, set(), False),
        ({"x": [SURPLUS], "y": []}, set(), False),
    ],
)
def test_what_was_cancelled_as_a_whole_is_decided(
    tmp_path: Path, accounts: dict[str, list[Stored]], decided: set[str], *, is_whole_post: bool
) -> None:
    intentions, cancelled_at = upgrade(tmp_path, accounts)
    assert intentions == {name: DECIDED if name in decided else OPEN for name in accounts}
    assert cancelled_at == (TIME if is_whole_post else None)
