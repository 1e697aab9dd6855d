"""Outcomes: proof always beats doubt, and nothing but proof or a person ends a doubt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from humaspost.ledger.deliveries import thread_parts
from humaspost.ledger.schema import account, attempt, delivery, look, planned
from humaspost.model.delivery import Proof, Receipt, Stage, State

#: Unknown outcomes in a row that stop a lane.
STREAK = 3
#: The reason of a delivery of which two are live.
TWICE = "twice"
_ORDER = {stage: rank for rank, stage in enumerate(Stage)}


@dataclass(frozen=True, slots=True)
class Published:
    """A receipt for one attempt."""

    key: str
    number: int
    receipt: Receipt


_LASTING = ("found", TWICE)
_PUBLISH = (
    update(delivery)
    .where(
        delivery.c.key == bindparam("the_key"),
        (delivery.c.state == State.SENDING) | (delivery.c.state == State.UNKNOWN),
    )
    .values(
        state=State.PUBLISHED,
        reason=bindparam("why"),
        remote_id=bindparam("remote_id"),
        url=bindparam("url"),
        published_at=bindparam("at"),
        stage=bindparam("stage"),
        owner=None,
        follows=False,
        next_look_at=None,
        code="",
        detail="",
        updated_at=bindparam("now"),
    )
)
_END = (
    update(attempt)
    .where(
        attempt.c.key == bindparam("the_key"),
        attempt.c.number == bindparam("the_number"),
        attempt.c.ended_at.is_(None),
    )
    .values(
        ended_at=bindparam("now"),
        outcome=bindparam("how"),
        code=bindparam("the_code"),
        detail=bindparam("why"),
    )
)


def publish(conn: Connection, receipts: Sequence[Published], *, now: datetime, found: bool) -> None:
    """The deliveries are published, unless they were settled before. ``found`` = by a look, not by a reply."""
    rows = [
        {
            "the_key": item.key,
            "why": "found" if found else item.receipt.note,
            "remote_id": item.receipt.remote_id,
            "url": item.receipt.url,
            "at": item.receipt.at,
            "stage": item.receipt.stage,
            "now": now,
        }
        for item in receipts
    ]
    conn.execute(_PUBLISH, rows)
    ends = [
        {
            "the_key": item.key,
            "the_number": item.number,
            "now": now,
            "how": "published",
            "the_code": "",
            "why": "",
        }
        for item in receipts
    ]
    conn.execute(_END, ends)
    keys = [item.key for item in receipts]
    live = (delivery.c.key.in_(keys)) & (delivery.c.state == State.PUBLISHED)
    columns = [delivery.c[name] for name in ("key", "post", "account", "part", "recipient", "remote_id")]
    settled = list(conn.execute(select(*columns).where(live)))
    given = {item.key: item.receipt.remote_id for item in receipts}
    twice = [
        row.key
        for row in settled
        if None not in (row.remote_id, given[row.key]) and row.remote_id != given[row.key]
    ]
    name_twice(conn, twice, now=now)
    for account_id in {row.account for row in settled}:
        _calm(conn, account_id)
    for row in settled:
        if not row.recipient and row.remote_id is not None:
            thread_parts.release_next(conn, row.post, row.account, part=row.part, now=now)


def name_twice(conn: Connection, keys: Sequence[str], *, now: datetime) -> None:
    """What was sent again by a person's word turned out to be live before: two of it exist, and that is said."""
    if keys:
        mine = delivery.c.key.in_(keys) & (delivery.c.state == State.PUBLISHED)
        conn.execute(update(delivery).where(mine).values(reason=TWICE, updated_at=now))


def address(conn: Connection, key: str, url: str) -> None:
    """Where a published delivery can be seen, if that was not known; nothing else of it changes."""
    mine = (delivery.c.key == key) & (delivery.c.state == State.PUBLISHED) & delivery.c.url.is_(None)
    conn.execute(update(delivery).where(mine).values(url=url))


def _calm(conn: Connection, account_id: str) -> None:
    """An answer came: the lane is open and no doubts are in a row."""
    mine = account.c.id == account_id
    row = conn.execute(select(account.c.unknown_streak, account.c.hold).where(mine)).one()
    if row.unknown_streak:
        conn.execute(update(account).where(mine).values(unknown_streak=0))
    if row.hold == "lane":
        free = {"hold": None, "hold_code": "", "hold_detail": "", "hold_until": None}
        conn.execute(update(account).where(mine).values(free))


def end(
    conn: Connection, key: str, number: int, *, outcome: str, now: datetime, code: str = "", detail: str = ""
) -> None:
    """The attempt is over; an attempt that ended keeps its first end."""
    row = {
        "the_key": key,
        "the_number": number,
        "now": now,
        "how": outcome,
        "the_code": code,
        "why": detail,
    }
    conn.execute(_END, row)


def again(
    conn: Connection,
    key: str,
    number: int,
    *,
    at: datetime | None,
    now: datetime,
    code: str = "",
    detail: str = "",
    outcome: str = "retry",
    counts: bool = True,
    held: str | None = None,
    whole: bool = False,
) -> None:
    """Proved not created: it waits until ``at``, or is held (``login``, ``quota``, ``lane``).

    ``counts`` = the next back-off is longer; a rate limit counts nothing. ``whole`` = so do the others of the post.
    """
    if whole and at is not None:
        soon = delivery.c.not_before.is_(None) | (delivery.c.not_before < at)
        waits = {"state": State.SCHEDULED, "owner": None, "not_before": at, "code": code, "detail": detail}
        conn.execute(update(delivery).where(_others(conn, key), soon).values(waits | {"updated_at": now}))
    state = State.HELD if held else State.SCHEDULED
    conn.execute(
        update(delivery)
        .where(delivery.c.key == key, delivery.c.state == State.SENDING)
        .values(
            state=state,
            reason=held or "",
            owner=None,
            not_before=at,
            failures=delivery.c.failures + (1 if counts else 0),
            code=code,
            detail=detail,
            updated_at=now,
        )
    )
    end(conn, key, number, outcome=outcome, now=now, code=code, detail=detail)
    _thaw(conn, key)


