"""The last progress of posts that began; ``policy/lateness.py`` says what counts.

A delivery that waits by itself has the end of its wait in ``not_before``; here is what a whole post shares.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, update

from humaspost.ledger.schema import delivery, plan_row
from humaspost.model.delivery import State

#: A post that was written this short a time ago needs no new time: one statement per batch would cost too much.
_RESOLUTION = timedelta(seconds=1)
#: A wait of the whole account that is shorter than this is no standstill.
_SHORT_WAIT = timedelta(minutes=1)
_WAITING = (State.SCHEDULED, State.PREPARING, State.SENDING, State.UNKNOWN)


def record_writes(conn: Connection, account_id: str, posts: Collection[str], *, now: datetime) -> None:
    """Record that intents of these posts are committed now, with one statement."""
    is_older = plan_row.c.progress_at.is_(None) | (plan_row.c.progress_at < now - _RESOLUTION)
    condition = (plan_row.c.account == account_id) & plan_row.c.post.in_(posts) & is_older
    conn.execute(update(plan_row).where(condition).values(progress_at=now))


def record_account_wait(conn: Connection, account_id: str, *, until: datetime, now: datetime) -> None:
    """Record that whatever began and waits on the account waits until then.

    A post that is paused or held waits for something else: it is not among them.
    """
    if until - now < _SHORT_WAIT:
        return
    has_waiting = exists(delivery.c.key).where(
        delivery.c.post == plan_row.c.post,
        delivery.c.account == plan_row.c.account,
        delivery.c.state.in_(_WAITING),
    )
    is_waiting = has_waiting | (plan_row.c.expanded.is_(False) & plan_row.c.stop.is_(None))
    _move(conn, (plan_row.c.account == account_id) & is_waiting, until)


def record_wait(conn: Connection, key: str, *, until: datetime) -> None:
    """Record that the delivery's post waits until then: the rest of it waits for this delivery."""
    its_post = exists(delivery.c.key).where(
        delivery.c.key == key, delivery.c.post == plan_row.c.post, delivery.c.account == plan_row.c.account
    )
    _move(conn, its_post, until)


def _move(conn: Connection, where: ColumnElement[Any], time: datetime) -> None:
    is_earlier = plan_row.c.progress_at.is_(None) | (plan_row.c.progress_at < time)
    condition = where & plan_row.c.first_write_at.isnot(None) & is_earlier
    conn.execute(update(plan_row).where(condition).values(progress_at=time))
