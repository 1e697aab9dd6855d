"""The states of a delivery: every transition, as data, and the only writer of ``state``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, insert, or_, update

from humaspost.ledger.schema import delivery
from humaspost.model.delivery import DeliveryKey, State

#: Short, as the table below is read by columns.
_S = State


@dataclass(frozen=True, slots=True)
class Transition:
    """A named step from any of its sources to its target.

    ``cause`` is a phrase for the guarantee page.
    """

    name: str
    sources: frozenset[State]
    target: State
    cause: str


def _define(name: str, sources: Iterable[State], target: State, cause: str) -> Transition:
    return Transition(name, frozenset(sources), target, cause)


# -- waiting and claiming ------------------------------------------------------------------------------
CLAIM = _define("claim", [_S.SCHEDULED], _S.PREPARING, "a sender claims it shortly before its time")
RELEASE = _define("release", [_S.PREPARING], _S.SCHEDULED, "it is not ready, or its file was edited")
RECOVER = _define("recover", [_S.PREPARING], _S.SCHEDULED, "its sender died before the intent")
DELAY = _define(
    "delay", [_S.SCHEDULED, _S.PREPARING], _S.SCHEDULED, "the platform refused another recipient of the post"
)

# -- the gate ------------------------------------------------------------------------------------------
SEND = _define("send", [_S.PREPARING], _S.SENDING, "the gate commits the intent to write")
#: The transition of a delivery that the gate denies, by the state that the gate decides.
DENIALS: Mapping[State, Transition] = {
    _S.HELD: _define(
        "deny-held",
        [_S.PREPARING],
        _S.HELD,
        "the gate finds a pause, a hold of its file, account or list, or that the newest plan does not have it",
    ),
    _S.MISSED: _define(
        "deny-missed", [_S.PREPARING], _S.MISSED, "the gate finds it late, and a person decides"
    ),
    _S.EXPIRED: _define(
        "deny-expired", [_S.PREPARING], _S.EXPIRED, "the gate finds it expired, or late under `late: skip`"
    ),
    _S.REFUSED: _define(
        "deny-refused", [_S.PREPARING], _S.REFUSED, "the gate finds that the recipient may not get it"
    ),
    _S.FAILED: _define(
        "deny-failed", [_S.PREPARING], _S.FAILED, "the gate finds the same text published under another id"
    ),
    _S.CANCELLED: _define(
        "deny-cancelled", [_S.PREPARING], _S.CANCELLED, "the gate finds that a person cancelled its post"
    ),
}

# -- outcomes of a write -------------------------------------------------------------------------------
PUBLISH = _define(
    "publish",
    [_S.SENDING, _S.UNKNOWN],
    _S.PUBLISHED,
    "the platform confirms it, at once or when it is looked up",
)
RESCHEDULE = _define(
    "reschedule", [_S.SENDING], _S.SCHEDULED, "it is proven that nothing was created, and it is tried again"
)
REFUSE_ACCOUNT = _define(
    "refuse-account", [_S.SENDING], _S.HELD, "the platform refuses the login, or the allowance is spent"
)
FAIL = _define(
    "fail", [_S.SENDING], _S.FAILED, "the platform will never accept it as it is, or not within its tries"
)
FAIL_UNPREPARED = _define(
    "fail-unprepared",
    [_S.PREPARING],
    _S.FAILED,
    "the platform refuses what it is made of, or it makes humaspost itself fail before the intent",
)
FAIL_POST = _define(
    "fail-post",
    [_S.SCHEDULED, _S.PREPARING],
    _S.FAILED,
    "the platform will never accept the post, for any recipient",
)
MARK_UNKNOWN = _define(
    "mark-unknown", [_S.SENDING], _S.UNKNOWN, "no proof came, or its sender died after the intent"
)
PROVE_ABSENT = _define(
    "prove-absent",
    [_S.UNKNOWN],
    _S.SCHEDULED,
    'a lookup proves that it is not there, or the account says `on_unknown = "retry"`',
)

# -- holds ---------------------------------------------------------------------------------------------
HOLD = _define(
    "hold",
    [_S.SCHEDULED, _S.PREPARING],
    _S.HELD,
    "its file or its account is held, or an earlier part is not published",
)
UNHOLD = _define("unhold", [_S.HELD], _S.SCHEDULED, "the cause of the hold ends")
EXPIRE_PARTS = _define("expire-parts", [_S.HELD], _S.EXPIRED, "an earlier part of the thread expired")

# -- the whole post ------------------------------------------------------------------------------------
SETTLE_MISSED = _define(
    "settle-missed", [_S.SCHEDULED], _S.MISSED, "its whole post is late, and a person decides"
)
SETTLE_EXPIRED = _define(
    "settle-expired", [_S.SCHEDULED], _S.EXPIRED, "its whole post expired, or is late under `late: skip`"
)

# -- the plan changes ----------------------------------------------------------------------------------
REPLAN = _define("replan", [_S.MISSED, _S.FAILED], _S.SCHEDULED, "its file got a new date or was corrected")
UNEXPIRE = _define("unexpire", [_S.EXPIRED], _S.SCHEDULED, "its file got other dates, by which it is in time")
DROP = _define(
    "drop",
    [_S.SCHEDULED, _S.PREPARING, _S.HELD, _S.MISSED, _S.FAILED],
    _S.HELD,
    "its file no longer names the account, or a list with the recipient",
)
RETURN_MISSED = _define(
    "return-missed",
    [_S.HELD],
    _S.MISSED,
    "its file names it again, and it had been missed or had failed, and is late",
)
CANCEL_SURPLUS = _define(
    "cancel-surplus",
    [_S.SCHEDULED, _S.HELD, _S.MISSED, _S.FAILED],
    _S.CANCELLED,
    "the new text of its thread has fewer parts",
)
RESTORE_PART = _define(
    "restore-part", [_S.CANCELLED], _S.SCHEDULED, "the text of its thread has that many parts again"
)
ALLOW_CONSENTED = _define(
    "allow-consented", [_S.REFUSED], _S.SCHEDULED, "the recipient's consent was recorded since"
)

# -- a user decides ------------------------------------------------------------------------------------
CONFIRM_PUBLISHED = _define(
    "confirm-published", [_S.UNKNOWN], _S.PUBLISHED, "a person confirms that it is out"
)
RETRY = _define("retry", [_S.UNKNOWN, _S.FAILED], _S.SCHEDULED, "a person has it sent again")
CANCEL = _define(
    "cancel",
    [_S.UNKNOWN, _S.FAILED, _S.MISSED, _S.HELD, _S.SCHEDULED, _S.PREPARING],
    _S.CANCELLED,
    "a person cancels it, or had cancelled its post",
)
FORGET = _define(
    "forget",
    [_S.SCHEDULED, _S.PREPARING, _S.HELD, _S.MISSED, _S.FAILED],
    _S.REFUSED,
    "a person has the recipient forgotten",
)
#: The transition of the recipients of a post that is denied as a whole, by the state that is decided.
SETTLEMENTS: Mapping[State, Transition] = {
    _S.HELD: HOLD,
    _S.MISSED: SETTLE_MISSED,
    _S.EXPIRED: SETTLE_EXPIRED,
    _S.CANCELLED: CANCEL,
}
CANCEL_PARTS = _define(
    "cancel-parts", [_S.HELD], _S.CANCELLED, "a person cancelled an earlier part of the thread"
)
PUBLISH_NOW = _define(
    "publish-now",
    [_S.SCHEDULED, _S.PREPARING, _S.MISSED, _S.FAILED],
    _S.SCHEDULED,
    "a person publishes it now",
)
UNCANCEL = _define("uncancel", [_S.CANCELLED], _S.SCHEDULED, "a person publishes what was cancelled")
#: The transitions when `publish` is interrupted: a delivery returns to its earlier state.
UNDO_PUBLISH_NOW: Mapping[State, Transition] = {
    _S.SCHEDULED: _define(
        "undo-scheduled", [_S.SCHEDULED, _S.PREPARING, _S.HELD], _S.SCHEDULED, "`publish` is interrupted"
    ),
    _S.MISSED: _define(
        "undo-missed", [_S.MISSED, _S.SCHEDULED, _S.HELD], _S.MISSED, "`publish` is interrupted"
    ),
    _S.FAILED: _define(
        "undo-failed", [_S.FAILED, _S.SCHEDULED, _S.HELD], _S.FAILED, "`publish` is interrupted"
    ),
    _S.CANCELLED: _define(
        "undo-uncancel", [_S.CANCELLED, _S.SCHEDULED, _S.HELD], _S.CANCELLED, "`publish` is interrupted"
    ),
    _S.REFUSED: _define(
        "undo-allow", [_S.REFUSED, _S.SCHEDULED, _S.HELD], _S.REFUSED, "`publish` is interrupted"
    ),
}

# -- reports from outside ------------------------------------------------------------------------------
RESTORE_GAP = _define(
    "restore-gap",
    [_S.SCHEDULED, _S.PREPARING, _S.HELD, _S.FAILED, _S.SENDING, _S.UNKNOWN],
    _S.UNKNOWN,
    "the ledger was restored, and it may have been sent since the backup",
)
REOPEN = _define(
    "reopen",
    [_S.SCHEDULED, _S.PREPARING, _S.HELD, _S.MISSED, _S.FAILED, _S.EXPIRED, _S.REFUSED, _S.CANCELLED],
    _S.UNKNOWN,
    "a webhook proves that an earlier attempt is live; it is `published` in the same transaction",
)
#: The transition after a webhook reports the failure of a message, by the new state.
WEBHOOK_FAILURES: Mapping[State, Transition] = {
    _S.FAILED: _define(
        "webhook-failed",
        [_S.PUBLISHED, _S.SENDING, _S.UNKNOWN],
        _S.FAILED,
        "a webhook reports that it failed",
    ),
    _S.HELD: _define(
        "webhook-held",
        [_S.PUBLISHED, _S.SENDING, _S.UNKNOWN],
        _S.HELD,
        "a webhook reports that the account is restricted",
    ),
    _S.SCHEDULED: _define(
        "webhook-retry",
        [_S.PUBLISHED, _S.SENDING, _S.UNKNOWN],
        _S.SCHEDULED,
        "a webhook reports a failure that may pass",
    ),
}

TRANSITIONS: tuple[Transition, ...] = (
    *(CLAIM, RELEASE, RECOVER, DELAY, SEND, *DENIALS.values()),
    *(PUBLISH, RESCHEDULE, REFUSE_ACCOUNT, FAIL, FAIL_UNPREPARED, FAIL_POST, MARK_UNKNOWN, PROVE_ABSENT),
    *(HOLD, UNHOLD, EXPIRE_PARTS, SETTLE_MISSED, SETTLE_EXPIRED),
    *(REPLAN, UNEXPIRE, DROP, RETURN_MISSED, CANCEL_SURPLUS, RESTORE_PART, ALLOW_CONSENTED),
    *(
        CONFIRM_PUBLISHED,
        RETRY,
        CANCEL,
        FORGET,
        CANCEL_PARTS,
        PUBLISH_NOW,
        UNCANCEL,
        *UNDO_PUBLISH_NOW.values(),
    ),
    *(RESTORE_GAP, REOPEN, *WEBHOOK_FAILURES.values()),
)
#: The states in which a delivery may enter the ledger, with the cause of each.
INITIAL: Mapping[State, str] = {
    _S.SCHEDULED: "a post is planned, or expanded to its recipients",
    _S.HELD: "a later part waits for the part before it",
    _S.MISSED: "it was due before the ledger was made",
    _S.EXPIRED: "it was due before the ledger was made, and has expired or is never sent late",
    _S.REFUSED: "the recipient opted out or never consented",
}
#: The states that each state may change to.
ALLOWED: Mapping[State, frozenset[State]] = {
    state: frozenset(t.target for t in TRANSITIONS if state in t.sources) - {state} for state in State
}


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery that enters the ledger."""

    key: DeliveryKey
    post: str
    account: str
    part: int
    state: State
    reason: str
    due_at: datetime
    priority: int
    recipient: str = ""
    edition: int = 1


