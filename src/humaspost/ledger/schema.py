"""The tables of the ledger.

Times are UTC, as text in one fixed form, so that they sort in order of time. Every change of this file needs
a migration in ``migrations/versions`` and a new ``HEAD``.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    REAL,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from humaspost.ledger.dialect import partial_index
from humaspost.model.delivery import State

#: The migration that makes this schema; a test compares the two.
HEAD = "0002"


class UtcTimestamp(TypeDecorator[datetime]):
    """A UTC time with microseconds, stored as ``2027-02-03T01:30:00.000000Z``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Any) -> str | None:
        """Return the stored text; raise ValueError for a naive datetime, which is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        # Not strftime: its %Y has fewer digits in early years, and such text could not be read again.
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(self, value: str | None, _dialect: Any) -> datetime | None:
        """Return the stored time."""
        return None if value is None else datetime.fromisoformat(value)


metadata = MetaData()
_states = ", ".join(f"'{state}'" for state in State)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("platform_id", Text),
    Column("display_name", Text, nullable=False, default=""),
    Column("bound_at", UtcTimestamp),
    Column("checked_at", UtcTimestamp),
    Column("checked_identity", Text, nullable=False, default=""),  # a digest of handle and secrets
    Column("status", Text),
    Column("hold", Text),  # login, quota, throttle
    Column("hold_code", Text, nullable=False, default=""),
    Column("hold_detail", Text, nullable=False, default=""),
    Column("hold_until", UtcTimestamp),
    Column("unknown_streak", Integer, nullable=False, default=0),
    UniqueConstraint("channel", "platform_id"),
)

post = Table(
    "post",
    metadata,
    Column("id", Text, primary_key=True),
    Column("file", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("hold", Text),  # why the post is not sent now: draft, error, gone
    Column("scanned_at", UtcTimestamp, nullable=False),
    Column("stamp", Text),  # the file's identity and times when it was last read
    Column("cancelled_at", UtcTimestamp),  # when a person cancelled it on all its accounts
)

rendition = Table(
    "rendition",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

plan_row = Table(
    "plan_row",
    metadata,
    Column("post", Text, ForeignKey("post.id"), primary_key=True),
    Column("account", Text, ForeignKey("account.id"), primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("date_at", UtcTimestamp, nullable=False),  # the date in the file
    Column("due_at", UtcTimestamp, nullable=False),  # the same, or when a user ran `publish`
    Column("local_time", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("expires_at", UtcTimestamp),
    Column("late", Text, nullable=False),
    # What the file itself says, "" = nothing; NULL = not read since the ledger keeps it.
    Column("own_late", Text),
    Column("grace", REAL, nullable=False),  # seconds
    Column("priority", Integer, nullable=False),
    Column("during_pause", Boolean, nullable=False),
    Column("audiences", Text, nullable=False),  # JSON list
    Column("rendition", Text, ForeignKey("rendition.hash"), nullable=False),
    Column("frozen_rendition", Text, ForeignKey("rendition.hash")),
    Column("first_write_at", UtcTimestamp),
    Column("changed", Boolean, nullable=False, default=False),
    Column("fan_out", Boolean, nullable=False),
    Column("expanded", Boolean, nullable=False),
    Column("replies_to", Text),
    Column("repeats", Text),  # JSON list: the whole chain, newest first
    Column("edition", Integer, nullable=False, default=1),
    # False = the newest plan does not have this post on this account.
    Column("planned", Boolean, nullable=False, default=True),
    # What a person decided for the whole post on this account: cancel, publish, retry.
    Column("decision", Text),
    Column("decided_at", UtcTimestamp),
    # The last write, or the end of a wait for a quota, a rate, a retry or a lookup.
    Column("progress_at", UtcTimestamp),
    # A stop of the whole post, settled before its recipients have rows: held, missed, expired.
    Column("stop", Text),
    Column("stop_reason", Text, nullable=False, default=""),
    Index("plan_row_due", "account", "due_at"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("key", Text, primary_key=True),
    Column("post", Text, nullable=False),
    Column("account", Text, ForeignKey("account.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("recipient", Text, nullable=False, default=""),
    Column("edition", Integer, nullable=False, default=1),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("due_at", UtcTimestamp, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("not_before", UtcTimestamp),
    Column("owner", Text),
    # The state in which the plan dropped it last.
    Column("dropped_from", Text),
    # Send the rendition of the file, not the frozen one.
    Column("use_latest_rendition", Boolean, nullable=False, default=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("failures", Integer, nullable=False, default=0),  # counted by the back-off
    Column("rendition", Text),
    Column("remote_id", Text),
    Column("url", Text),
    Column("published_at", UtcTimestamp),
    Column("stage", Text),
    Column("code", Text, nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    Column("unknown_since", UtcTimestamp),
    Column("lookups", Integer, nullable=False, default=0),
    Column("next_lookup_at", UtcTimestamp),
    Column("updated_at", UtcTimestamp, nullable=False),
    CheckConstraint(f"state IN ({_states})", name="valid_state"),
    CheckConstraint("state <> 'published' OR published_at IS NOT NULL", name="published_at_set"),
    Index("delivery_due", "account", "state", "due_at"),
    Index("delivery_retry", "account", "state", "not_before"),
    Index("delivery_post", "post", "account", "state"),
    Index("delivery_state", "state", "next_lookup_at"),
    Index("delivery_updated", "updated_at"),
    Index("delivery_remote", "remote_id"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, ForeignKey("delivery.key"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("rendition", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("reply_to", Text),
    Column("template", Boolean, nullable=False, default=False),
    Column("started_at", UtcTimestamp, nullable=False),
    Column("ended_at", UtcTimestamp),
    Column("outcome", Text),
    Column("code", Text, nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    UniqueConstraint("key", "number"),
    Index("attempt_started", "started_at"),
)

lookup = Table(
    "lookup",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, ForeignKey("delivery.key"), nullable=False),
    Column("at", UtcTimestamp, nullable=False),
    Column("proof", Text, nullable=False),
    Index("lookup_key", "key"),
)

preparation = Table(
    "preparation",
    metadata,
    Column("account", Text, ForeignKey("account.id"), primary_key=True),
    Column("part_hash", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("ready", Boolean, nullable=False),
    Column("next_at", UtcTimestamp, nullable=False),
    Column("failures", Integer, nullable=False, default=0),  # in a row
    Column("restarts", Integer, nullable=False, default=0),  # how often the whole preparation was discarded
    Column("updated_at", UtcTimestamp, nullable=False),
)

recipient = Table(
    "recipient",
    metadata,
    Column("id", Text, primary_key=True),
    Column("phone", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, default=""),
    Column("opted_out_at", UtcTimestamp),
    Column("created_at", UtcTimestamp, nullable=False),
)

consent = Table(
    "consent",
    metadata,
    Column("recipient", Text, ForeignKey("recipient.id"), primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("basis", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("consented_at", Text, nullable=False),
    Column("recorded_at", UtcTimestamp, nullable=False),
    # The newest import has no consent any more, and the list that said so.
    Column("withdrawn_at", UtcTimestamp),
    Column("withdrawn_by", Text, nullable=False, default=""),
)

audience = Table(
    "audience",
    metadata,
    Column("name", Text, primary_key=True),
    Column("file", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("imported_at", UtcTimestamp, nullable=False),
    # Why the file as it is now is not taken over, which version of the file, and its findings as JSON.
    Column("hold", Text),
    Column("hold_digest", Text, nullable=False, default=""),
    Column("hold_detail", Text, nullable=False, default=""),
    Column("held_at", UtcTimestamp),
)

audience_member = Table(
    "audience_member",
    metadata,
    Column("audience", Text, ForeignKey("audience.name"), primary_key=True),
    Column("recipient", Text, ForeignKey("recipient.id"), primary_key=True),
)

#: Known people who are in the file of a held list too: `publish` reaches them.
audience_candidate = Table(
    "audience_candidate",
    metadata,
    Column("audience", Text, ForeignKey("audience.name"), primary_key=True),
    Column("recipient", Text, ForeignKey("recipient.id"), primary_key=True),
)

#: Opt-outs that count until a cell of the list is mended; a person without a row here opted out for good.
unclear_opt_out = Table(
    "unclear_opt_out",
    metadata,
    Column("audience", Text, ForeignKey("audience.name"), primary_key=True),
    Column("recipient", Text, ForeignKey("recipient.id"), primary_key=True),
    Index("unclear_opt_out_recipient", "recipient"),
)

service_window = Table(
    "service_window",
    metadata,
    Column("account", Text, ForeignKey("account.id"), primary_key=True),
    Column("recipient", Text, ForeignKey("recipient.id"), primary_key=True),
    Column("open_until", UtcTimestamp, nullable=False),
)

marketing_preference = Table(
    "marketing_preference",
    metadata,
    Column("account", Text, ForeignKey("account.id"), primary_key=True),
    Column("recipient", Text, ForeignKey("recipient.id"), primary_key=True),
    Column("marketing", Boolean, nullable=False),
    Column("stated_at", UtcTimestamp, nullable=False),
)

pause = Table(
    "pause",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("except_types", Text, nullable=False),  # JSON list
    Column("started_at", UtcTimestamp, nullable=False),
    Column("ended_at", UtcTimestamp),
)

rate = Table(
    "rate",
    metadata,
    Column("account", Text, ForeignKey("account.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("recipient", Text, primary_key=True, default=""),
    Column("tat", REAL, nullable=False),  # theoretical arrival time, epoch seconds (GCRA)
)

quota_use = Table(
    "quota_use",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", Text, ForeignKey("account.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("recipient", Text, nullable=False, default=""),
    Column("at", UtcTimestamp, nullable=False),
    Index("quota_use_window", "account", "name", "at"),
    Index("quota_use_recipient", "account", "name", "recipient"),
)

message_event = Table(
    "message_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text),
    Column("remote_id", Text),
    Column("stage", Text),
    Column("failure_code", Text),
    Column("at", UtcTimestamp, nullable=False),
    Column("received_at", UtcTimestamp, nullable=False),
    Column("settled", Boolean, nullable=False, default=False),
    Index("message_event_remote", "remote_id"),
    partial_index("message_event_open", "id", where="settled = 0"),
)

sender = Table(
    "sender",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("command", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("started_at", UtcTimestamp, nullable=False),
    Column("heartbeat_at", UtcTimestamp, nullable=False),
    Column("stopped_at", UtcTimestamp),
    # The files that it runs with: the digest of config.toml, of each list, the stamp of each secret's source.
    Column("config_digest", Text, nullable=False, default=""),
    Column("config_read_at", UtcTimestamp),
    Column("list_digests", Text, nullable=False, default="{}"),
    Column("secret_stamps", Text, nullable=False, default="{}"),
    # Why the newest version of a file that decides is not in use, as JSON: path to reason and detail.
    Column("stale_files", Text, nullable=False, default="{}"),
)

#: People whom the office was asked to forget: no number, no name.
forgotten = Table(
    "forgotten",
    metadata,
    Column("digest", Text, primary_key=True),  # a keyed HMAC of the number; the key is not in the ledger
    Column("opted_out_at", UtcTimestamp),
    Column("forgotten_at", UtcTimestamp, nullable=False),
)
