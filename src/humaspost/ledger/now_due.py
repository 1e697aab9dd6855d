"""A person wants a post out now: its time becomes this moment, and its outcome is waited for."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from humaspost.ledger import accounts, parts, pauses
from humaspost.ledger.schema import account, delivery, planned
from humaspost.ledger.store import Ledger
from humaspost.model.delivery import State

#: What a person may send again by asking; published and unknown ones never.
ASKABLE = (State.SCHEDULED, State.PREPARING, State.MISSED, State.FAILED)
_BEGUN = (State.PREPARING, State.SENDING)
ENDED = tuple(state for state in State if state not in (State.SCHEDULED, State.PREPARING, State.SENDING))


def ask(conn: Connection, post: str, *, account: str | None, now: datetime) -> list[tuple[str, str]]:
    """The post is due now; the (post, account id) pairs that this is about."""
    wanted = [row.account for row in conn.execute(_pairs(post, account))]
    for account_id in wanted:
        mine = (planned.c.post == post) & (planned.c.account == account_id)
        conn.execute(update(planned).where(mine).values(due_at=now))
        rows = (delivery.c.post == post) & (delivery.c.account == account_id)
        held_part = (delivery.c.state == State.HELD) & delivery.c.reason.startswith("part ")
        conn.execute(update(delivery).where(rows, held_part).values(due_at=now))
        askable = delivery.c.state.in_(ASKABLE)
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
        parts.hold_later(conn, rows)
    return [(post, account_id) for account_id in wanted]


def _pairs(post: str, name: str | None) -> Select[tuple[str]]:
    query = select(planned.c.account).join(account, account.c.id == planned.c.account)
    query = query.where(planned.c.post == post)
    return query if name is None else query.where(account.c.name == name)


def withdraw(conn: Connection, post: str, *, account: str | None, now: datetime) -> bool:
    """What nobody has begun to send is due at its own date again; whether that is all that was asked for."""
    everything = True
    for row in conn.execute(_pairs(post, account)):
        mine = (planned.c.post == post) & (planned.c.account == row.account)
        rows = (delivery.c.post == post) & (delivery.c.account == row.account)
        begun = select(delivery.c.key).where(rows, (delivery.c.attempts > 0) | delivery.c.state.in_(_BEGUN))
        if conn.scalar(begun.limit(1)) is not None:
            everything = False
            continue
        conn.execute(update(planned).where(mine).values(due_at=planned.c.date_at))
        date = select(planned.c.date_at).where(mine).scalar_subquery()
        waiting = delivery.c.state.in_((State.SCHEDULED, State.HELD))
        conn.execute(update(delivery).where(rows, waiting).values(due_at=date, updated_at=now))
    return everything


def kept_back(conn: Connection, post: str, *, account: str | None) -> list[Row[Any]]:
    """Accounts that something of the post waits for, as nothing may be sent on them now."""
    wanted = {row.account for row in conn.execute(_pairs(post, account))}
    return [
        row
        for row in accounts.every(conn)
        if row.id in wanted and row.hold and (_open(conn, post, row.id) or _is_held(conn, post, row.id))
    ]


def _is_held(conn: Connection, post: str, account_id: str) -> bool:
    mine = (delivery.c.post == post) & (delivery.c.account == account_id)
    return bool(conn.scalar(select(delivery.c.key).where(mine, delivery.c.state == State.HELD).limit(1)))


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