def insert_deliveries(conn: Connection, deliveries: Sequence[NewDelivery], *, now: datetime) -> None:
    """Insert new deliveries; raise ValueError for one that is not in an initial state."""
    wrong = [item.state for item in deliveries if item.state not in INITIAL]
    if wrong:
        raise ValueError(f"no delivery starts as {wrong[0]}")
    if deliveries:
        conn.execute(insert(delivery), [asdict(item) | {"updated_at": now} for item in deliveries])


def statement(transition: Transition, where: ColumnElement[bool], **values: Any) -> Update:
    """Return the UPDATE of a transition; it changes only deliveries in one of its sources.

    ``where`` and ``values`` may hold bound parameters, for one statement over many rows.
    """
    # Not IN: SQLAlchemy cannot expand its list in a statement over many rows.
    is_source = or_(*[delivery.c.state == state for state in State if state in transition.sources])
    return update(delivery).where(where, is_source).values(state=transition.target, **values)


def move(
    conn: Connection, transition: Transition, where: ColumnElement[bool], *, now: datetime, **values: Any
) -> int:
    """Make the transition where it is allowed, and return how many deliveries changed.

    ``values`` are the other columns; the reason stays unchanged where it is not among them.
    """
    return conn.execute(statement(transition, where, **values, updated_at=now)).rowcount
