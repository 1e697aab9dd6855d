"""Claims: due posts are expanded to their recipients, then claimed by an account worker.

Deliveries are claimed by priority, and in turns over their posts.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, zip_longest
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, and_, case, exists, func, or_, select, true, update

from humaspost.ledger.deliveries import outcomes, restore_gap, states
from humaspost.ledger.deliveries.gate_facts import has_consent
from humaspost.ledger.holds import account_holds
from humaspost.ledger.posts import post_stops
from humaspost.ledger.posts.unexpanded import is_unexpanded
from humaspost.ledger.schema import (
    account,
    audience_member,
    delivery,
    plan_row,
    recipient,
)
from humaspost.model.decision import CheckRecipient
from humaspost.model.delivery import State, delivery_key
from humaspost.model.reasons import AccountHold, StopReason

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that a sender has claimed; ``rendition`` is the hash of the one to prepare."""

    key: str
    post: str
    part: int
    priority: int
    due_at: datetime
    rendition: str


def expand_due(
    conn: Connection,
    account_id: str,
    *,
    check_recipient: CheckRecipient,
    until: datetime,
    now: datetime,
    only_post: str | None = None,
    for_restore: bool = False,
) -> int:
    """Expand due posts by one chunk of recipients; return how many rows that made.

    Each recipient gets one row, however many of the audiences they are in. The posts of the highest due
    priority share the chunk, so that no post waits for the ten thousand recipients of another. Recipients who
    did not consent or who opted out get a refused row, so that every count adds up. A post that is stopped as a
    whole (``post_stops.settle_due``) gets no rows. ``only_post`` = expand one post. ``for_restore`` = also posts
    of held files; the caller marks the rows as unknown.
    """
    is_waiting = is_unexpanded() if for_restore else post_stops.is_waiting()
    due = (plan_row.c.account == account_id) & (plan_row.c.due_at <= until)
    if only_post is not None:
        due &= plan_row.c.post == only_post
    free = select(plan_row).where(due, is_waiting, plan_row.c.stop.is_(None))
    rows = conn.execute(free.order_by(plan_row.c.priority, plan_row.c.due_at).limit(CHUNK)).all()
    restored = restore_gap.get_restore_gap(conn) if rows and not for_restore else None
    for _priority, group in groupby(rows, key=attrgetter("priority")):
        if created := _expand_posts(conn, list(group), now, check_recipient, restored):
            return created
    return 0


