"""The differences between databases; the rest of the ledger names no database."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Delete,
    FromClause,
    Index,
    Insert,
    Table,
    case,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects import sqlite


def upsert(table: Table) -> sqlite.Insert:
    """Return an INSERT with ``excluded`` and ``on_conflict_do_update``.

    The update needs ``index_elements``: PostgreSQL accepts none without.
    """
    return sqlite.insert(table)


def insert_or_ignore(table: Table) -> Insert:
    """Return an INSERT that leaves an existing row unchanged."""
    return sqlite.insert(table).on_conflict_do_nothing()


def json_texts(column: ColumnElement[str]) -> FromClause:
    """Return the texts of a JSON list, as rows with one column ``value``; none if damaged."""
    # One damaged row must not stop a statement about all rows.
    readable = case((func.json_valid(column) == 1, column), else_="[]")
    return func.json_each(readable).table_valued("value").alias()


def partial_index(name: str, *columns: str, where: str) -> Index:
    """Return an index of the rows for which the SQL condition ``where`` is true."""
    return Index(name, *columns, sqlite_where=text(where))


def begin_read(connection: Connection) -> None:
    """Begin a transaction that sees one state of the ledger from its first read on."""
    connection.exec_driver_sql("BEGIN")


def begin_write(connection: Connection) -> None:
    """Begin a write transaction, after the one of any other writer has ended."""
    # A plain BEGIN gets the lock at its first write, when its earlier reads may be outdated already.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def in_transaction(connection: Connection) -> bool:
    """Return True if the database still has the transaction open."""
    # SQLite ends a transaction by itself where a write is not possible (disk full, I/O error).
    return bool(getattr(connection.connection.dbapi_connection, "in_transaction", True))


def changed_since(path: Path) -> Callable[[], bool]:
    """Return a function that returns True if any process committed since its last call.

    Its first call returns True.
    """
    connection = sqlite3.connect(str(path), check_same_thread=False)
    connection.execute("PRAGMA data_version").fetchone()  # SQLite opens the files at the first question only
    last = -1

    def changed() -> bool:
        nonlocal last
        previous, last = last, int(connection.execute("PRAGMA data_version").fetchone()[0])
        return last != previous

    return changed


def execute_tuples(
    conn: Connection, statement: Insert | Delete, columns: Sequence[str], rows: Sequence[tuple[str, ...]]
) -> None:
    """Run the statement once per row of texts; ``columns`` names its parameters, in order."""
    # Not through SQLAlchemy: with its dictionaries, 100,000 members delayed a send by 3.5 s instead of 0.1 s.
    compiled: Any = statement.compile(dialect=conn.dialect, column_keys=columns)
    if list(compiled.positiontup) != list(columns):
        raise ValueError(f"the statement has the parameters {compiled.positiontup}")
    if rows:
        conn.exec_driver_sql(str(compiled), list(rows))


def file_of(connection: Connection) -> Path | None:
    """Return the file of the database; None for one in memory."""
    database = connection.engine.url.database
    return Path(database) if database else None


def table_names(connection: Connection) -> frozenset[str]:
    """Return the names of all tables, which are fewer in an older ledger."""
    return frozenset(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))


def column_names(connection: Connection, table: str) -> frozenset[str]:
    """Return the names of the table's columns, which are fewer in an older ledger."""
    return frozenset(connection.scalars(text("SELECT name FROM pragma_table_info(:name)"), {"name": table}))


def without_index(column: Column[Any]) -> ColumnElement[Any]:
    """Return the column as an expression for which SQLite does not choose an index."""
    return literal_column(f"+{column}", column.type)
