"""How many deliveries stand where: counted in the ledger, with those of fan-outs that have no rows yet."""

import json
from collections import Counter
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, func, select, true

from humaspost.ledger.queries import delivery_lists
from humaspost.ledger.schema import account, delivery, planned, post
from humaspost.model.delivery import State


def unexpanded(conn: Connection, *, post_id: str | None = None) -> dict[tuple[str, str], int]:
    """Fan-outs that have no rows for all their people yet: (post, account name) → how many are still to come."""
    mine = and_(
        delivery.c.post == planned.c.post,
        delivery.c.account == planned.c.account,
        delivery.c.edition == planned.c.edition,
    )
    query = (
        select(planned.c.post, account.c.name, planned.c.audiences, func.count(delivery.c.key).label("had"))
        .join(account, account.c.id == planned.c.account)
        .outerjoin(delivery, mine)
        .where(planned.c.expanded.is_(False))
        .group_by(planned.c.post, planned.c.account)
    )
    if post_id is not None:
        query = query.where(planned.c.post == post_id)
    # Thousands of posts go to a handful of audiences: each is counted once.
    people = cache(lambda audiences: delivery_lists.reach(conn, json.loads(audiences)))
    return {(row.post, row.name): max(0, people(row.audiences) - row.had) for row in conn.execute(query)}


def by_state(conn: Connection, *, post_id: str | None = None) -> Counter[str]:
    """Deliveries by state, with those of fan-outs to come as scheduled (or held, as their post is)."""
    query = select(delivery.c.state, func.count()).group_by(delivery.c.state)
    if post_id is not None:
        query = query.where(delivery.c.post == post_id)
    found: Counter[str] = Counter({row[0]: row[1] for row in conn.execute(query)})
    holds = {row.id: row.hold for row in conn.execute(select(post.c.id, post.c.hold))}
    for (of_post, _account), people in unexpanded(conn, post_id=post_id).items():
        if people:
            found[State.HELD if holds.get(of_post) else State.SCHEDULED] += people
    return found


def by_post(conn: Connection, *, post_id: str | None = None) -> list[dict[str, Any]]:
    """One entry per post and account, by due time: id, file, title, account, due_at, counts by state."""
    chosen = true() if post_id is None else planned.c.post == post_id
    rows = conn.execute(
        select(
            planned.c.post,
            post.c.file,
            post.c.title,
            post.c.hold,
            account.c.name,
            account.c.channel,
            planned.c.due_at,
            planned.c.expires_at,
            planned.c.changed,
            planned.c.frozen,
            planned.c.audiences,
            delivery.c.state,
            func.count(delivery.c.key).label("n"),
            func.max(delivery.c.reason).label("reason"),
        )
        .join(post, post.c.id == planned.c.post)
        .join(account, account.c.id == planned.c.account)
        .outerjoin(delivery, and_(delivery.c.post == planned.c.post, delivery.c.account == planned.c.account))
        .where(chosen)
        .group_by(planned.c.post, planned.c.account, delivery.c.state)
        .order_by(planned.c.due_at, planned.c.post, account.c.name)
    )
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        entry = found.setdefault((row.post, row.name), _entry(row))
        if row.state is not None and row.n:
            entry["counts"][row.state] += row.n
            entry["reasons"].setdefault(row.state, row.reason)
    for key, people in unexpanded(conn, post_id=post_id).items():
        if people and key in found:
            found[key]["counts"][State.HELD if found[key]["hold"] else State.SCHEDULED] += people
    return list(found.values())


def _entry(row: Any) -> dict[str, Any]:
    return {
        "id": row.post,
        "file": row.file,
        "title": row.title,
        "hold": row.hold,
        "account": row.name,
        "channel": row.channel,
        "due_at": row.due_at,
        "expires_at": row.expires_at,
        "audiences": json.loads(row.audiences),
        "changed": bool(row.changed),
        "frozen": row.frozen,
        "counts": Counter(),
        "reasons": {},
    }


def recent(conn: Connection, *, since: datetime) -> Counter[str]:
    """Deliveries that came to where they stand since then, by state."""
    rows = conn.execute(
        select(delivery.c.state, func.count())
        .where(delivery.c.updated_at >= since)
        .group_by(delivery.c.state)
    )
    return Counter({row[0]: row[1] for row in rows})
