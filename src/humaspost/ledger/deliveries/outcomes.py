"""Outcomes: proof always beats doubt, and nothing but proof or a person ends a doubt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from humaspost.ledger.deliveries import states, thread_parts
from humaspost.ledger.schema import account, attempt, delivery, lookup, plan_row
from humaspost.model.delivery import Proof, Receipt, Stage, State
from humaspost.model.reasons import AccountHold, StopReason

#: Unknown outcomes in a row that stop a lane.
THROTTLE_STREAK = 3
#: The reason of a delivery of which two are live.
DUPLICATE = StopReason.DUPLICATE
_ORDER = {stage: rank for rank, stage in enumerate(Stage)}


@dataclass(frozen=True, slots=True)
class PublishedReceipt:
    """A receipt for one attempt."""

    key: str
    number: int
    receipt: Receipt


_KEPT_REASONS = (StopReason.FOUND, DUPLICATE)
_PUBLISH = states.statement(
    states.PUBLISH,
    delivery.c.key == bindparam("the_key"),
    reason=bindparam("why"),
    remote_id=bindparam("remote_id"),
    url=bindparam("url"),
    published_at=bindparam("at"),
    stage=bindparam("stage"),
    owner=None,
    use_latest_rendition=False,
    next_lookup_at=None,
    code="",
    detail="",
    updated_at=bindparam("now"),
)
_END_ATTEMPT = (
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


def mark_published(
    conn: Connection, receipts: Sequence[PublishedReceipt], *, now: datetime, by_lookup: bool
) -> None:
    """The deliveries are published, unless they were settled before. ``found`` = by a look, not by a reply."""
    rows = [
        {
            "the_key": item.key,
            "why": StopReason.FOUND if by_lookup else item.receipt.note,
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
    conn.execute(_END_ATTEMPT, ends)
    keys = [item.key for item in receipts]
    is_published = (delivery.c.key.in_(keys)) & (delivery.c.state == State.PUBLISHED)
    columns = [delivery.c[name] for name in ("key", "post", "account", "part", "recipient", "remote_id")]
    settled = list(conn.execute(select(*columns).where(is_published)))
    receipt_ids = {item.key: item.receipt.remote_id for item in receipts}
    duplicates = [
        row.key
        for row in settled
        if None not in (row.remote_id, receipt_ids[row.key]) and row.remote_id != receipt_ids[row.key]
    ]
    mark_duplicate(conn, duplicates, now=now)
    for account_id in {row.account for row in settled}:
        _reset_unknown_streak(conn, account_id)
    for row in settled:
        if not row.recipient and row.remote_id is not None:
            thread_parts.release_following(conn, row.post, row.account, part=row.part, now=now)


def mark_duplicate(conn: Connection, keys: Sequence[str], *, now: datetime) -> None:
    """What was sent again by a person's word turned out to be live before: two of it exist, and that is said."""
    if keys:
        condition = delivery.c.key.in_(keys) & (delivery.c.state == State.PUBLISHED)
        conn.execute(update(delivery).where(condition).values(reason=DUPLICATE, updated_at=now))


def set_url(conn: Connection, key: str, url: str) -> None:
    """Where a published delivery can be seen, if that was not known; nothing else of it changes."""
    condition = (delivery.c.key == key) & (delivery.c.state == State.PUBLISHED) & delivery.c.url.is_(None)
    conn.execute(update(delivery).where(condition).values(url=url))


def _reset_unknown_streak(conn: Connection, account_id: str) -> None:
    """An answer came: the lane is open and no doubts are in a row."""
    condition = account.c.id == account_id
    row = conn.execute(select(account.c.unknown_streak, account.c.hold).where(condition)).one()
    if row.unknown_streak:
        conn.execute(update(account).where(condition).values(unknown_streak=0))
    if row.hold == AccountHold.THROTTLE:
        free = {"hold": None, "hold_code": "", "hold_detail": "", "hold_until": None}
        conn.execute(update(account).where(condition).values(free))


