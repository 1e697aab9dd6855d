"""Who wants no marketing on an account, beside those who want nothing at all; how often a part was prepared anew."""

from alembic import op

revision = "0002"
down_revision = "0001"

_STATEMENTS = (
    """
    CREATE TABLE preference (
        account TEXT NOT NULL,
        recipient TEXT NOT NULL,
        marketing BOOLEAN NOT NULL,
        said_at TEXT NOT NULL,
        PRIMARY KEY (account, recipient),
        FOREIGN KEY(account) REFERENCES account (id),
        FOREIGN KEY(recipient) REFERENCES recipient (id)
    )
    """,
    "ALTER TABLE preparation RENAME TO preparation_before",
    """
    CREATE TABLE preparation (
        account TEXT NOT NULL,
        part_hash TEXT NOT NULL,
        token TEXT NOT NULL,
        ready BOOLEAN NOT NULL,
        next_at TEXT NOT NULL,
        failures INTEGER NOT NULL,
        remade INTEGER NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (account, part_hash),
        FOREIGN KEY(account) REFERENCES account (id)
    )
    """,
    """
    INSERT INTO preparation
    SELECT account, part_hash, token, ready, next_at, failures, 0, updated_at FROM preparation_before
    """,
    "DROP TABLE preparation_before",
)


def upgrade() -> None:
    """Nobody has said anything of marketing yet; what was prepared stays prepared."""
    for statement in _STATEMENTS:
        op.execute(statement)
