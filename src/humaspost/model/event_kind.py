"""The kinds of events while sending; their values stand in ``--jsonl`` and never change."""

from enum import StrEnum


class EventKind(StrEnum):
    """One kind of event: a delivery's new state, or what concerns a file, an account or a recipient."""

    # A delivery is in this state now.
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
    # What happened to it besides.
    RETRY = "retry"
    PREPARE_FAILED = "prepare-failed"
    CHECKED = "checked"
    CHECK_FAILED = "check-failed"
    FOUND = "found"
    DUPLICATE = "duplicate"
    # A file of the posts folder.
    NEW = "new"
    CHANGED = "changed"
    FILE_PROBLEM = "file-problem"
    # An account, a recipient, this computer.
    LIMIT = "limit"
    LOGIN = "login"
    OPTED_OUT = "opted-out"
    NO_MARKETING = "no-marketing"
    NUMBER_CHANGED = "number-changed"
    CLOCK = "clock"
    PROBLEM = "problem"
    # A sentence of the program itself.
    TEXT = "text"