def end_attempt(
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
    conn.execute(_END_ATTEMPT, row)


def reschedule(
    conn: Connection,
    key: str,
    number: int,
    *,
    at: datetime | None,
    now: datetime,
    code: str = "",
    detail: str = "",
    outcome: str = "retry",
    counts_failure: bool = True,
    hold_reason: AccountHold | None = None,
    whole_post: bool = False,
) -> None:
    """Proved not created: it waits until ``at``, or is held (``login``, ``quota``, ``throttle``).

    ``counts`` = the next back-off is longer; a rate limit counts nothing. ``whole`` = so do the others of the post.
    """
    if whole_post and at is not None:
        is_earlier = delivery.c.not_before.is_(None) | (delivery.c.not_before < at)
        others = _other_recipients(conn, key) & is_earlier
        states.move(conn, states.DELAY, others, now=now, owner=None, not_before=at, code=code, detail=detail)
    states.move(
        conn,
        states.REFUSE_ACCOUNT if hold_reason else states.RESCHEDULE,
        delivery.c.key == key,
        now=now,
        reason=hold_reason or "",
        owner=None,
        not_before=at,
        failures=delivery.c.failures + (1 if counts_failure else 0),
        code=code,
        detail=detail,
    )
    end_attempt(conn, key, number, outcome=outcome, now=now, code=code, detail=detail)
    _unfreeze(conn, key)


def mark_failed(
    conn: Connection,
    key: str,
    number: int,
    *,
    code: str,
    detail: str,
    now: datetime,
    whole_post: bool = False,
) -> None:
    """It will never be accepted as it is; a mended file or a person frees it.

    ``whole`` = nor for any other recipient of the post: those who still wait are not tried one by one.
    """
    values = {"reason": code, "owner": None, "code": code, "detail": detail}
    states.move(conn, states.FAIL, delivery.c.key == key, now=now, **values)
    if whole_post:
        states.move(conn, states.FAIL_POST, _other_recipients(conn, key), now=now, **values)
    end_attempt(conn, key, number, outcome="failed", now=now, code=code, detail=detail)
    _unfreeze(conn, key)


def _other_recipients(conn: Connection, key: str) -> Any:
    """Whoever else the post is still to be sent to on the account."""
    row = conn.execute(select(delivery.c.post, delivery.c.account).where(delivery.c.key == key)).one()
    others = (delivery.c.post == row.post) & (delivery.c.account == row.account) & (delivery.c.key != key)
    return others & (delivery.c.recipient != "")


def _unfreeze(conn: Connection, key: str) -> None:
    """Nothing of the post is on the account and nothing may be: its first write is still to come."""
    row = conn.execute(select(delivery.c.post, delivery.c.account).where(delivery.c.key == key)).one()
    condition = (delivery.c.post == row.post) & (delivery.c.account == row.account)
    maybe_live = (State.SENDING, State.UNKNOWN, State.PUBLISHED)
    if conn.scalar(select(delivery.c.key).where(condition, delivery.c.state.in_(maybe_live)).limit(1)):
        return
    conn.execute(
        update(plan_row)
        .where(plan_row.c.post == row.post, plan_row.c.account == row.account)
        .values(first_write_at=None, frozen_rendition=None, changed=False)
    )


def mark_unknown(
    conn: Connection,
    key: str,
    number: int,
    *,
    code: str,
    detail: str,
    now: datetime,
    first_check_delay: float | None,
) -> int:
    """The outcome is unknown, and looked for ``look_after`` seconds from now; how many in a row it makes."""
    changed = states.move(
        conn,
        states.MARK_UNKNOWN,
        delivery.c.key == key,
        now=now,
        reason=StopReason.DECISION if first_check_delay is None else StopReason.LOOKUP,
        owner=None,
        code=code,
        detail=detail,
        unknown_since=now,
        lookups=0,
        next_lookup_at=None if first_check_delay is None else now + timedelta(seconds=first_check_delay),
    )
    end_attempt(conn, key, number, outcome="unknown", now=now, code=code, detail=detail)
    if not changed:
        return 0
    account_id = conn.scalar(select(delivery.c.account).where(delivery.c.key == key))
    conn.execute(
        update(account).where(account.c.id == account_id).values(unknown_streak=account.c.unknown_streak + 1)
    )
    return conn.scalar(select(account.c.unknown_streak).where(account.c.id == account_id)) or 0


def record_check(
    conn: Connection, key: str, *, proof: Proof, next_at: datetime | None, now: datetime, retry: bool
) -> None:
    """One look is recorded: absence proven (or ``retry``, the account's own wish) schedules it again.

    No further look leaves it to a person.
    """
    conn.execute(insert(lookup).values(key=key, at=now, proof=proof))
    lookups = delivery.c.lookups + 1
    if proof is Proof.ABSENT_PROVEN or (next_at is None and retry):
        states.move(
            conn,
            states.PROVE_ABSENT,
            delivery.c.key == key,
            now=now,
            reason=StopReason.ABSENT,
            unknown_since=None,
            lookups=lookups,
            next_lookup_at=None,
        )
        _unfreeze(conn, key)
        return
    values: dict[str, object] = {"lookups": lookups, "next_lookup_at": next_at, "updated_at": now}
    if next_at is None:
        values["reason"] = StopReason.DECISION
    conn.execute(
        update(delivery).where(delivery.c.key == key, delivery.c.state == State.UNKNOWN).values(values)
    )


def advance_receipt_stage(conn: Connection, key: str, stage: Stage, *, now: datetime) -> None:
    """A receipt only grows: accepted, sent, delivered, read; what might have kept it back did not."""
    lower = [s for s in Stage if _ORDER[s] < _ORDER[stage]]
    conn.execute(
        update(delivery)
        .where(delivery.c.key == key, delivery.c.state == State.PUBLISHED, delivery.c.stage.in_(lower))
        .values(
            stage=stage,
            reason=func.iif(delivery.c.reason.in_(_KEPT_REASONS), delivery.c.reason, ""),
            updated_at=now,
        )
    )


def count_failures(conn: Connection, key: str, *, code: str) -> tuple[int, int]:
    """How often in a row the delivery was refused for the moment; how many of its attempts ended with ``code``."""
    in_a_row = conn.scalar(select(delivery.c.failures).where(delivery.c.key == key)) or 0
    condition = (attempt.c.key == key) & (attempt.c.code == code)
    return in_a_row, conn.scalar(select(func.count()).select_from(attempt).where(condition)) or 0