def _expand_posts(
    conn: Connection,
    rows: list[Row[Any]],
    now: datetime,
    check_recipient: CheckRecipient,
    restored: restore_gap.RestoreGap | None,
) -> int:
    limit = max(1, CHUNK // len(rows))
    created = 0
    for row in rows:
        if created < CHUNK:
            count = _expand_post(conn, row, now, check_recipient=check_recipient, limit=limit)
            created += count
            if count and restored is not None and restore_gap.is_in_gap(restored, row):
                condition = (delivery.c.post == row.post) & (delivery.c.account == row.account)
                restore_gap.mark_unknown(conn, restored, condition, now=now)
    return created


def _expand_post(
    conn: Connection, row: Row[Any], now: datetime, *, check_recipient: CheckRecipient, limit: int
) -> int:
    if not _has_rows(conn, row) and post_stops.stop_empty(conn, row):
        return 0
    recipients = _next_recipients(conn, row, limit)
    if recipients:
        deliveries = [_new_delivery(row, person, check_recipient) for person in recipients]
        states.insert_deliveries(conn, deliveries, now=now)
    if len(recipients) < limit:
        condition = (plan_row.c.post == row.post) & (plan_row.c.account == row.account)
        conn.execute(update(plan_row).where(condition).values(expanded=True))
    return len(recipients)


def _has_rows(conn: Connection, row: Row[Any]) -> bool:
    condition = (delivery.c.post == row.post) & (delivery.c.account == row.account)
    condition &= delivery.c.edition == row.edition
    return conn.scalar(select(delivery.c.key).where(condition).limit(1)) is not None


def _next_recipients(conn: Connection, row: Row[Any], limit: int) -> list[Row[Any]]:
    """Return the next members by id; after the last id, members who joined meanwhile."""
    condition = (delivery.c.post == row.post) & (delivery.c.account == row.account)
    condition &= delivery.c.edition == row.edition
    last = conn.scalar(select(func.max(delivery.c.recipient)).where(condition)) or ""
    recipients = _list_members(conn, row, recipient.c.id > last, limit)
    if len(recipients) < limit:
        existing = select(delivery.c.recipient).where(condition)
        joined = (recipient.c.id <= last) & recipient.c.id.notin_(existing)
        recipients += _list_members(conn, row, joined, limit - len(recipients))
    return recipients


def _list_members(conn: Connection, row: Row[Any], condition: Any, limit: int) -> list[Row[Any]]:
    agreed = has_consent(recipient.c.id)
    is_member = audience_member.c.audience.in_(json.loads(row.audiences))
    query = select(recipient.c.id, recipient.c.opted_out_at, agreed.label("agreed"))
    query = query.where(condition, recipient.c.id.in_(select(audience_member.c.recipient).where(is_member)))
    return list(conn.execute(query.order_by(recipient.c.id).limit(limit)))


def _new_delivery(
    row: Row[Any], recipient_row: Row[Any], check_recipient: CheckRecipient
) -> states.NewDelivery:
    denial = check_recipient(
        has_consent=bool(recipient_row.agreed), opted_out=recipient_row.opted_out_at is not None
    )
    return states.NewDelivery(
        key=delivery_key(row.post, row.account, 1, recipient=recipient_row.id, edition=row.edition),
        post=row.post,
        account=row.account,
        part=1,
        state=denial.state if denial else State.SCHEDULED,
        reason=denial.reason if denial else "",
        due_at=row.due_at,
        priority=row.priority,
        recipient=recipient_row.id,
        edition=row.edition,
    )


def _is_claimable(account_id: str, until: datetime, now: datetime) -> Any:
    return and_(
        delivery.c.account == account_id,
        delivery.c.state == State.SCHEDULED,
        delivery.c.due_at <= until,
        or_(delivery.c.not_before.is_(None), delivery.c.not_before <= now),
    )


def claim_due(
    conn: Connection,
    account_id: str,
    *,
    owner: str,
    until: datetime,
    now: datetime,
    limit: int,
    only_post: str | None = None,
) -> list[Claim]:
    """Claim up to ``limit`` deliveries due ``until``: by priority, in turns over their posts.

    ``only_post`` = of one post.
    """
    account_holds.release_for_probe(conn, account_id, now=now)
    condition = _is_claimable(account_id, until, now)
    if only_post is not None:
        condition = and_(condition, delivery.c.post == only_post)
    turns = (
        select(delivery.c.post, delivery.c.priority, func.min(delivery.c.due_at).label("due"))
        .where(condition)
        .group_by(delivery.c.priority, delivery.c.post)
        .order_by(delivery.c.priority, "due")
    )
    posts = list(conn.execute(turns))
    posts = [row for row in posts if row.priority == posts[0].priority]
    per_post = max(1, -(-limit // max(1, len(posts))))
    turns_of: list[list[str]] = []
    for row in posts[:limit]:
        of_post = select(delivery.c.key).where(condition, delivery.c.post == row.post)
        in_order = of_post.order_by(delivery.c.due_at, delivery.c.part, delivery.c.key)
        turns_of.append(list(conn.scalars(in_order.limit(per_post))))
    keys = [key for turn in zip_longest(*turns_of) for key in turn if key is not None][:limit]
    if not keys:
        return []
    states.move(conn, states.CLAIM, delivery.c.key.in_(keys), now=now, owner=owner)
    return _load_claimed(conn, keys, owner)


def _load_claimed(conn: Connection, keys: list[str], owner: str) -> list[Claim]:
    uses_frozen = plan_row.c.first_write_at.isnot(None) & delivery.c.use_latest_rendition.is_(False)
    rows = conn.execute(
        select(
            delivery.c.key,
            delivery.c.post,
            delivery.c.part,
            delivery.c.priority,
            delivery.c.due_at,
            case((uses_frozen, plan_row.c.frozen_rendition), else_=plan_row.c.rendition).label("rendition"),
        )
        .join(plan_row, and_(plan_row.c.post == delivery.c.post, plan_row.c.account == delivery.c.account))
        .where(delivery.c.key.in_(keys), delivery.c.owner == owner, delivery.c.state == State.PREPARING)
    )
    turn = {key: number for number, key in enumerate(keys)}
    claims = [Claim(*row) for row in rows]
    return sorted(claims, key=lambda claim: turn[claim.key])


def release_claims(
    conn: Connection, keys: list[str], *, owner: str, not_before: datetime | None, now: datetime
) -> None:
    """Schedule claimed deliveries again that were not sent.

    Without ``not_before`` the end of an earlier wait stays: lateness may count from it.
    """
    is_ours = delivery.c.key.in_(keys) & (delivery.c.owner == owner)
    times = {} if not_before is None else {"not_before": not_before}
    states.move(conn, states.RELEASE, is_ours, now=now, owner=None, **times)


def note_error(conn: Connection, key: str, *, owner: str, code: str, detail: str) -> None:
    """Record why a claimed delivery could not be prepared, for reports.

    Its state does not change here.
    """
    condition = (delivery.c.key == key) & (delivery.c.owner == owner) & (delivery.c.state == State.PREPARING)
    conn.execute(update(delivery).where(condition).values(code=code, detail=detail))


def get_next_due(conn: Connection, account_id: str, *, only_post: str | None = None) -> datetime | None:
    """Return when the account worker has something to do next, or None."""
    waiting = (delivery.c.account == account_id) & (delivery.c.state == State.SCHEDULED)
    unexpanded = (plan_row.c.account == account_id) & post_stops.is_waiting()
    if only_post is not None:
        waiting &= delivery.c.post == only_post
        unexpanded &= plan_row.c.post == only_post
    first_tries = (
        select(delivery.c.due_at)
        .where(waiting, delivery.c.not_before.is_(None))
        .order_by(delivery.c.due_at)
        .limit(1)
    )
    retries = (
        select(delivery.c.not_before)
        .where(waiting, delivery.c.not_before.isnot(None))
        .order_by(delivery.c.not_before)
        .limit(1)
    )
    expansions = select(plan_row.c.due_at).where(unexpanded).order_by(plan_row.c.due_at).limit(1)
    account_check = _next_account_check(account_id)
    return min(
        (time for time in map(conn.scalar, (first_tries, retries, expansions, account_check)) if time),
        default=None,
    )


def _next_account_check(account_id: str) -> Any:
    """Return the query for the next check of a held account.

    A refused login is checked, a throttled account written to, only where deliveries wait for it.
    """
    held = exists().where(
        delivery.c.account == account.c.id,
        delivery.c.state == State.HELD,
        delivery.c.reason == account.c.hold,
    )
    held_posts = exists().where(
        plan_row.c.account == account.c.id,
        plan_row.c.expanded.is_(False),
        plan_row.c.stop == State.HELD,
        plan_row.c.stop_reason == account.c.hold,
    )
    is_checked = account.c.hold.in_((AccountHold.LOGIN, AccountHold.THROTTLE))
    return select(account.c.hold_until).where(account.c.id == account_id, is_checked, held | held_posts)


def recover_orphans(
    conn: Connection,
    *,
    in_flight: Collection[str],
    now: datetime,
    first_check_delay: Callable[[str], float | None],
) -> int:
    """Release all claims, and mark all intents as unknown except those ``in_flight``.

    Only for the one sender, while no worker of it runs. Returns how many intents are now unknown.
    ``in_flight`` are the keys that this process still writes. ``first_check_delay`` gives, for an account id,
    the seconds to the first lookup; None = a user decides at once.
    """
    states.move(conn, states.RECOVER, true(), now=now, owner=None)
    columns = (delivery.c.key, delivery.c.account, delivery.c.attempts)
    sending = list(conn.execute(select(*columns).where(delivery.c.state == State.SENDING)))
    orphans = [row for row in sending if row.key not in in_flight]
    for row in orphans:
        outcomes.mark_unknown(
            conn,
            row.key,
            row.attempts,
            code=StopReason.OWNER_DIED,
            detail="",
            now=now,
            first_check_delay=first_check_delay(row.account),
        )
    return len(orphans)
