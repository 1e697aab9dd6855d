"""The first migration: every table.

Frozen: a later change of the schema is a later migration.
"""

from alembic import op

revision = "0001"
down_revision = None

_STATEMENTS = (
    """
    CREATE TABLE account (
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        channel TEXT NOT NULL,
        platform_id TEXT,
        display_name TEXT NOT NULL,
        bound_at TEXT,
        checked_at TEXT,
        checked_identity TEXT NOT NULL,
        status TEXT,
        hold TEXT,
        hold_code TEXT NOT NULL,
        hold_detail TEXT NOT NULL,
        hold_until TEXT,
        unknown_streak INTEGER NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (channel, platform_id),
        UNIQUE (name)
    )
    """,
    """
    CREATE TABLE audience (
        name TEXT NOT NULL,
        file TEXT NOT NULL,
        digest TEXT NOT NULL,
        imported_at TEXT NOT NULL,
        PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE message_event (
        id INTEGER NOT NULL,
        dedupe_key TEXT NOT NULL,
        account TEXT NOT NULL,
        kind TEXT NOT NULL,
        "key" TEXT,
        remote_id TEXT,
        stage TEXT,
        failure_code TEXT,
        at TEXT NOT NULL,
        received_at TEXT NOT NULL,
        settled BOOLEAN NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (dedupe_key)
    )
    """,
    """
    CREATE INDEX message_event_open ON message_event (id) WHERE settled = 0
    """,
    """
    CREATE INDEX message_event_remote ON message_event (remote_id)
    """,
    """
    CREATE TABLE meta (
        "key" TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY ("key")
    )
    """,
    """
    CREATE TABLE pause (
        id INTEGER NOT NULL,
        reason TEXT NOT NULL,
        except_types TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE post (
        id TEXT NOT NULL,
        file TEXT NOT NULL,
        title TEXT NOT NULL,
        hold TEXT,
        scanned_at TEXT NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE recipient (
        id TEXT NOT NULL,
        phone TEXT NOT NULL,
        name TEXT NOT NULL,
        opted_out_at TEXT,
        created_at TEXT NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (phone)
    )
    """,
    """
    CREATE TABLE rendition (
        hash TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (hash)
    )
    """,
    """
    CREATE TABLE sender (
        owner TEXT NOT NULL,
        command TEXT NOT NULL,
        pid INTEGER NOT NULL,
        host TEXT NOT NULL,
        started_at TEXT NOT NULL,
        heartbeat_at TEXT NOT NULL,
        stopped_at TEXT,
        PRIMARY KEY (owner)
    )
    """,
    """
    CREATE TABLE audience_member (
        audience TEXT NOT NULL,
        recipient TEXT NOT NULL,
        PRIMARY KEY (audience, recipient),
        FOREIGN KEY(audience) REFERENCES audience (name),
        FOREIGN KEY(recipient) REFERENCES recipient (id)
    )
    """,
    """
    CREATE TABLE consent (
        recipient TEXT NOT NULL,
        purpose TEXT NOT NULL,
        basis TEXT NOT NULL,
        source TEXT NOT NULL,
        consented_at TEXT NOT NULL,
        recorded_at TEXT NOT NULL,
        PRIMARY KEY (recipient, purpose),
        FOREIGN KEY(recipient) REFERENCES recipient (id)
    )
    """,
    """
    CREATE TABLE delivery (
        "key" TEXT NOT NULL,
        post TEXT NOT NULL,
        account TEXT NOT NULL,
        part INTEGER NOT NULL,
        recipient TEXT NOT NULL,
        edition INTEGER NOT NULL,
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        due_at TEXT NOT NULL,
        priority INTEGER NOT NULL,
        not_before TEXT,
        owner TEXT,
        use_latest_rendition BOOLEAN NOT NULL,
        attempts INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        rendition TEXT,
        remote_id TEXT,
        url TEXT,
        published_at TEXT,
        stage TEXT,
        code TEXT NOT NULL,
        detail TEXT NOT NULL,
        unknown_since TEXT,
        lookups INTEGER NOT NULL,
        next_lookup_at TEXT,
        updated_at TEXT NOT NULL,
        PRIMARY KEY ("key"),
        CONSTRAINT valid_state CHECK (state IN ('scheduled', 'preparing', 'sending', 'unknown', 'published', 'held', 'missed', 'failed', 'expired', 'refused', 'cancelled')),
        CONSTRAINT published_at_set CHECK (state <> 'published' OR published_at IS NOT NULL),
        FOREIGN KEY(account) REFERENCES account (id)
    )
    """,
    """
    CREATE INDEX delivery_due ON delivery (account, state, due_at)
    """,
    """
    CREATE INDEX delivery_post ON delivery (post, account, state)
    """,
    """
    CREATE INDEX delivery_remote ON delivery (remote_id)
    """,
    """
    CREATE INDEX delivery_retry ON delivery (account, state, not_before)
    """,
    """
    CREATE INDEX delivery_state ON delivery (state, next_lookup_at)
    """,
    """
    CREATE INDEX delivery_updated ON delivery (updated_at)
    """,
    """
    CREATE TABLE marketing_preference (
        account TEXT NOT NULL,
        recipient TEXT NOT NULL,
        marketing BOOLEAN NOT NULL,
        stated_at TEXT NOT NULL,
        PRIMARY KEY (account, recipient),
        FOREIGN KEY(account) REFERENCES account (id),
        FOREIGN KEY(recipient) REFERENCES recipient (id)
    )
    """,
    """
    CREATE TABLE plan_row (
        post TEXT NOT NULL,
        account TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        type TEXT NOT NULL,
        date_at TEXT NOT NULL,
        due_at TEXT NOT NULL,
        local_time TEXT NOT NULL,
        zone TEXT NOT NULL,
        expires_at TEXT,
        late TEXT NOT NULL,
        grace REAL NOT NULL,
        priority INTEGER NOT NULL,
        during_pause BOOLEAN NOT NULL,
        audiences TEXT NOT NULL,
        rendition TEXT NOT NULL,
        frozen_rendition TEXT,
        first_write_at TEXT,
        changed BOOLEAN NOT NULL,
        fan_out BOOLEAN NOT NULL,
        expanded BOOLEAN NOT NULL,
        replies_to TEXT,
        repeats TEXT,
        edition INTEGER NOT NULL,
        PRIMARY KEY (post, account),
        FOREIGN KEY(post) REFERENCES post (id),
        FOREIGN KEY(account) REFERENCES account (id),
        FOREIGN KEY(rendition) REFERENCES rendition (hash),
        FOREIGN KEY(frozen_rendition) REFERENCES rendition (hash)
    )
    """,
    """
    CREATE INDEX plan_row_due ON plan_row (account, due_at)
    """,
    """
    CREATE TABLE preparation (
        account TEXT NOT NULL,
        part_hash TEXT NOT NULL,
        token TEXT NOT NULL,
        ready BOOLEAN NOT NULL,
        next_at TEXT NOT NULL,
        failures INTEGER NOT NULL,
        restarts INTEGER NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (account, part_hash),
        FOREIGN KEY(account) REFERENCES account (id)
    )
    """,
    """
    CREATE TABLE quota_use (
        id INTEGER NOT NULL,
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        recipient TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(account) REFERENCES account (id)
    )
    """,
    """
    CREATE INDEX quota_use_recipient ON quota_use (account, name, recipient)
    """,
    """
    CREATE INDEX quota_use_window ON quota_use (account, name, at)
    """,
    """
    CREATE TABLE rate (
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        recipient TEXT NOT NULL,
        tat REAL NOT NULL,
        PRIMARY KEY (account, name, recipient),
        FOREIGN KEY(account) REFERENCES account (id)
    )
    """,
    """
    CREATE TABLE service_window (
        account TEXT NOT NULL,
        recipient TEXT NOT NULL,
        open_until TEXT NOT NULL,
        PRIMARY KEY (account, recipient),
        FOREIGN KEY(account) REFERENCES account (id),
        FOREIGN KEY(recipient) REFERENCES recipient (id)
    )
    """,
    """
    CREATE TABLE attempt (
        id INTEGER NOT NULL,
        "key" TEXT NOT NULL,
        number INTEGER NOT NULL,
        owner TEXT NOT NULL,
        rendition TEXT NOT NULL,
        token TEXT NOT NULL,
        reply_to TEXT,
        template BOOLEAN NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        outcome TEXT,
        code TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (id),
        UNIQUE ("key", number),
        FOREIGN KEY("key") REFERENCES delivery ("key")
    )
    """,
    """
    CREATE INDEX attempt_started ON attempt (started_at)
    """,
    """
    CREATE TABLE lookup (
        id INTEGER NOT NULL,
        "key" TEXT NOT NULL,
        at TEXT NOT NULL,
        proof TEXT NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY("key") REFERENCES delivery ("key")
    )
    """,
    """
    CREATE INDEX lookup_key ON lookup ("key")
    """,
)


def upgrade() -> None:
    """Create the tables and indexes."""
    for statement in _STATEMENTS:
        op.execute(statement)
