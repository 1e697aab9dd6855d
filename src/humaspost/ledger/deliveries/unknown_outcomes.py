"""Unknown outcomes: the lookups that are due, and the decisions of users."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select, true, update

from humaspost.ledger.deliveries import states, thread_parts
from humaspost.ledger.posts import decisions
from humaspost.ledger.schema import attempt, delivery, lookup, recipient, rendition
from humaspost.model.delivery import RemoteLocation, Stage, State
from humaspost.model.reasons import StopReason
from humaspost.model.records import DeliveryRecord, LookupRecord


@dataclass(frozen=True, slots=True)
class UnknownDelivery:
    """A delivery whose outcome is unknown, with its last attempt.

    ``started_at`` is when the first attempt started that may be live; ``body`` and ``token`` are JSON.
    """

    key: str
    post: str
    account: str
    part: int
    recipient: str
    unknown_since: datetime
    lookups: int
    number: int
    started_at: datetime
    token: str
    reply_to: str | None
    code: str
    body: str
    phone: str | None = field(repr=False)


def list_due(conn: Connection, *, now: datetime, only_post: str | None = None) -> list[UnknownDelivery]:
    """Return unknown deliveries whose lookup is due, with their last attempt, oldest first."""
    condition = (delivery.c.state == State.UNKNOWN) & (delivery.c.next_lookup_at <= now)
    if only_post is not None:
        condition &= delivery.c.post == only_post
    query = _select_unknown(condition).order_by(delivery.c.next_lookup_at).limit(200)
    return [UnknownDelivery(*row) for row in conn.execute(query)]


def _select_unknown(where: Any) -> Select[Any]:
    last = and_(attempt.c.key == delivery.c.key, attempt.c.number == delivery.c.attempts)
    columns = [
        delivery.c[n] for n in ("key", "post", "account", "part", "recipient", "unknown_since", "lookups")
    ]
    return (
        select(
            *columns,
            attempt.c.number,
            _first_possible_start().label("started_at"),
            attempt.c.token,
            attempt.c.reply_to,
            attempt.c.code,
            rendition.c.body,
            recipient.c.phone,
        )
        .join(attempt, last)
        .join(rendition, rendition.c.hash == attempt.c.rendition)
        .outerjoin(recipient, recipient.c.id == delivery.c.recipient)
        .where(where)
    )


def _first_possible_start() -> Any:
    """Return when the first attempt with an unknown outcome started.

    An object that a lookup finds may come from any of these attempts.
    """
    each = attempt.alias()
    unknown = (each.c.outcome == "unknown") | (each.c.number == delivery.c.attempts)
    return select(func.min(each.c.started_at)).where(each.c.key == delivery.c.key, unknown).scalar_subquery()


def list_used_remote_ids(conn: Connection, unknown: UnknownDelivery) -> frozenset[str]:
    """Return the remote ids of the account's other deliveries since the first unknown attempt.

    None of them can be the object of this delivery.
    """
    others = select(delivery.c.remote_id).where(
        delivery.c.account == unknown.account,
        delivery.c.state == State.PUBLISHED,
        delivery.c.published_at > unknown.started_at - timedelta(hours=1),
        delivery.c.key != unknown.key,
        delivery.c.remote_id.isnot(None),
        delivery.c.recipient == "",
    )
    return frozenset(conn.scalars(others))


def list_lookups(conn: Connection, key: str) -> list[LookupRecord]:
    """Return the lookups of one delivery, in order."""
    rows = conn.execute(select(lookup.c.at, lookup.c.proof).where(lookup.c.key == key).order_by(lookup.c.id))
    return [LookupRecord(*row) for row in rows]


def confirm_published(conn: Connection, locations: Mapping[str, RemoteLocation], *, now: datetime) -> int:
    """Mark deliveries as published that a user confirmed; return how many changed.

    ``locations`` maps each key to its remote id and address, where known. A delivery that is already
    confirmed without a remote id gets one.
    """
    count = 0
    for key, (remote_id, url) in locations.items():
        if remote_id is not None:
            is_unlocated = (delivery.c.key == key) & _is_published_without_id()
            location = {"remote_id": remote_id, "url": url, "updated_at": now}
            count += conn.execute(update(delivery).where(is_unlocated).values(location)).rowcount
        count += states.move(
            conn,
            states.CONFIRM_PUBLISHED,
            delivery.c.key == key,
            now=now,
            reason=StopReason.PERSON,
            published_at=now,
            stage=Stage.ACCEPTED,
            remote_id=remote_id,
            url=url,
            next_lookup_at=None,
        )
        row = conn.execute(select(delivery).where(delivery.c.key == key)).one()
        if row.remote_id is not None:
            thread_parts.release_following(conn, row.post, row.account, part=row.part, now=now)
    return count


def retry(conn: Connection, keys: list[str], *, now: datetime, whole_post: bool = False) -> int:
    """Schedule deliveries again at a user's request; return how many wait now.

    ``whole_post`` = they are all of their post, and people of it who have no rows yet follow. Single ones of a
    cancelled post stay as they are: to send them would end the cancel for all the others.
    """
    decisions.record_retry(conn, keys, now=now, whole_post=whole_post)
    is_named = and_(delivery.c.key.in_(keys), true() if whole_post else ~decisions.is_of_cancelled())
    count = states.move(
        conn,
        states.RETRY,
        is_named,
        now=now,
        reason=StopReason.PERSON,
        not_before=None,
        next_lookup_at=None,
        failures=0,
        unknown_since=None,
    )
    thread_parts.hold_following(conn, is_named, now=now)
    threads = select(delivery.c.post, delivery.c.account).where(is_named, delivery.c.recipient == "")
    for row in conn.execute(threads.distinct()).all():
        thread_parts.match_parts(conn, row.post, row.account, now=now)
    return count


def cancel(conn: Connection, keys: list[str], *, now: datetime) -> int:
    """Cancel deliveries at a user's request, with later parts of their threads; return how many."""
    condition = delivery.c.key.in_(keys) & delivery.c.state.in_(states.CANCEL.sources)
    rows = list(conn.execute(select(delivery.c.post, delivery.c.account, delivery.c.part).where(condition)))
    count = states.move(
        conn, states.CANCEL, condition, now=now, reason=StopReason.PERSON, owner=None, next_lookup_at=None
    )
    for row in rows:
        thread_parts.cancel_following(conn, row.post, row.account, part=row.part, now=now)
    return count


