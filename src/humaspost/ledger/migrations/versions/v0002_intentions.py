"""Columns for decisions of persons, stops of whole posts, held lists and forgotten people."""

from alembic import op

revision = "0002"
down_revision = "0001"

_STATEMENTS = (
    "ALTER TABLE post ADD COLUMN stamp TEXT",
    "ALTER TABLE post ADD COLUMN cancelled_at TEXT",
    "ALTER TABLE plan_row ADD COLUMN planned BOOLEAN NOT NULL DEFAULT 1",
    "ALTER TABLE plan_row ADD COLUMN decision TEXT",
    "ALTER TABLE plan_row ADD COLUMN decided_at TEXT",
    "ALTER TABLE plan_row ADD COLUMN progress_at TEXT",
    "ALTER TABLE plan_row ADD COLUMN own_late TEXT",
    "ALTER TABLE plan_row ADD COLUMN stop TEXT",
    "ALTER TABLE plan_row ADD COLUMN stop_reason TEXT NOT NULL DEFAULT ''",
    "UPDATE plan_row SET progress_at = first_write_at",
    """UPDATE plan_row SET repeats = '["' || repeats || '"]' WHERE repeats IS NOT NULL""",
    # What a person cancelled delivery by delivery, all of it, is a decision about the post: it also holds for people
    # and accounts to come.
    """
    UPDATE plan_row SET
        decision = 'cancel',
        decided_at = (
            SELECT max(updated_at) FROM delivery
            WHERE delivery.post = plan_row.post AND delivery.account = plan_row.account
        ),
        stop = 'cancelled',
        stop_reason = 'person',
        expanded = 1
    WHERE EXISTS (
        SELECT 1 FROM delivery
        WHERE delivery.post = plan_row.post AND delivery.account = plan_row.account
        AND state = 'cancelled' AND reason = 'person'
    ) AND NOT EXISTS (
        SELECT 1 FROM delivery
        WHERE delivery.post = plan_row.post AND delivery.account = plan_row.account AND state <> 'cancelled'
    )
    """,
    """
    UPDATE post SET cancelled_at = (SELECT max(decided_at) FROM plan_row WHERE plan_row.post = post.id)
    WHERE NOT EXISTS (SELECT 1 FROM plan_row WHERE plan_row.post = post.id AND decision IS NULL)
    """,
    "ALTER TABLE delivery ADD COLUMN dropped_from TEXT",
    "ALTER TABLE consent ADD COLUMN withdrawn_at TEXT",
    "ALTER TABLE consent ADD COLUMN withdrawn_by TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE audience ADD COLUMN hold TEXT",
    "ALTER TABLE audience ADD COLUMN hold_digest TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE audience ADD COLUMN hold_detail TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE audience ADD COLUMN held_at TEXT",
    "ALTER TABLE sender ADD COLUMN config_digest TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sender ADD COLUMN config_read_at TEXT",
    "ALTER TABLE sender ADD COLUMN list_digests TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE sender ADD COLUMN secret_stamps TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE sender ADD COLUMN stale_files TEXT NOT NULL DEFAULT '{}'",
    """
    CREATE TABLE audience_candidate (
        audience TEXT NOT NULL,
        recipient TEXT NOT NULL,
        PRIMARY KEY (audience, recipient),
        FOREIGN KEY(audience) REFERENCES audience (name),
        FOREIGN KEY(recipient) REFERENCES recipient (id)
    )
    """,
    """
    CREATE TABLE unclear_opt_out (
        audience TEXT NOT NULL,
        recipient TEXT NOT NULL,
        PRIMARY KEY (audience, recipient),
        FOREIGN KEY(audience) REFERENCES audience (name),
        FOREIGN KEY(recipient) REFERENCES recipient (id)
    )
    """,
    "CREATE INDEX unclear_opt_out_recipient ON unclear_opt_out (recipient)",
    """
    CREATE TABLE forgotten (
        digest TEXT NOT NULL,
        opted_out_at TEXT,
        forgotten_at TEXT NOT NULL,
        PRIMARY KEY (digest)
    )
    """,
)


def upgrade() -> None:
    """Add the columns and the table."""
    for statement in _STATEMENTS:
        op.execute(statement)
