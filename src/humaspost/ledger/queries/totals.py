"""Numbers of deliveries by state, with the recipients of fan-outs that have no rows yet."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, select, true

from humaspost.ledger.queries import delivery_lists
from humaspost.ledger.schema import account, delivery, plan_row, post
from humaspost.model.decision import UserDecision
from humaspost.model.delivery import State
from humaspost.model.reasons import StopReason
from humaspost.model.records import PostTotals


def count_unexpanded(conn: Connection, *, post_id: str | None = None) -> dict[tuple[str, str], int]:
    """Return how many recipients of fan-outs have no rows yet, by (post, account name)."""
    delivery_join = and_(
        delivery.c.post == plan_row.c.post,
        delivery.c.account == plan_row.c.account,
        delivery.c.edition == plan_row.c.edition,
    )
    query = (
        select(
            plan_row.c.post,
            plan_row.c.account,
            plan_row.c.edition,
            account.c.name,
            plan_row.c.audiences,
            func.count(delivery.c.key).label("had"),
        )
        .join(account, account.c.id == plan_row.c.account)
        .outerjoin(delivery, delivery_join)
        .where(plan_row.c.expanded.is_(False) | plan_row.c.stop.isnot(None))
        .group_by(plan_row.c.post, plan_row.c.account)
    )
    if post_id is not None:
        query = query.where(plan_row.c.post == post_id)
    # Thousands of posts go to a few audiences: each audience is counted once.
    count_recipients = cache(lambda audiences: delivery_lists.reachable_count(conn, json.loads(audiences)))
    return {
        (row.post, row.name): _count_rest(conn, row) if row.had else count_recipients(row.audiences)
        for row in conn.execute(query)
    }


def _count_rest(conn: Connection, row: Row[Any]) -> int:
    """Return how many have no row of those who may get it: some with a row left the lists since."""
    had = select(delivery.c.recipient).where(
        delivery.c.post == row.post, delivery.c.account == row.account, delivery.c.edition == row.edition
    )
    return delivery_lists.reachable_count(conn, json.loads(row.audiences), except_for=had)


#: The state and reason of recipients without rows whose post is not stopped.
_WAITS = (State.SCHEDULED, "")


def _load_stops(conn: Connection) -> dict[tuple[str, str], tuple[State, str]]:
    """Return state and reason of recipients without rows, where they are not scheduled.

    By (post, account name). What the sender settled counts; what it would settle now, the reports ask the rule.
    """
    columns = [plan_row.c[name] for name in ("post", "stop", "stop_reason")]
    query = select(*columns, account.c.name).where(plan_row.c.stop.isnot(None))
    rows = conn.execute(query.join(account, account.c.id == plan_row.c.account))
    return {(row.post, row.name): (State(row.stop), row.stop_reason) for row in rows}


def list_by_post(conn: Connection, *, post_id: str | None = None) -> list[PostTotals]:
    """Return one entry per post and account, by due time."""
    entries: dict[tuple[str, str], PostTotals] = {}
    stops = _load_stops(conn)
    for row in conn.execute(_select_totals(post_id)):
        key = (row.post, row.name)
        if key not in entries:
            entries[key] = _empty_totals(row, stops.get(key))
        if row.state is not None and row.n:
            entries[key].counts[row.state] += row.n
            entries[key].reasons.setdefault(row.state, row.reason)
            if row.state == State.SCHEDULED:
                entries[key] = replace(entries[key], waited_until=row.waited_until)
            if row.state == State.HELD:
                entries[key] = replace(entries[key], unplanned=row.unplanned)
    for key, recipients in count_unexpanded(conn, post_id=post_id).items():
        if key in entries:
            entries[key] = replace(entries[key], unexpanded=recipients)
        if recipients and key in entries:
            state, reason = stops.get(key, _WAITS)
            entries[key].counts[state] += recipients
            if reason:
                entries[key].reasons.setdefault(state, reason)
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
            plan_row.c.date_at,
            plan_row.c.due_at,
            plan_row.c.expires_at,
            plan_row.c.own_late,
            plan_row.c.rendition,
            plan_row.c.planned,
            plan_row.c.changed,
            plan_row.c.frozen_rendition,
            plan_row.c.audiences,
            plan_row.c.decision,
            plan_row.c.decided_at,
            delivery.c.state,
            func.count(delivery.c.key).label("n"),
            # Of several reasons the one that a person can do something about.
            func.coalesce(
                func.max(func.nullif(delivery.c.reason, StopReason.NOT_PLANNED)), func.max(delivery.c.reason)
            ).label("reason"),
            func.sum(case((delivery.c.reason == StopReason.NOT_PLANNED, 1), else_=0)).label("unplanned"),
            func.max(delivery.c.not_before).label("waited_until"),
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


def _empty_totals(row: Row[Any], stop: tuple[State, str] | None) -> PostTotals:
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
        date_at=row.date_at,
        own_late=row.own_late,
        rendition=row.rendition,
        is_planned=bool(row.planned),
        stop=stop[0] if stop else None,
        stop_reason=stop[1] if stop else "",
        decision=UserDecision(row.decision) if row.decision else None,
        decided_at=row.decided_at,
    )


def count_recent(conn: Connection, *, since: datetime) -> Counter[str]:
    """Return how many deliveries changed since then, by state."""
    rows = conn.execute(
        select(delivery.c.state, func.count())
        .where(delivery.c.updated_at >= since)
        .group_by(delivery.c.state)
    )
    return Counter({row[0]: row[1] for row in rows})
