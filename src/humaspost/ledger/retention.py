"""The age at which rows go that nobody needs any more; deliveries and attempts stay."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Table, delete, select, tuple_, union, update
from sqlalchemy.engine import Connection

from humaspost.ledger.database import Ledger
from humaspost.ledger.dialect import upsert
from humaspost.ledger.posts.unexpanded import is_unexpanded
from humaspost.ledger.schema import (
    attempt,
    delivery,
    message_event,
    meta,
    plan_row,
    preparation,
    rate,
    rendition,
    sender,
)
from humaspost.model.delivery import State

#: `run` tidies at most so often; `schedule` once an hour.
RUN_INTERVAL = timedelta(days=1)
_KEY = "tidied_at"
#: Rows per transaction, so that no send waits long.
_CHUNK = 1000
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
#: The states from which a delivery may be sent, by itself or by a person.
PENDING_STATES = (
    State.SCHEDULED,
    State.PREPARING,
    State.SENDING,
    State.UNKNOWN,
    State.HELD,
    State.MISSED,
    State.FAILED,
)
#: Links between the names of a person, and choices that wait for a number; they have no age.
_LASTING_KINDS = ("identity", "opt-out", "no-marketing", "marketing-again")


@dataclass(frozen=True, slots=True)
class RowAge:
    """An age of rows: older ones are deleted, or have the texts of ``cleared`` columns removed.

    ``column`` is the time that counts; ``condition`` is what else must hold.
    """

    table: Table
    column: Column[datetime]
    age: timedelta
    condition: ColumnElement[bool] | None = None
    cleared: Column[str] | None = None


AGES: tuple[RowAge, ...] = (
    RowAge(
        message_event,
        message_event.c.received_at,
        timedelta(days=90),
        message_event.c.settled & message_event.c.kind.not_in(_LASTING_KINDS),
    ),
    RowAge(sender, sender.c.started_at, timedelta(days=90), sender.c.stopped_at.isnot(None)),
    RowAge(preparation, preparation.c.updated_at, timedelta(days=30)),
    # What a platform said of a failure; its code stays.
    RowAge(delivery, delivery.c.updated_at, timedelta(days=400), cleared=delivery.c.detail),
    RowAge(attempt, attempt.c.started_at, timedelta(days=400), cleared=attempt.c.detail),
)
#: A place of a rate in the past says nothing; no window is longer than a day.
RATE_AGE = timedelta(days=2)


def delete_old(ledger: Ledger, *, now: datetime) -> int:
    """Delete what is older than its age, in small transactions; return how many rows changed."""
    changed = sum(_repeat(ledger, age, now) for age in AGES)
    changed += ledger.write(
        lambda conn: conn.execute(delete(rate).where(rate.c.tat < (now - RATE_AGE).timestamp())).rowcount
    )
    changed += ledger.write(_delete_unused_renditions)
    ledger.write(lambda conn: _record(conn, now))
    return changed


def list_needed_media(conn: Connection) -> set[str]:
    """Return the sha256 of each media file of a post that is not finished."""
    pair = (delivery.c.post == plan_row.c.post) & (delivery.c.account == plan_row.c.account)
    is_pending = select(delivery.c.key).where(pair, delivery.c.state.in_(PENDING_STATES)).exists()
    pending = is_unexpanded() | is_pending
    query = select(rendition.c.body).join(plan_row, plan_row.c.rendition == rendition.c.hash).where(pending)
    return {digest for body in conn.scalars(query) for digest in _SHA256.findall(body)}


def is_due(conn: Connection, *, now: datetime) -> bool:
    """Return True if nothing was tidied for a day, or a clock was ahead then."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == _KEY))
    return value is None or abs(now - datetime.fromisoformat(value)) >= RUN_INTERVAL


def _repeat(ledger: Ledger, age: RowAge, now: datetime) -> int:
    total = 0
    while changed := ledger.write_fairly(lambda conn: _apply(conn, age, now)):
        total += changed
        if changed < _CHUNK:
            break
    return total


def _apply(conn: Connection, age: RowAge, now: datetime) -> int:
    condition = age.column < now - age.age
    if age.condition is not None:
        condition &= age.condition
    if age.cleared is not None:
        condition &= age.cleared != ""
    keys = list(age.table.primary_key)
    chosen = select(*keys).where(condition).limit(_CHUNK)
    is_chosen = tuple_(*keys).in_(chosen)
    if age.cleared is not None:
        return conn.execute(update(age.table).where(is_chosen).values({age.cleared.name: ""})).rowcount
    return conn.execute(delete(age.table).where(is_chosen)).rowcount


def _delete_unused_renditions(conn: Connection) -> int:
    users = (
        plan_row.c.rendition,
        plan_row.c.frozen_rendition,
        delivery.c.rendition,
        attempt.c.rendition,
    )
    used = union(*[select(column).where(column.isnot(None)) for column in users])
    return conn.execute(delete(rendition).where(rendition.c.hash.not_in(used))).rowcount


def _record(conn: Connection, now: datetime) -> None:
    row = upsert(meta).values(key=_KEY, value=now.isoformat())
    conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))
