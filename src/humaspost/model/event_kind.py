"""The kinds of events while sending; their values are in ``--jsonl`` and never change."""

from enum import StrEnum


class EventKind(StrEnum):
    """One kind of event: a delivery's new state, or news of a file, an account or a recipient."""

    # The new state of a delivery.
    SCHEDULED = "scheduled"
    PREPARING = "preparing"
    SENDING = "sending"
    UNKNOWN = "unknown"
    PUBLISHED = "published"
    HELD = "held"
    MISSED = "missed"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    # Other events of a delivery.
    RETRY = "retry"
    PREPARE_FAILED = "prepare-failed"
    CHECKED = "checked"
    CHECK_FAILED = "check-failed"
    FOUND = "found"
    DUPLICATE = "duplicate"
    # Events of a file in the posts folder.
    NEW = "new"
    CHANGED = "changed"
    FILE_PROBLEM = "file-problem"
    # Events of the other files that decide: config.toml, lists, files with secrets.
    RELOADED = "reloaded"
    STALE_FILE = "stale-file"
    # Events of an account, a recipient or this computer.
    LIMIT = "limit"
    LOGIN = "login"
    OPTED_OUT = "opted-out"
    NO_MARKETING = "no-marketing"
    NUMBER_CHANGED = "number-changed"
    CLOCK = "clock"
    PROBLEM = "problem"
    # A sentence of the program itself.
    TEXT = "text"
