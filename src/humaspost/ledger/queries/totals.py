"""Numbers of deliveries by state, with the recipients of fan-outs that have no rows yet."""

import json
from collections import Counter
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select, true

from humaspost.ledger.queries import delivery_lists
from humaspost.ledger.schema import account, delivery, plan_row, post
from humaspost.model.delivery import State
from humaspost.model.records import PostTotals


def count_unexpanded(conn: Connection, *, post_id: str | None = None) -> dict[tuple[str, str], int]:
    """Return how many recipients of fan-outs have no rows yet, by (post, account name)."""
    delivery_join = and_(
        delivery.c.post == plan_row.c.post,
        delivery.c.account == plan_row.c.account,
        delivery.c.edition == plan_row.c.edition,
    )
    query = (
        select(plan_row.c.post, account.c.name, plan_row.c.audiences, func.count(delivery.c.key).label("had"))
        .join(account, account.c.id == plan_row.c.account)
        .outerjoin(delivery, delivery_join)
        .where(plan_row.c.expanded.is_(False))
        .group_by(plan_row.c.post, plan_row.c.account)
    )
    if post_id is not None:
        query = query.where(plan_row.c.post == post_id)
    # Thousands of posts go to a few audiences: each audience is counted once.
    count_recipients = cache(lambda audiences: delivery_lists.reachable_count(conn, json.loads(audiences)))
    return {
        (row.post, row.name): max(0, count_recipients(row.audiences) - row.had) for row in conn.execute(query)
    }


def count_by_state(conn: Connection, *, post_id: str | None = None) -> Counter[str]:
    """Return the number of deliveries by state, with recipients that have no rows yet.

    Those count as scheduled, or as held where their post is held.
    """
    query = select(delivery.c.state, func.count()).group_by(delivery.c.state)
    if post_id is not None:
        query = query.where(delivery.c.post == post_id)
    counts: Counter[str] = Counter({row[0]: row[1] for row in conn.execute(query)})
    holds = {row.id: row.hold for row in conn.execute(select(post.c.id, post.c.hold))}
    for (pending_post, _account), recipients in count_unexpanded(conn, post_id=post_id).items():
        if recipients:
            counts[State.HELD if holds.get(pending_post) else State.SCHEDULED] += recipients
    return counts


def list_by_post(conn: Connection, *, post_id: str | None = None) -> list[PostTotals]:
    """Return one entry per post and account, by due time."""
    entries: dict[tuple[str, str], PostTotals] = {}
    for row in conn.execute(_select_totals(post_id)):
        key = (row.post, row.name)
        if key not in entries:
            entries[key] = _empty_totals(row)
        if row.state is not None and row.n:
            entries[key].counts[row.state] += row.n
            entries[key].reasons.setdefault(row.state, row.reason)
    for key, recipients in count_unexpanded(conn, post_id=post_id).items():
        if recipients and key in entries:
            entries[key].counts[State.HELD if entries[key].hold else State.SCHEDULED] += recipients
    return list(entries.values())


def _select_totals(post_id: str | None) -> Select[Any]:
    return (
        select(
            plan_row.c.post,
            post.c.file,
            post.c.title,
            post.c.hold,
            account.c.name,
            account.c.channel,
            plan_row.c.due_at,
            plan_row.c.expires_at,
            plan_row.c.changed,
            plan_row.c.frozen_rendition,
            plan_row.c.audiences,
            delivery.c.state,
            func.count(delivery.c.key).label("n"),
            func.max(delivery.c.reason).label("reason"),
        )
        .join(post, post.c.id == plan_row.c.post)
        .join(account, account.c.id == plan_row.c.account)
        .outerjoin(
            delivery, and_(delivery.c.post == plan_row.c.post, delivery.c.account == plan_row.c.account)
        )
        .where(true() if post_id is None else plan_row.c.post == post_id)
        .group_by(plan_row.c.post, plan_row.c.account, delivery.c.state)
        .order_by(plan_row.c.due_at, plan_row.c.post, account.c.name)
    )


def _empty_totals(row: Row[Any]) -> PostTotals:
    return PostTotals(
        id=row.post,
        file=row.file,
        title=row.title,
        hold=row.hold,
        account=row.name,
        channel=row.channel,
        due_at=row.due_at,
        expires_at=row.expires_at,
        audiences=tuple(json.loads(row.audiences)),
        changed=bool(row.changed),
        frozen_rendition=row.frozen_rendition,
        counts=Counter(),
        reasons={},
    )


def count_recent(conn: Connection, *, since: datetime) -> Counter[str]:
    """Return how many deliveries changed since then, by state."""
    rows = conn.execute(
        select(delivery.c.state, func.count())
        .where(delivery.c.updated_at >= since)
        .group_by(delivery.c.state)
    )
    return Counter({row[0]: row[1] for row in rows})
