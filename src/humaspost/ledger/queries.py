"""What is read for people: counts, deliveries, posts, attempts; one function each."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select, true

from humaspost.ledger.schema import (
    account,
    attempt,
    audience_member,
    consent,
    delivery,
    planned,
    post,
    preference,
    quota_use,
    recipient,
    rendition,
    window,
)
from humaspost.model.delivery import State
from humaspost.model.plan import Said


def said(conn: Connection, *, since: datetime) -> list[Said]:
    """First writes since then: what must not be said again under another id."""
    rows = conn.execute(
        select(account.c.name, planned.c.frozen, planned.c.post, planned.c.first_write_at)
        .join(account, account.c.id == planned.c.account)
        .where(planned.c.first_write_at > since, planned.c.frozen.isnot(None))
    )
    return [Said(*row) for row in rows]


def reach(conn: Connection, audiences: Sequence[str]) -> int:
    """How many people the audiences hold together, each once, who agreed and did not opt out."""
    return conn.scalar(select(func.count()).select_from(recipient).where(_reached(audiences))) or 0


def unwilling(conn: Connection, account_name: str, audiences: Sequence[str], *, at: datetime) -> int:
    """How many of those whom the audiences reach want no marketing of the account, and have no window open ``at``."""
    of_account = select(account.c.id).where(account.c.name == account_name).scalar_subquery()
    said = select(preference.c.recipient).where(
        preference.c.account == of_account, preference.c.marketing.is_(False)
    )
    open_ = select(window.c.recipient).where(window.c.account == of_account, window.c.open_until > at)
    people = _reached(audiences) & recipient.c.id.in_(said) & recipient.c.id.not_in(open_)
    return conn.scalar(select(func.count()).select_from(recipient).where(people)) or 0


def _reached(audiences: Sequence[str]) -> Any:
    members = select(audience_member.c.recipient).where(audience_member.c.audience.in_(audiences))
    agreed = select(consent.c.recipient)
    return (recipient.c.id.in_(members)) & recipient.c.id.in_(agreed) & recipient.c.opted_out_at.is_(None)


def written_to(
    conn: Connection, account_name: str, quota: str, *, since: datetime
) -> list[tuple[str, datetime]]:
    """Who counts in a quota of people since then, and when each was last written to; oldest first."""
    last = func.max(quota_use.c.at)
    rows = conn.execute(
        select(quota_use.c.recipient, last)
        .join(account, account.c.id == quota_use.c.account)
        .where(account.c.name == account_name, quota_use.c.name == quota, quota_use.c.at >= since)
        .group_by(quota_use.c.recipient)
        .order_by(last)
    )
    return [(row[0], datetime.fromisoformat(row[1]) if isinstance(row[1], str) else row[1]) for row in rows]


def still_to_write(
    conn: Connection,
    post_id: str,
    account_name: str,
    audiences: Sequence[str],
    *,
    marketing: bool,
    at: datetime,
) -> list[tuple[str, bool]]:
    """The people of the audiences who may be written to and have not had the post; True = their window is open ``at``.

    ``marketing`` = the post is that, so who wants none gets it in their window only.
    """
    members = select(audience_member.c.recipient).where(audience_member.c.audience.in_(audiences))
    of_account = select(account.c.id).where(account.c.name == account_name).scalar_subquery()
    had = select(delivery.c.recipient).where(
        delivery.c.post == post_id,
        delivery.c.account == of_account,
        delivery.c.state.not_in((State.SCHEDULED, State.PREPARING, State.HELD)),
    )
    wanted = (
        recipient.c.id.in_(members)
        & recipient.c.id.in_(select(consent.c.recipient))
        & recipient.c.opted_out_at.is_(None)
        & recipient.c.id.not_in(had)
    )
    is_open = recipient.c.id.in_(
        select(window.c.recipient).where(window.c.account == of_account, window.c.open_until > at)
    )
    if marketing:
        unwilling = select(preference.c.recipient).where(
            preference.c.account == of_account, preference.c.marketing.is_(False)
        )
        wanted &= is_open | recipient.c.id.not_in(unwilling)
    rows = conn.execute(select(recipient.c.id, is_open.label("open")).where(wanted).order_by(recipient.c.id))
    return [(row.id, bool(row.open)) for row in rows]


def begun(conn: Connection, post_id: str, account_name: str) -> Row[Any] | None:
    """The account's id, the post's edition there, and when it was first written; None before it is scheduled."""
    mine = (planned.c.post == post_id) & (account.c.name == account_name)
    joined = planned.join(account, account.c.id == planned.c.account)
    columns = [planned.c[name] for name in ("account", "edition", "first_write_at")]
    return conn.execute(select(*columns).select_from(joined).where(mine)).one_or_none()


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
    people = cache(lambda audiences: reach(conn, json.loads(audiences)))
    return {(row.post, row.name): max(0, people(row.audiences) - row.had) for row in conn.execute(query)}


def counts(conn: Connection, *, post_id: str | None = None) -> Counter[str]:
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


def counts_by_post(conn: Connection, *, post_id: str | None = None) -> list[dict[str, Any]]:
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


def _deliveries() -> Select[Any]:
    return (
        select(
            delivery,
            account.c.name.label("account_name"),
            account.c.channel,
            recipient.c.phone,
            post.c.file,
            post.c.title,
            planned.c.wall,
            planned.c.zone,
        )
        .join(account, account.c.id == delivery.c.account)
        .join(post, post.c.id == delivery.c.post)
        .join(planned, and_(planned.c.post == delivery.c.post, planned.c.account == delivery.c.account))
        .outerjoin(recipient, recipient.c.id == delivery.c.recipient)
        .order_by(delivery.c.due_at, delivery.c.post, account.c.name, delivery.c.part, delivery.c.key)
    )


def deliveries(
    conn: Connection,
    *,
    post_id: str | None = None,
    account_name: str | None = None,
    states: Sequence[str] | None = None,
    touched_since: datetime | None = None,
    key_prefix: str | None = None,
    limit: int | None = None,
) -> list[Row[Any]]:
    """Deliveries with what a person needs beside them, by due time."""
    query = _deliveries()
    if post_id is not None:
        query = query.where(delivery.c.post == post_id)
    if account_name is not None:
        query = query.where(account.c.name == account_name)
    if states is not None:
        query = query.where(delivery.c.state.in_(states))
    if touched_since is not None:
        query = query.where(delivery.c.updated_at >= touched_since)
    if key_prefix is not None:
        query = query.where(delivery.c.key.startswith(key_prefix, autoescape=True))
    return list(conn.execute(query.limit(limit)))


def attempts(conn: Connection, *, post_id: str | None = None, limit: int | None = None) -> list[Row[Any]]:
    """Every attempt, newest first, with its post, account and recipient."""
    query = (
        select(
            attempt,
            delivery.c.post,
            delivery.c.part,
            delivery.c.remote_id,
            delivery.c.url,
            delivery.c.state,
            account.c.name.label("account_name"),
            account.c.channel,
            recipient.c.phone,
        )
        .join(delivery, delivery.c.key == attempt.c.key)
        .join(account, account.c.id == delivery.c.account)
        .outerjoin(recipient, recipient.c.id == delivery.c.recipient)
        .order_by(attempt.c.started_at.desc(), attempt.c.id.desc())
    )
    if post_id is not None:
        query = query.where(delivery.c.post == post_id)
    return list(conn.execute(query.limit(limit)))


def recent(conn: Connection, *, since: datetime) -> Counter[str]:
    """Deliveries that came to where they stand since then, by state."""
    rows = conn.execute(
        select(delivery.c.state, func.count())
        .where(delivery.c.updated_at >= since)
        .group_by(delivery.c.state)
    )
    return Counter({row[0]: row[1] for row in rows})


def post_ids(conn: Connection) -> list[Row[Any]]:
    """Every post the ledger knows: id, file, title, hold."""
    return list(conn.execute(select(post)))


def rendition_of(conn: Connection, hash_: str) -> dict[str, Any] | None:
    """A rendition as it was stored."""
    body = conn.scalar(select(rendition.c.body).where(rendition.c.hash == hash_))
    return json.loads(body) if body else None
