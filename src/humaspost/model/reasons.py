"""Reasons for the state of an account, a file or a delivery, as our own codes."""

from enum import StrEnum


class AccountHold(StrEnum):
    """The reason for sending nothing, or only one write at a time, on an account."""

    LOGIN = "login"
    QUOTA = "quota"
    THROTTLE = "throttle"


class FileHold(StrEnum):
    """The reason in its file for sending nothing of a post."""

    DRAFT = "draft"
    ERROR = "error"
    #: The file is still being written.
    UNSETTLED = "unsettled"
    GONE = "gone"


class StaleReason(StrEnum):
    """The reason why a running sender does not use the newest version of a file that decides."""

    #: It has an error, so the last good version counts.
    BROKEN = "broken"
    #: It names another state folder or language, which a running sender cannot follow.
    RESTART = "restart"
    #: It has an account of the ledger under another name, and only a person knows whether it is the same one.
    RENAMED = "renamed"
    #: It differs from what the sender read, for longer than a sender needs to read it.
    UNREAD = "unread"


class ListHold(StrEnum):
    """The reason for not taking over the file of a list; also the code of its problem."""

    UNREADABLE = "list-unreadable"
    SHRUNK = "list-shrunk"
    EMPTY = "list-empty"
    MISSING = "list-missing"


class StopReason(StrEnum):
    """The reason for a delivery's state.

    A failed delivery has the platform's code instead, a published one the receipt's note, and a part that
    waits for an earlier one has ``part n`` (``part_reason``).
    """

    # held
    LOGIN = "login"
    QUOTA = "quota"
    THROTTLE = "throttle"
    PAUSE = "pause"
    FILE = "file"
    #: The file of a list that the post names is not taken over.
    LIST = "list"
    #: The part before it is published, but its address is unknown.
    NO_ADDRESS = "nowhere"
    #: The newest plan does not have it: not this account, not this part, or not this recipient.
    NOT_PLANNED = "not-in-plan"
    #: The lists that the post names reach nobody.
    NO_RECIPIENTS = "no-recipients"
    # missed, expired
    LATE = "late"
    EXPIRES = "expires"
    BEFORE_LEDGER = "before-ledger"
    # refused
    CONSENT = "consent"
    OPT_OUT = "opt-out"
    NO_TEMPLATE = "no-template"
    NO_MARKETING = "no-marketing"
    # failed
    SAME_TEXT = "same-text"
    #: Our own error while it was prepared or sent (unknown, where its intent was committed).
    BUG = "bug"
    # unknown
    LOOKUP = "lookup"
    DECISION = "decision"
    RESTORED = "restored"
    #: The outcome is unknown because its sender died.
    OWNER_DIED = "owner-died"
    # published
    FOUND = "found"
    DUPLICATE = "duplicate"
    # any
    PERSON = "person"
    #: A lookup proved that the object does not exist, so the delivery waits again.
    ABSENT = "absent"
    #: The gate got a delivery that its sender has not claimed.
    NOT_CLAIMED = "not-claimed"


#: The reasons of a post that was due before the ledger was made.
BEFORE_LEDGER_REASONS = (StopReason.BEFORE_LEDGER, StopReason.LATE)
#: The start of the reason of a delivery that waits for another part.
PART_PREFIX = "part "


def part_reason(part: int) -> str:
    """Return the reason of a delivery that waits for part ``part`` of its thread."""
    return f"{PART_PREFIX}{part}"


def is_part_reason(reason: str) -> bool:
    """Return True if an earlier part of the thread is the reason."""
    return reason.startswith(PART_PREFIX)
