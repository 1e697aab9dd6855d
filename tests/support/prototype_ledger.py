"""A ledger as humaspost made it before its tables had the names of the first release."""

import sqlite3
from contextlib import closing
from pathlib import Path

_TABLES = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
CREATE TABLE meta ("key" TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE account (id TEXT NOT NULL, name TEXT NOT NULL, channel TEXT NOT NULL, platform_id TEXT,
    shown TEXT NOT NULL, asked_as TEXT NOT NULL, facts TEXT, PRIMARY KEY (id), UNIQUE (name));
CREATE TABLE post (id TEXT NOT NULL, file TEXT NOT NULL, title TEXT NOT NULL, hold TEXT, seen_at TEXT NOT NULL,
    PRIMARY KEY (id));
CREATE TABLE rendition (hash TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (hash));
CREATE TABLE planned (post TEXT NOT NULL, account TEXT NOT NULL, fingerprint TEXT NOT NULL, wall TEXT NOT NULL,
    rendition TEXT NOT NULL, frozen TEXT, PRIMARY KEY (post, account),
    FOREIGN KEY(post) REFERENCES post (id), FOREIGN KEY(account) REFERENCES account (id));
INSERT INTO meta VALUES ('created_at', '2026-11-23T08:00:00+00:00');
INSERT INTO post VALUES ('a', 'posts/a.md', 'A', NULL, '2026-11-23T08:00:00.000000Z');
"""


def make_prototype_ledger(path: Path, revision: str) -> None:
    """Write the ledger that the two old migrations made (their first lines), at ``revision``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript(_TABLES)
        db.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
        db.commit()
