"""The unit of record: one part, to one account, for WhatsApp to one recipient."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from humaspost.base.canonical_json import Json
from humaspost.model.rendition import Part

DeliveryKey = str


class State(StrEnum):
    """Where a delivery stands; the table of architecture.md."""

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
    """How far a published message is known to have come; it only ever grows."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"


class Proof(StrEnum):
    """What a look after an unknown outcome proved when it did not find the object."""

    ABSENT_PROVEN = "absent_proven"
    ABSENT_SO_FAR = "absent_so_far"
    CANNOT_TELL = "cannot_tell"
    #: The question itself was not answered: nothing is known of it.
    NO_ANSWER = "no_answer"


def delivery_key(post: str, account: str, part: int, *, recipient: str = "", edition: int = 1) -> DeliveryKey:
    """32 hex digits; the text is not in it, so a mended typo never posts again."""
    source = "\x1f".join((post, account, str(part), recipient, str(edition)))
    return hashlib.sha256(source.encode()).hexdigest()[:32]


def parse_callback(callback: str | None) -> tuple[DeliveryKey | None, int | None]:
    """Delivery key and attempt in what a platform echoed (``hp1:<key>:<attempt>``); two Nones where it is not ours."""
    head, _, rest = (callback or "").partition(":")
    key, _, number = rest.partition(":")
    if head != "hp1" or not (number.isascii() and number.isdecimal() and len(number) < 9):
        return None, None
    return key, int(number)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person by the ledger's random id; ``service_window_open`` = free text may be sent now (WhatsApp's 24 hours)."""

    id: str
    phone: str = field(repr=False)
    service_window_open: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that an object is live; ``remote_id`` None = live, id not known.

    ``note`` = why what was accepted may still not be shown (``held-for-quality``), as the delivery's reason.
    """

    remote_id: str | None
    at: datetime
    url: str | None = None
    stage: Stage = Stage.ACCEPTED
    note: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """A committed intent: exactly this may be written now, once. ``at`` is its rate slot."""

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
    """One try, as ``Session.find`` needs it to look the object up.

    ``started_at`` is when the first try began that may have landed, ``ended_at`` when the last one's
    outcome became unknown, ``token`` what preparation gave, ``reply_to`` the remote id that was answered
    to, ``code`` the error's code (``duplicate`` may mean something). ``used_remote_ids`` are remote ids that other
    deliveries hold: none of them is the answer.
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
