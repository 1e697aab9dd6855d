"""What a lane takes next: due posts are expanded to their recipients, then claimed by priority, in turns."""

import json
from collections.abc import Callable
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, insert, or_, select, update

from humaspost.ledger.deliveries import restore_gap
from humaspost.ledger.schema import (
    account,
    audience_member,
    consent,
    delivery,
    planned,
    post,
    recipient,
)
from humaspost.model.delivery import State, delivery_key

CHUNK = 500


def expand(conn: Connection, account_id: str, *, until: datetime, now: datetime) -> int:
    """Due posts have deliveries for one chunk more of their recipients, once each over all their audiences.

    The chunk is shared by the posts of the highest priority that is due, so that none waits for
    another's ten thousand. Answers how many rows were made. People without consent or who opted out
    get a refused row, so that every count adds up.
    """
    due = (planned.c.account == account_id) & planned.c.expanded.is_(False) & (planned.c.due_at <= until)
    free = select(planned).join(post, post.c.id == planned.c.post).where(due, post.c.hold.is_(None))
    rows = conn.execute(free.order_by(planned.c.priority, planned.c.due_at).limit(CHUNK)).all()
    first = [row for row in rows if row.priority == rows[0].priority]
    made = 0
    for row in first:
        if made < CHUNK:
            made += _expand(conn, row, now, most=max(1, CHUNK // len(first)))
    return made


def _expand(conn: Connection, row: Row[Any], now: datetime, *, most: int) -> int:
    people = _people(conn, row, most)
    if people:
        conn.execute(insert(delivery), [_delivery(row, person, now) for person in people])
    if len(people) < most:
        mine = (planned.c.post == row.post) & (planned.c.account == row.account)
        conn.execute(update(planned).where(mine).values(expanded=True))
    here = restore_gap.of(conn) if people else None
    if here is not None and row.due_at < here.until:
        mine = (delivery.c.post == row.post) & (delivery.c.account == row.account)
        restore_gap.doubt(conn, here, mine, now=now)
    return len(people)


def _people(conn: Connection, row: Row[Any], most: int) -> list[Row[Any]]:
    """The next members in the order of their ids; behind the last, those who joined the list meanwhile."""
    mine = (delivery.c.post == row.post) & (delivery.c.account == row.account)
    mine &= delivery.c.edition == row.edition
    last = conn.scalar(select(func.max(delivery.c.recipient)).where(mine)) or ""
    people = _members(conn, row, recipient.c.id > last, most)
    if len(people) < most:
        had = select(delivery.c.recipient).where(mine)
        joined = (recipient.c.id <= last) & recipient.c.id.notin_(had)
        people += _members(conn, row, joined, most - len(people))
    return people


def _members(conn: Connection, row: Row[Any], which: Any, most: int) -> list[Row[Any]]:
    agreed = exists().where(consent.c.recipient == recipient.c.id)
    listed = audience_member.c.audience.in_(json.loads(row.audiences))
    who = select(recipient.c.id, recipient.c.opted_out_at, agreed.label("agreed"))
    who = who.where(which, recipient.c.id.in_(select(audience_member.c.recipient).where(listed)))
    return list(conn.execute(who.order_by(recipient.c.id).limit(most)))


def _delivery(row: Row[Any], person: Row[Any], now: datetime) -> dict[str, Any]:
    refused = "opt-out" if person.opted_out_at else "" if person.agreed else "consent"
    return {
        "key": delivery_key(row.post, row.account, 1, recipient=person.id, edition=row.edition),
        "post": row.post,
        "account": row.account,
        "part": 1,
        "recipient": person.id,
        "edition": row.edition,
        "state": State.REFUSED if refused else State.SCHEDULED,
        "reason": refused,
        "due_at": row.due_at,
        "priority": row.priority,
        "updated_at": now,
    }


def _claimable(account_id: str, until: datetime, now: datetime) -> Any:
    return and_(
        delivery.c.account == account_id,
        delivery.c.state == State.SCHEDULED,
        delivery.c.due_at <= until,
        or_(delivery.c.not_before.is_(None), delivery.c.not_before <= now),
    )


def claim(
    conn: Connection,
    account_id: str,
    *,
    owner: str,
    until: datetime,
    now: datetime,
    limit: int,
    only: str | None = None,
) -> list[Row[Any]]:
    """Up to ``limit`` deliveries due ``until`` are ours: by priority, and in turns over their posts.

    ``only`` = of one post. Rows carry key, post, part, priority, due_at and the rendition to prepare.
    """
    ours = _claimable(account_id, until, now)
    if only is not None:
        ours = and_(ours, delivery.c.post == only)
    turns = (
        select(delivery.c.post, delivery.c.priority, func.min(delivery.c.due_at).label("due"))
        .where(ours)
        .group_by(delivery.c.priority, delivery.c.post)
        .order_by(delivery.c.priority, "due")
    )
    posts = list(conn.execute(turns))
    posts = [row for row in posts if row.priority == posts[0].priority]
    each = max(1, -(-limit // max(1, len(posts))))
    turns_of: list[list[str]] = []
    for row in posts[:limit]:
        of_post = select(delivery.c.key).where(ours, delivery.c.post == row.post)
        in_order = of_post.order_by(delivery.c.due_at, delivery.c.part, delivery.c.key)
        turns_of.append(list(conn.scalars(in_order.limit(each))))
    keys = [key for turn in zip_longest(*turns_of) for key in turn if key is not None][:limit]
    if not keys:
        return []
    conn.execute(
        update(delivery)
        .where(delivery.c.key.in_(keys), delivery.c.state == State.SCHEDULED)
        .values(state=State.PREPARING, owner=owner, updated_at=now)
    )
    return _claimed(conn, keys, owner)


def _claimed(conn: Connection, keys: list[str], owner: str) -> list[Row[Any]]:
    first = planned.c.first_write_at.isnot(None) & delivery.c.follows.is_(False)
    rows: list[Any] = list(
        conn.execute(
            select(
                delivery.c.key,
                delivery.c.post,
                delivery.c.part,
                delivery.c.priority,
                delivery.c.due_at,
                func.iif(first, planned.c.frozen, planned.c.rendition).label("rendition"),
            )
            .join(planned, and_(planned.c.post == delivery.c.post, planned.c.account == delivery.c.account))
            .where(delivery.c.key.in_(keys), delivery.c.owner == owner, delivery.c.state == State.PREPARING)
        )
    )
    turn = {key: number for number, key in enumerate(keys)}
    return sorted(rows, key=lambda row: turn[row.key])


def put_back(
    conn: Connection, keys: list[str], *, owner: str, not_before: datetime | None, now: datetime
) -> None:
    """Claimed deliveries that were not sent wait again."""
    conn.execute(
        update(delivery)
        .where(delivery.c.key.in_(keys), delivery.c.owner == owner, delivery.c.state == State.PREPARING)
        .values(state=State.SCHEDULED, owner=None, not_before=not_before, updated_at=now)
    )


def tell(conn: Connection, key: str, *, owner: str, code: str, detail: str) -> None:
    """Why a claimed delivery could not be prepared, for whoever asks; what becomes of it is decided elsewhere."""
    mine = (delivery.c.key == key) & (delivery.c.owner == owner) & (delivery.c.state == State.PREPARING)
    conn.execute(update(delivery).where(mine).values(code=code, detail=detail))


def next_due(conn: Connection, account_id: str, *, only: str | None = None) -> datetime | None:
    """When the lane has something to do next, None = nothing is scheduled."""
    waiting = (delivery.c.account == account_id) & (delivery.c.state == State.SCHEDULED)
    unexpanded = (planned.c.account == account_id) & planned.c.expanded.is_(False)
    unexpanded &= planned.c.post.in_(select(post.c.id).where(post.c.hold.is_(None)))
    if only is not None:
        waiting &= delivery.c.post == only
        unexpanded &= planned.c.post == only
    fresh = (
        select(delivery.c.due_at)
        .where(waiting, delivery.c.not_before.is_(None))
        .order_by(delivery.c.due_at)
        .limit(1)
    )
    again = (
        select(delivery.c.not_before)
        .where(waiting, delivery.c.not_before.isnot(None))
        .order_by(delivery.c.not_before)
        .limit(1)
    )
    later = select(planned.c.due_at).where(unexpanded).order_by(planned.c.due_at).limit(1)
    asked = _asks_again(account_id)
    return min((moment for moment in map(conn.scalar, (fresh, again, later, asked)) if moment), default=None)


def _asks_again(account_id: str) -> Any:
    """When an account whose login was refused is asked once more who it is, where deliveries wait for it."""
    held = exists().where(
        delivery.c.account == account.c.id, delivery.c.state == State.HELD, delivery.c.reason == "login"
    )
    return select(account.c.hold_until).where(account.c.id == account_id, account.c.hold == "login", held)


def take_over(conn: Connection, *, owner: str, now: datetime, looks: Callable[[str], float | None]) -> int:
    """What a dead owner left: claims are free again, intents are unknown; how many of those there were.

    ``looks`` gives, for an account id, the seconds to the first look, None = a person at once.
    """
    conn.execute(
        update(delivery)
        .where(delivery.c.state == State.PREPARING, delivery.c.owner != owner)
        .values(state=State.SCHEDULED, owner=None, updated_at=now)
    )
    left = list(
        conn.execute(
            select(delivery.c.key, delivery.c.account, delivery.c.attempts).where(
                delivery.c.state == State.SENDING, delivery.c.owner != owner
            )
        )
    )
    from humaspost.ledger.deliveries.outcomes import doubt

    for row in left:
        doubt(
            conn,
            row.key,
            row.attempts,
            code="owner-died",
            detail="",
            now=now,
            look_after=looks(row.account),
        )
    return len(left)
