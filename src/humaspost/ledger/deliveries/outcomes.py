"""Changes of a delivery by what became of its write.

Proof always wins over an unknown outcome, and only proof or a user ends one.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from humaspost.ledger.deliveries import progress, states, thread_parts
from humaspost.ledger.deliveries.attempts import end_attempt
from humaspost.ledger.posts import decisions
from humaspost.ledger.schema import account, delivery, lookup, plan_row
from humaspost.model.delivery import Proof, State
from humaspost.model.reasons import AccountHold, StopReason


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
    """Schedule a delivery for ``at`` that was proven not created, or hold it.

    ``hold_reason`` is ``login``, ``quota`` or ``throttle``. ``counts_failure`` = the next back-off is longer;
    a rate limit does not count. ``whole_post`` = the other recipients of the post wait too.
    """
    if whole_post and at is not None:
        is_earlier = delivery.c.not_before.is_(None) | (delivery.c.not_before < at)
        others = _other_recipients(conn, key) & is_earlier
        states.move(conn, states.DELAY, others, now=now, owner=None, not_before=at, code=code, detail=detail)
        progress.record_wait(conn, key, until=at)  # for those who have no row yet
    states.move(
        conn,
        states.REFUSE_ACCOUNT if hold_reason else states.RESCHEDULE,
        _is_attempt(key, number),
        now=now,
        reason=hold_reason or "",
        owner=None,
        not_before=at,
        failures=delivery.c.failures + (1 if counts_failure else 0),
        code=code,
        detail=detail,
    )
    end_attempt(conn, key, number, outcome=outcome, now=now, code=code, detail=detail)
    _follow_text(conn, key, now=now)
    decisions.settle_cancelled(conn, delivery.c.key == key, now=now)


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
    """Mark the delivery as failed: the platform refused its write for good.

    A fixed file or a user schedules it again. ``whole_post`` = the platform will not accept the post for any
    other recipient either: those who still wait are not tried one by one.
    """
    values = {"reason": code, "owner": None, "code": code, "detail": detail}
    states.move(conn, states.FAIL, _is_attempt(key, number), now=now, **values)
    if whole_post:
        states.move(conn, states.FAIL_POST, _other_recipients(conn, key), now=now, **values)
    end_attempt(conn, key, number, outcome="failed", now=now, code=code, detail=detail)
    _follow_text(conn, key, now=now)
    decisions.settle_cancelled(conn, delivery.c.key == key, now=now)


def mark_unpreparable(
    conn: Connection, key: str, *, code: str, detail: str, now: datetime, whole_post: bool
) -> bool:
    """Mark a claimed delivery as failed; return False if it is not claimed any more.

    Nothing of it was sent. An edit may have released it, and another turn may be writing it: nothing changes then.
    """
    values = {"reason": code, "owner": None, "code": code, "detail": detail}
    if not states.move(conn, states.FAIL_UNPREPARED, delivery.c.key == key, now=now, **values):
        return False
    if whole_post:
        states.move(conn, states.FAIL_POST, _other_recipients(conn, key), now=now, **values)
    _follow_text(conn, key, now=now)
    decisions.settle_cancelled(conn, delivery.c.key == key, now=now)
    return True


def _is_attempt(key: str, number: int) -> ColumnElement[bool]:
    """Return the condition of a delivery whose newest attempt is this one.

    An outcome may come after a recovery, while another attempt is being written: it says nothing about that one.
    """
    return (delivery.c.key == key) & (delivery.c.attempts == number)


def _other_recipients(conn: Connection, key: str) -> Any:
    """Return the condition of the post's other recipients on the account."""
    row = conn.execute(select(delivery.c.post, delivery.c.account).where(delivery.c.key == key)).one()
    others = (delivery.c.post == row.post) & (delivery.c.account == row.account) & (delivery.c.key != key)
    return others & (delivery.c.recipient != "")


def _follow_text(conn: Connection, key: str, *, now: datetime) -> None:
    """Have the post follow its newest text where nothing of it is or may be published."""
    columns = (delivery.c.post, delivery.c.account, delivery.c.recipient)
    row = conn.execute(select(*columns).where(delivery.c.key == key)).one()
    condition = (delivery.c.post == row.post) & (delivery.c.account == row.account)
    maybe_live = (State.SENDING, State.UNKNOWN, State.PUBLISHED)
    if not conn.scalar(select(delivery.c.key).where(condition, delivery.c.state.in_(maybe_live)).limit(1)):
        conn.execute(
            update(plan_row)
            .where(plan_row.c.post == row.post, plan_row.c.account == row.account)
            .values(first_write_at=None, frozen_rendition=None, changed=False)
        )
    if not row.recipient:
        thread_parts.match_parts(conn, row.post, row.account, now=now)


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
    """Mark the outcome as unknown; return how many in a row the account has now.

    The first lookup is ``first_check_delay`` seconds from now; None = a user decides.
    """
    changed = states.move(
        conn,
        states.MARK_UNKNOWN,
        _is_attempt(key, number),
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
    if first_check_delay is not None:
        progress.record_wait(conn, key, until=now + timedelta(seconds=first_check_delay))
    account_id = conn.scalar(select(delivery.c.account).where(delivery.c.key == key))
    conn.execute(
        update(account).where(account.c.id == account_id).values(unknown_streak=account.c.unknown_streak + 1)
    )
    return conn.scalar(select(account.c.unknown_streak).where(account.c.id == account_id)) or 0


def record_check(
    conn: Connection, key: str, *, proof: Proof, next_at: datetime | None, now: datetime, retry: bool
) -> None:
    """Record one lookup; schedule the delivery again where its absence is proven.

    ``retry``, a setting of the account, schedules it also where no lookup follows. Otherwise a user decides
    when no lookup follows.
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
        _follow_text(conn, key, now=now)
        decisions.settle_cancelled(conn, delivery.c.key == key, now=now)
        return
    values: dict[str, object] = {"lookups": lookups, "next_lookup_at": next_at, "updated_at": now}
    if next_at is None:
        values["reason"] = StopReason.DECISION
    else:
        progress.record_wait(conn, key, until=next_at)
    conn.execute(
        update(delivery).where(delivery.c.key == key, delivery.c.state == State.UNKNOWN).values(values)
    )
