"""Lists of deliveries, attempts, posts and recipients, for reports."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, or_, select

from humaspost.ledger.deliveries.gate_facts import has_consent
from humaspost.ledger.schema import (
    account,
    attempt,
    audience_member,
    delivery,
    marketing_preference,
    plan_row,
    post,
    quota_use,
    recipient,
    service_window,
)
from humaspost.model.delivery import State
from humaspost.model.plan import PublishedText
from humaspost.model.records import AttemptRecord, DeliveryRecord, PostRecord


def recent_texts(conn: Connection, *, since: datetime) -> list[PublishedText]:
    """Return first writes since then: texts that must not be published under another id."""
    columns = [plan_row.c[name] for name in ("frozen_rendition", "post", "first_write_at", "repeats")]
    rows = conn.execute(
        select(account.c.name, *columns)
        .join(account, account.c.id == plan_row.c.account)
        .where(plan_row.c.first_write_at > since, plan_row.c.frozen_rendition.isnot(None))
    )
    return [
        PublishedText(
            account=row.name,
            rendition_hash=row.frozen_rendition,
            post=row.post,
            published_at=row.first_write_at,
            repeats=tuple(json.loads(row.repeats or "[]")),
        )
        for row in rows
    ]


def reachable_count(
    conn: Connection, audiences: Sequence[str], *, except_for: Select[tuple[str]] | None = None
) -> int:
    """Return how many people in the audiences consented and did not opt out.

    A person in several audiences counts once. ``except_for`` selects ids of people that do not count.
    """
    query = select(func.count()).select_from(recipient).where(_is_reachable(audiences))
    if except_for is not None:
        query = query.where(recipient.c.id.not_in(except_for))
    return conn.scalar(query) or 0


def without_marketing_consent(
    conn: Connection, account_name: str, audiences: Sequence[str], *, at: datetime
) -> int:
    """Return how many reachable people want no marketing and have no open window.

    ``at`` is the time for which windows are checked.
    """
    of_account = select(account.c.id).where(account.c.name == account_name).scalar_subquery()
    refused = select(marketing_preference.c.recipient).where(
        marketing_preference.c.account == of_account, marketing_preference.c.marketing.is_(False)
    )
    in_window = select(service_window.c.recipient).where(
        service_window.c.account == of_account, service_window.c.open_until > at
    )
    condition = _is_reachable(audiences) & recipient.c.id.in_(refused) & recipient.c.id.not_in(in_window)
    return conn.scalar(select(func.count()).select_from(recipient).where(condition)) or 0


def _is_reachable(audiences: Sequence[str]) -> Any:
    members = select(audience_member.c.recipient).where(audience_member.c.audience.in_(audiences))
    return recipient.c.id.in_(members) & has_consent(recipient.c.id) & recipient.c.opted_out_at.is_(None)


def list_written_recipients(
    conn: Connection, account_name: str, quota: str, *, since: datetime
) -> list[tuple[str, datetime]]:
    """Return who counts in a recipient quota since then, with the time of their last message.

    The list is sorted by that time, oldest first.
    """
    last = func.max(quota_use.c.at)
    rows = conn.execute(
        select(quota_use.c.recipient, last)
        .join(account, account.c.id == quota_use.c.account)
        .where(account.c.name == account_name, quota_use.c.name == quota, quota_use.c.at >= since)
        .group_by(quota_use.c.recipient)
        .order_by(last)
    )
    return [(row[0], datetime.fromisoformat(row[1]) if isinstance(row[1], str) else row[1]) for row in rows]


def list_remaining_recipients(
    conn: Connection,
    post_id: str,
    account_name: str,
    audiences: Sequence[str],
    *,
    marketing: bool,
    at: datetime,
) -> list[tuple[str, bool]]:
    """Return people of the audiences who may be written to and have not had the post.

    Each is (recipient id, True if their window is open ``at``). ``marketing`` = the post is marketing, so a
    person who wants none gets it only in their window.
    """
    members = select(audience_member.c.recipient).where(audience_member.c.audience.in_(audiences))
    of_account = select(account.c.id).where(account.c.name == account_name).scalar_subquery()
    received = select(delivery.c.recipient).where(
        delivery.c.post == post_id,
        delivery.c.account == of_account,
        delivery.c.state.not_in((State.SCHEDULED, State.PREPARING, State.HELD)),
    )
    condition = (
        recipient.c.id.in_(members)
        & has_consent(recipient.c.id)
        & recipient.c.opted_out_at.is_(None)
        & recipient.c.id.not_in(received)
    )
    is_open = recipient.c.id.in_(
        select(service_window.c.recipient).where(
            service_window.c.account == of_account, service_window.c.open_until > at
        )
    )
    if marketing:
        refused = select(marketing_preference.c.recipient).where(
            marketing_preference.c.account == of_account, marketing_preference.c.marketing.is_(False)
        )
        condition &= is_open | recipient.c.id.not_in(refused)
    rows = conn.execute(
        select(recipient.c.id, is_open.label("open")).where(condition).order_by(recipient.c.id)
    )
    return [(row.id, bool(row.open)) for row in rows]


@dataclass(frozen=True, slots=True)
class FirstWrite:
    """The first write of a post on an account.

    ``account`` is the account's id; ``first_write_at`` None = nothing was written yet.
    """

    account: str
    edition: int
    first_write_at: datetime | None


def first_write(conn: Connection, post_id: str, account_name: str) -> FirstWrite | None:
    """Return the first write of a post on an account, or None before it is scheduled."""
    condition = (plan_row.c.post == post_id) & (account.c.name == account_name)
    joined = plan_row.join(account, account.c.id == plan_row.c.account)
    columns = [plan_row.c[name] for name in ("account", "edition", "first_write_at")]
    row = conn.execute(select(*columns).select_from(joined).where(condition)).one_or_none()
    return FirstWrite(*row) if row is not None else None


def _columns(record: type, table: Table) -> list[Any]:
    """Return the column of each field of the record.

    Fields of other tables are matched by name; all others are columns of ``table``.
    """
    others = {"account_name": account.c.name, "channel": account.c.channel, "phone": recipient.c.phone}
    of_delivery = {name: delivery.c[name] for name in ("post", "part", "remote_id", "url")}
    columns = {**of_delivery, **others}
    return [columns[f.name] if f.name in columns else table.c[f.name] for f in fields(record)]


def _select_deliveries() -> Select[Any]:
    return (
        select(*_columns(DeliveryRecord, delivery))
        .join(account, account.c.id == delivery.c.account)
        .join(post, post.c.id == delivery.c.post)
        .join(plan_row, and_(plan_row.c.post == delivery.c.post, plan_row.c.account == delivery.c.account))
        .outerjoin(recipient, recipient.c.id == delivery.c.recipient)
        .order_by(delivery.c.due_at, delivery.c.post, account.c.name, delivery.c.part, delivery.c.key)
    )


def list_deliveries(
    conn: Connection,
    *,
    post_id: str | None = None,
    account_name: str | None = None,
    states: Sequence[str] | None = None,
    touched_since: datetime | None = None,
    key_prefix: str | None = None,
    limit: int | None = None,
) -> list[DeliveryRecord]:
    """Return deliveries with their accounts and recipients, by due time."""
    query = _select_deliveries()
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
    rows = (DeliveryRecord(*row) for row in conn.execute(query.limit(limit)))
    return [replace(row, state=State(row.state)) for row in rows]


@dataclass(frozen=True, slots=True)
class AttemptPage:
    """Some attempts, newest first; ``end``: where the next page begins, None after the last."""

    attempts: list[AttemptRecord]
    end: tuple[datetime, int] | None


def load_attempt_page(
    conn: Connection,
    *,
    size: int,
    post_id: str | None = None,
    after: tuple[datetime, int] | None = None,
) -> AttemptPage:
    """Return up to ``size`` attempts, newest first, with their posts, accounts and recipients.

    ``after`` is the end of the page before.
    """
    query = (
        select(*_columns(AttemptRecord, attempt), attempt.c.id)
        .join(delivery, delivery.c.key == attempt.c.key)
        .join(account, account.c.id == delivery.c.account)
        .outerjoin(recipient, recipient.c.id == delivery.c.recipient)
        .order_by(attempt.c.started_at.desc(), attempt.c.id.desc())
    )
    if post_id is not None:
        query = query.where(delivery.c.post == post_id)
    if after is not None:
        at, id_ = after
        query = query.where(attempt.c.started_at <= at, or_(attempt.c.started_at < at, attempt.c.id < id_))
    rows = conn.execute(query.limit(size)).all()
    attempts = [AttemptRecord(*row[:-1]) for row in rows]
    return AttemptPage(attempts, (attempts[-1].started_at, rows[-1][-1]) if len(rows) == size else None)


def list_posts(conn: Connection) -> list[PostRecord]:
    """Return every post that the ledger has."""
    query = select(post.c.id, post.c.file, post.c.title, post.c.hold)
    return [PostRecord(*row) for row in conn.execute(query)]