def fail(
    conn: Connection, key: str, number: int, *, code: str, detail: str, now: datetime, whole: bool = False
) -> None:
    """It will never be accepted as it is; a mended file or a person frees it.

    ``whole`` = nor for any other recipient of the post: those who still wait are not tried one by one.
    """
    failed = {"state": State.FAILED, "reason": code, "owner": None, "code": code, "detail": detail}
    mine = (delivery.c.key == key) & delivery.c.state.in_((State.SENDING, State.PREPARING))
    conn.execute(update(delivery).where(mine).values(failed | {"updated_at": now}))
    if whole:
        conn.execute(update(delivery).where(_others(conn, key)).values(failed | {"updated_at": now}))
    end(conn, key, number, outcome="failed", now=now, code=code, detail=detail)
    _thaw(conn, key)


def _others(conn: Connection, key: str) -> Any:
    """Whoever else the post is still to be sent to on the account."""
    one = conn.execute(select(delivery.c.post, delivery.c.account).where(delivery.c.key == key)).one()
    others = (delivery.c.post == one.post) & (delivery.c.account == one.account) & (delivery.c.key != key)
    return others & (delivery.c.recipient != "") & delivery.c.state.in_((State.SCHEDULED, State.PREPARING))


def _thaw(conn: Connection, key: str) -> None:
    """Nothing of the post is on the account and nothing may be: its first write is still to come."""
    row = conn.execute(select(delivery.c.post, delivery.c.account).where(delivery.c.key == key)).one()
    mine = (delivery.c.post == row.post) & (delivery.c.account == row.account)
    maybe_live = (State.SENDING, State.UNKNOWN, State.PUBLISHED)
    if conn.scalar(select(delivery.c.key).where(mine, delivery.c.state.in_(maybe_live)).limit(1)):
        return
    conn.execute(
        update(planned)
        .where(planned.c.post == row.post, planned.c.account == row.account)
        .values(first_write_at=None, frozen=None, changed=False)
    )


def doubt(
    conn: Connection,
    key: str,
    number: int,
    *,
    code: str,
    detail: str,
    now: datetime,
    look_after: float | None,
) -> int:
    """The outcome is unknown, and looked for ``look_after`` seconds from now; how many in a row it makes."""
    changed = conn.execute(
        update(delivery)
        .where(delivery.c.key == key, delivery.c.state == State.SENDING)
        .values(
            state=State.UNKNOWN,
            reason="ask" if look_after is None else "look",
            owner=None,
            code=code,
            detail=detail,
            unknown_since=now,
            looks=0,
            next_look_at=None if look_after is None else now + timedelta(seconds=look_after),
            updated_at=now,
        )
    ).rowcount
    end(conn, key, number, outcome="unknown", now=now, code=code, detail=detail)
    if not changed:
        return 0
    account_id = conn.scalar(select(delivery.c.account).where(delivery.c.key == key))
    conn.execute(
        update(account).where(account.c.id == account_id).values(unknown_streak=account.c.unknown_streak + 1)
    )
    return conn.scalar(select(account.c.unknown_streak).where(account.c.id == account_id)) or 0


def looked(
    conn: Connection, key: str, *, proof: Proof, next_at: datetime | None, now: datetime, retry: bool
) -> None:
    """One look is recorded: absence proven (or ``retry``, the account's own wish) schedules it again.

    No further look leaves it to a person.
    """
    conn.execute(insert(look).values(key=key, at=now, proof=proof))
    values: dict[str, object] = {"looks": delivery.c.looks + 1, "next_look_at": next_at, "updated_at": now}
    if proof is Proof.ABSENT_PROVEN or (next_at is None and retry):
        values |= {"state": State.SCHEDULED, "reason": "absent", "unknown_since": None, "next_look_at": None}
    elif next_at is None:
        values["reason"] = "ask"
    conn.execute(
        update(delivery).where(delivery.c.key == key, delivery.c.state == State.UNKNOWN).values(values)
    )
    if "state" in values:
        _thaw(conn, key)


def grow(conn: Connection, key: str, stage: Stage, *, now: datetime) -> None:
    """A receipt only grows: accepted, sent, delivered, read; what might have kept it back did not."""
    lower = [s for s in Stage if _ORDER[s] < _ORDER[stage]]
    conn.execute(
        update(delivery)
        .where(delivery.c.key == key, delivery.c.state == State.PUBLISHED, delivery.c.stage.in_(lower))
        .values(
            stage=stage,
            reason=func.iif(delivery.c.reason.in_(_LASTING), delivery.c.reason, ""),
            updated_at=now,
        )
    )


def failures(conn: Connection, key: str, *, code: str) -> tuple[int, int]:
    """How often in a row the delivery was refused for the moment; how many of its attempts ended with ``code``."""
    in_a_row = conn.scalar(select(delivery.c.failures).where(delivery.c.key == key)) or 0
    same = (attempt.c.key == key) & (attempt.c.code == code)
    return in_a_row, conn.scalar(select(func.count()).select_from(attempt).where(same)) or 0
