"""A person wants a post out now: its time becomes this moment, and its outcome is waited for."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from humaspost.ledger import accounts
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import thread_parts
from humaspost.ledger.holds import pauses
from humaspost.ledger.schema import account, delivery, planned
from humaspost.model.delivery import State

#: What a person may send again by asking; published and unknown ones never.
ASKABLE = (State.SCHEDULED, State.PREPARING, State.MISSED, State.FAILED)
#: What asking changes of a delivery.
_ASKED = ("state", "reason", "due_at", "not_before", "failures", "follows")
_BEFORE = [delivery.c[name] for name in ("key", "attempts", *_ASKED)]
ENDED = tuple(state for state in State if state not in (State.SCHEDULED, State.PREPARING, State.SENDING))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for: (post, account id) pairs, each with when it was due and how its deliveries stood before."""

    pairs: tuple[tuple[str, str], ...]
    due: Mapping[str, datetime]
    before: Mapping[str, Sequence[Row[Any]]]


def ask(conn: Connection, post: str, *, account: str | None, now: datetime) -> Asked:
    """The post is due now, on all its accounts or on one."""
    wanted = list(conn.execute(_pairs(post, account)))
    before: dict[str, Sequence[Row[Any]]] = {}
    for account_id in (row.account for row in wanted):
        mine = (planned.c.post == post) & (planned.c.account == account_id)
        conn.execute(update(planned).where(mine).values(due_at=now))
        rows = (delivery.c.post == post) & (delivery.c.account == account_id)
        before[account_id] = conn.execute(select(*_BEFORE).where(rows)).all()
        held_part = (delivery.c.state == State.HELD) & delivery.c.reason.startswith("part ")
        askable = delivery.c.state.in_(ASKABLE)
        conn.execute(update(delivery).where(rows, held_part).values(due_at=now))
        follows = delivery.c.state.in_((State.MISSED, State.FAILED))
        conn.execute(update(delivery).where(rows, follows).values(follows=True))
        conn.execute(
            update(delivery)
            .where(rows, askable)
            .values(
                state=State.SCHEDULED,
                reason="",
                due_at=now,
                not_before=None,
                owner=None,
                failures=0,
                updated_at=now,
            )
        )
        thread_parts.hold_later(conn, rows)
    pairs = tuple((post, row.account) for row in wanted)
    return Asked(pairs, {row.account: row.due_at for row in wanted}, before)


def _pairs(post: str, name: str | None) -> Select[tuple[str, datetime]]:
    query = select(planned.c.account, planned.c.due_at).join(account, account.c.id == planned.c.account)
    query = query.where(planned.c.post == post)
    return query if name is None else query.where(account.c.name == name)


def withdraw(conn: Connection, asked: Asked, *, now: datetime) -> bool:
    """Each account on which nobody has begun since it was asked for is as it was before; whether that is all of them."""
    everything = True
    for post, account_id in asked.pairs:
        before = {row.key: row for row in asked.before[account_id]}
        mine = (delivery.c.post == post) & (delivery.c.account == account_id)
        rows = conn.execute(select(*_BEFORE).where(mine)).all()
        if any(_is_begun(row, before.get(row.key)) for row in rows):
            everything = False
            continue
        for key, row in before.items():
            values = {name: getattr(row, name) for name in _ASKED}
            if row.state in (*ASKABLE, State.HELD):
                state = State.SCHEDULED if row.state == State.PREPARING else row.state
                changed = {**values, "state": state, "updated_at": now}
                conn.execute(update(delivery).where(delivery.c.key == key).values(changed))
        pair = (planned.c.post == post) & (planned.c.account == account_id)
        conn.execute(update(planned).where(pair).values(due_at=asked.due[account_id]))
    return everything


def _is_begun(row: Row[Any], before: Row[Any] | None) -> bool:
    """Whether something was done with it since; one that is new is of a list that was gone through."""
    if before is None or row.attempts != before.attempts:
        return True
    return row.state != before.state and row.state not in (State.SCHEDULED, State.HELD)


def kept_back(conn: Connection, post: str, *, account: str | None) -> list[Row[Any]]:
    """Accounts that something of the post waits for, as nothing may be sent on them now."""
    wanted = {row.account for row in conn.execute(_pairs(post, account))}
    return [
        row
        for row in accounts.every(conn)
        if row.id in wanted and row.hold and (_open(conn, post, row.id) or _is_held(conn, post, row))
    ]


def _is_held(conn: Connection, post: str, by: Row[Any]) -> bool:
    mine = (delivery.c.post == post) & (delivery.c.account == by.id)
    held = (delivery.c.state == State.HELD) & (delivery.c.reason == by.hold)
    return bool(conn.scalar(select(delivery.c.key).where(mine, held).limit(1)))


def follow(ledger: Ledger, wanted: Sequence[tuple[str, str]], *, deadline: float) -> bool:
    """Another process sent them, or did not within ``deadline`` seconds (False)."""
    return _until(lambda conn: not any(_open(conn, *pair) for pair in wanted), ledger, deadline)


def _open(conn: Connection, post: str, account_id: str) -> bool:
    mine = (delivery.c.post == post) & (delivery.c.account == account_id)
    waiting = select(delivery.c.key).where(mine, delivery.c.state.notin_(ENDED)).limit(1)
    unexpanded = select(planned.c.post).where(
        planned.c.post == post, planned.c.account == account_id, planned.c.expanded.is_(False)
    )
    return bool(conn.scalar(waiting) or conn.scalar(unexpanded))


def until_landed(ledger: Ledger, *, deadline: float) -> bool:
    """No write is in flight any more; False after ``deadline`` seconds."""
    return _until(lambda conn: pauses.in_flight(conn) == 0, ledger, deadline)


def _until(over: Callable[[Connection], bool], ledger: Ledger, deadline: float) -> bool:
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        with ledger.read() as conn:
            if over(conn):
                return True
        time.sleep(0.1)
    return False
