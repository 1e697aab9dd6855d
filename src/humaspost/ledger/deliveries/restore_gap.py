"""The gap of a restored ledger: what it does not know of may be public, so nothing of it is sent by itself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from humaspost.ledger.database import created_at
from humaspost.ledger.schema import Moment, attempt, delivery, meta, planned, sender
from humaspost.model.delivery import State

REASON = "restored"
#: A backup's own word on when it was taken.
TAKEN = "backup_at"
_SINCE, _UNTIL = "gap_since", "gap_until"
#: What may have been sent, or changed by a person, in the gap. A missed one was not: it waits for a person anyway.
_FRESH = (State.SCHEDULED, State.PREPARING, State.HELD, State.FAILED)
_BEGUN = (State.SENDING, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Gap:
    """From the moment that the ledger knows of last to the moment that it was taken up again."""

    since: datetime
    until: datetime


def of(conn: Connection) -> Gap | None:
    """The gap of this ledger, None where it never had one."""
    rows = select(meta.c.key, meta.c.value).where(meta.c.key.in_((_SINCE, _UNTIL)))
    found = {row.key: datetime.fromisoformat(row.value) for row in conn.execute(rows)}
    return Gap(found[_SINCE], found[_UNTIL]) if len(found) == 2 else None


def known_until(conn: Connection) -> datetime:
    """What the ledger surely knows of: when the backup was taken, else when its last sender was seen.

    Other commands may have written to a copy since, so their writes prove nothing.
    """
    taken = conn.scalar(select(meta.c.value).where(meta.c.key == TAKEN))
    if taken:
        return datetime.fromisoformat(taken)
    seen = conn.scalar(select(sender.c.seen_at).order_by(sender.c.seen_at.desc()).limit(1))
    return seen or created_at(conn) or datetime.fromtimestamp(0, UTC)


def begin(conn: Connection, *, now: datetime) -> Gap:
    """The ledger has a gap that ends now; an earlier gap is part of it."""
    before = of(conn)
    since = known_until(conn)
    gap = Gap(min(since, before.since) if before else since, max(now, before.until) if before else now)
    for key, moment in ((_SINCE, gap.since), (_UNTIL, gap.until)):
        row = upsert(meta).values(key=key, value=moment.isoformat())
        conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": moment.isoformat()}))
    conn.execute(delete(meta).where(meta.c.key == TAKEN))
    return gap


def doubt(conn: Connection, gap: Gap, which: ColumnElement[bool], *, now: datetime) -> int:
    """What may have been sent in the gap is unknown until a person settles it; how many deliveries those are.

    Nothing is looked up by itself: what proves absence for an attempt that we know of proves nothing for
    one that we do not.
    """
    fresh = which & delivery.c.state.in_(_FRESH)
    begun = which & delivery.c.state.in_(_BEGUN) & (delivery.c.reason != REASON)
    open_ = attempt.c.ended_at.is_(None) & attempt.c.key.in_(select(delivery.c.key).where(begun))
    conn.execute(update(attempt).where(open_).values(ended_at=now, outcome="unknown", code=REASON))
    _attempts(conn, gap, fresh, now=now)
    pair = and_(planned.c.post == delivery.c.post, planned.c.account == delivery.c.account)
    first = exists(planned.c.post).where(pair, planned.c.first_write_at.is_(None)).correlate(delivery)
    count = _set(conn, begun, {}, now=now)
    return count + _set(
        conn, fresh, {"attempts": delivery.c.attempts + 1, "follows": first}, now=now, freeze=True
    )


def _attempts(conn: Connection, gap: Gap, fresh: ColumnElement[bool], *, now: datetime) -> None:
    """The attempt that there may have been, for a person's look and for a webhook with our key."""
    text = func.coalesce(planned.c.frozen, planned.c.rendition)
    moments = (literal(gap.since, Moment()), literal(now, Moment()))
    words = [literal(word) for word in ("unknown", REASON, "")]
    number = delivery.c.attempts + 1
    pair = and_(planned.c.post == delivery.c.post, planned.c.account == delivery.c.account)
    rows = (
        select(
            delivery.c.key,
            number,
            literal(""),
            text,
            literal("null"),
            null(),
            literal(False),
            *moments,
            *words,
        )
        .join(planned, pair)
        .where(fresh)
    )
    names = ("key", "number", "owner", "rendition", "ready", "reply_to", "template", "started_at", "ended_at")
    conn.execute(insert(attempt).from_select([*names, "outcome", "code", "detail"], rows))


def _set(
    conn: Connection, which: ColumnElement[bool], more: dict[str, Any], *, now: datetime, freeze: bool = False
) -> int:
    values = {
        "state": State.UNKNOWN,
        "reason": REASON,
        "owner": None,
        "code": REASON,
        "unknown_since": now,
        "not_before": None,
        "next_look_at": None,
        "updated_at": now,
    }
    count = conn.execute(update(delivery).where(which).values(values | more)).rowcount
    if freeze and count:
        mine = exists(delivery.c.key).where(
            delivery.c.post == planned.c.post,
            delivery.c.account == planned.c.account,
            delivery.c.state == State.UNKNOWN,
            delivery.c.reason == REASON,
        )
        # It may be live: its time counts as kept, and the same text under another id as said.
        live = {"first_write_at": planned.c.due_at, "frozen": planned.c.rendition}
        conn.execute(update(planned).where(planned.c.first_write_at.is_(None), mine).values(live))
    return count