def _is_published_without_id() -> Any:
    """Return the condition of deliveries confirmed by a user without a remote id."""
    return (
        (delivery.c.state == State.PUBLISHED)
        & delivery.c.remote_id.is_(None)
        & (delivery.c.reason == StopReason.PERSON)
        & (delivery.c.recipient == "")
    )


def published_without_id(conn: Connection) -> set[str]:
    """Return the keys of published deliveries whose remote id is unknown."""
    return set(conn.scalars(select(delivery.c.key).where(_is_published_without_id())))


def owner_of_remote_id(conn: Connection, row: DeliveryRecord, remote_id: str) -> Row[Any] | None:
    """Return another delivery of the account that has this remote id, or None."""
    where = (delivery.c.account == row.account) & (delivery.c.remote_id == remote_id)
    query = select(delivery).where(where, delivery.c.key != row.key)
    return conn.execute(query.limit(1)).one_or_none()


def blocking_parts(conn: Connection, keys: Collection[str]) -> set[str]:
    """Return the keys of those deliveries that a later part waits for."""
    where = delivery.c.key.in_(keys) & thread_parts.is_blocking()
    return set(conn.scalars(select(delivery.c.key).where(where)))


def get_unknown(conn: Connection, key: str) -> UnknownDelivery | None:
    """Return the delivery with its last attempt, whenever its next lookup is due, or None."""
    row = conn.execute(_select_unknown(delivery.c.key == key)).one_or_none()
    return None if row is None else UnknownDelivery(*row)
