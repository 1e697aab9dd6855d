"""A delivery, the unit of record: one part to one account, on WhatsApp to one recipient."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from humaspost.base.canonical_json import Json
from humaspost.model.rendition import Part

DeliveryKey = str


class State(StrEnum):
    """The state of a delivery; architecture.md has the table."""

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


WAITING_STATES = (State.SCHEDULED, State.PREPARING, State.SENDING)
UNRESOLVED_STATES = (State.UNKNOWN, State.MISSED, State.FAILED)


class Stage(StrEnum):
    """The last known stage of a published message; a stage never goes back."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"


class Proof(StrEnum):
    """The result of a lookup after an unknown outcome that did not find the object."""

    ABSENT_PROVEN = "absent_proven"
    ABSENT_SO_FAR = "absent_so_far"
    CANNOT_TELL = "cannot_tell"
    #: The platform did not answer the lookup, so nothing is proved.
    NO_ANSWER = "no_answer"


def delivery_key(post: str, account: str, part: int, *, recipient: str = "", edition: int = 1) -> DeliveryKey:
    """Return 32 hex digits; the text is not included, so a fixed typo never posts again."""
    source = "\x1f".join((post, account, str(part), recipient, str(edition)))
    return hashlib.sha256(source.encode()).hexdigest()[:32]


def parse_callback(callback: str | None) -> tuple[DeliveryKey | None, int | None]:
    """Return key and attempt of an echoed ``hp1:<key>:<attempt>``; Nones if it is not ours."""
    head, _, rest = (callback or "").partition(":")
    key, _, number = rest.partition(":")
    if head != "hp1" or not (number.isascii() and number.isdecimal() and len(number) < 9):
        return None, None
    return key, int(number)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient by the ledger's random id.

    ``service_window_open`` is True if free text may be sent now (WhatsApp's 24 hours). ``name`` is there so that
    it can be hidden in the platform's answer.
    """

    id: str
    phone: str = field(repr=False)
    service_window_open: bool = False
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that an object is published; ``remote_id`` None if its id is unknown.

    ``note`` is why an accepted object might still be hidden (``held-for-quality``); it becomes the
    delivery's reason.
    """

    remote_id: str | None
    at: datetime
    url: str | None = None
    stage: Stage = Stage.ACCEPTED
    note: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """A committed intent: permission for exactly this write, once; ``at`` is its rate slot."""

    key: str
    number: int
    post: str
    part: Part
    token: Json
    at: datetime
    gated_at: datetime
    to: Recipient | None
    reply_to: Receipt | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, with the facts that ``Session.find`` needs to look up its object.

    ``started_at`` is the start of the first attempt that might have succeeded. ``ended_at`` is when the
    outcome of the last one became unknown. ``token`` is the result of preparation, ``reply_to`` the
    remote id of the post that this one replies to, ``code`` the error's code (``duplicate`` can be
    evidence). ``used_remote_ids`` belong to other deliveries: none of them is the object.
    """

    key: DeliveryKey
    number: int
    started_at: datetime
    ended_at: datetime
    part: Part
    token: Json = None
    reply_to: str | None = None
    code: str = ""
    used_remote_ids: frozenset[str] = frozenset()


#: The platform's id of a post, and its public address.
RemoteLocation = tuple[str | None, str | None]
