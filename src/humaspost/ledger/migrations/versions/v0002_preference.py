"""Who wants no marketing on an account, beside those who want nothing at all."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nobody has said anything yet; whoever left stays away, as before."""
    op.execute(
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
        """
    )
