"""Unknown outcomes: what is to be looked up now, and what a person says of them."""

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select, update

from humaspost.ledger import parts
from humaspost.ledger.schema import attempt, delivery, look, recipient, rendition
from humaspost.model.delivery import Stage, State


def due(conn: Connection, *, now: datetime, only: str | None = None) -> list[Row[Any]]:
    """Unknown deliveries whose look is due, with their last attempt, oldest first."""
    wanted = (delivery.c.state == State.UNKNOWN) & (delivery.c.next_look_at <= now)
    if only is not None:
        wanted &= delivery.c.post == only
    return list(conn.execute(_wanted(wanted).order_by(delivery.c.next_look_at).limit(200)))


def _wanted(where: Any) -> Select[Any]:
    last = and_(attempt.c.key == delivery.c.key, attempt.c.number == delivery.c.attempts)
    columns = [
        delivery.c[n] for n in ("key", "post", "account", "part", "recipient", "unknown_since", "looks")
    ]
    return (
        select(
            *columns,
            attempt.c.number,
            _first_that_may_have_landed().label("started_at"),
            attempt.c.ready,
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


def _first_that_may_have_landed() -> Any:
    """When the first attempt began whose outcome was never known: what is found may be any of them."""
    each = attempt.alias()
    unknown = (each.c.outcome == "unknown") | (each.c.number == delivery.c.attempts)
    return select(func.min(each.c.started_at)).where(each.c.key == delivery.c.key, unknown).scalar_subquery()


def taken(conn: Connection, row: Row[Any]) -> frozenset[str]:
    """Remote ids, since the doubt began, that other deliveries of the account hold: none of them is this one's."""
    others = select(delivery.c.remote_id).where(
        delivery.c.account == row.account,
        delivery.c.state == State.PUBLISHED,
        delivery.c.published_at > row.started_at - timedelta(hours=1),
        delivery.c.key != row.key,
        delivery.c.remote_id.isnot(None),
        delivery.c.recipient == "",
    )
    return frozenset(conn.scalars(others))


def next_look(conn: Connection) -> datetime | None:
    """When the next look is due, None = none is."""
    unknown = delivery.c.state == State.UNKNOWN
    value = conn.scalar(select(func.min(delivery.c.next_look_at)).where(unknown))
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def looks_of(conn: Connection, key: str) -> list[Row[Any]]:
    """What was looked up for one delivery, in order."""
    return list(conn.execute(select(look).where(look.c.key == key).order_by(look.c.id)))


def say_published(
    conn: Connection, keys: list[str], *, remote_id: str | None, url: str | None, now: datetime
) -> int:
    """A person says that these are live; how many that settled."""
    count = 0
    for key in keys:
        values = {
            "state": State.PUBLISHED,
            "reason": "person",
            "published_at": now,
            "stage": Stage.ACCEPTED,
            "remote_id": remote_id,
            "url": url,
            "next_look_at": None,
            "updated_at": now,
        }
        open_ = (delivery.c.key == key) & (delivery.c.state == State.UNKNOWN)
        count += conn.execute(update(delivery).where(open_).values(values)).rowcount
        row = conn.execute(select(delivery).where(delivery.c.key == key)).one()
        if row.remote_id is not None:
            parts.release_next(conn, row.post, row.account, part=row.part, now=now)
    return count


def say_retry(conn: Connection, keys: list[str], *, now: datetime) -> int:
    """A person wants these sent (again); how many wait now."""
    open_ = delivery.c.key.in_(keys) & delivery.c.state.in_((State.UNKNOWN, State.FAILED))
    values = {
        "state": State.SCHEDULED,
        "reason": "person",
        "not_before": None,
        "next_look_at": None,
        "failures": 0,
        "updated_at": now,
    }
    count = conn.execute(update(delivery).where(open_).values(values)).rowcount
    parts.hold_later(conn, delivery.c.key.in_(keys))
    return count


def say_cancel(conn: Connection, keys: list[str], *, now: datetime) -> int:
    """A person gives these up; later parts of the same thread go with them."""
    open_ = delivery.c.key.in_(keys) & delivery.c.state.in_(
        (State.UNKNOWN, State.FAILED, State.MISSED, State.HELD, State.SCHEDULED)
    )
    values = {"state": State.CANCELLED, "reason": "person", "next_look_at": None, "updated_at": now}
    rows = list(conn.execute(select(delivery.c.post, delivery.c.account, delivery.c.part).where(open_)))
    count = conn.execute(update(delivery).where(open_).values(values)).rowcount
    for row in rows:
        parts.cancel_later(conn, row.post, row.account, part=row.part, now=now)
    return count


def id_in(url: str | None) -> str | None:
    """The platform's id at the end of an address that a person gave; None where there is none."""
    found = re.findall(r"\d{5,}", url or "")
    return found[-1] if found else None


def one(conn: Connection, key: str) -> Row[Any] | None:
    """The unknown delivery with its last attempt, whenever its next look is due."""
    return conn.execute(_wanted(delivery.c.key == key)).one_or_none()
