"""Reasons: why an account, a file or a delivery is where it is, in words of ours."""

from enum import StrEnum


class AccountHold(StrEnum):
    """Why nothing, or only one write at a time, goes out on an account."""

    LOGIN = "login"
    QUOTA = "quota"
    THROTTLE = "throttle"


class FileHold(StrEnum):
    """Why nothing of a post is sent because of its file."""

    DRAFT = "draft"
    ERROR = "error"
    #: The file is still being written.
    UNSETTLED = "unsettled"
    GONE = "gone"


class StopReason(StrEnum):
    """Why a delivery is in its state.

    A failed delivery has the platform's code as its reason instead, a published one the receipt's note, and
    a part that waits for an earlier one ``part n`` (``part_reason``).
    """

    # held
    LOGIN = "login"
    QUOTA = "quota"
    THROTTLE = "throttle"
    PAUSE = "pause"
    FILE = "file"
    #: The file of a post to a list of people is gone.
    LIST = "list"
    #: The part before it is published, and its address is not known.
    NO_ADDRESS = "nowhere"
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
    # unknown
    LOOKUP = "lookup"
    DECISION = "decision"
    RESTORED = "restored"
    #: The code of an outcome that is unknown since its sender died.
    OWNER_DIED = "owner-died"
    # published
    FOUND = "found"
    DUPLICATE = "duplicate"
    # any
    PERSON = "person"
    #: A lookup showed that it is not there, so it waits again.
    ABSENT = "absent"
    #: The gate was asked for a delivery that its sender has not claimed.
    NOT_CLAIMED = "not-claimed"


#: What the reason of a delivery that waits for another part begins with.
PART_PREFIX = "part "


def part_reason(part: int) -> str:
    """Return the reason of a delivery that is stopped by part ``part`` of its thread."""
    return f"{PART_PREFIX}{part}"


def is_part_reason(reason: str) -> bool:
    """Return True if an earlier part of the thread is the reason."""
    return reason.startswith(PART_PREFIX)
