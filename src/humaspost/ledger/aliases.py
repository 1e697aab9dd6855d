"""People whom a webhook names only by the platform's own id of them, as WhatsApp does who has a username.

Learned only from what names both: a status with our callback key, or a number beside the id. Nothing is guessed;
whoever leaves before their number is known has left as soon as it is. Of the id only a digest is kept.
"""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from humaspost.ledger.schema import delivery, event, recipient
from humaspost.model.channel import Event
from humaspost.model.delivery import of_callback

_PERSON, _LEAVING = "person", "leaving"


def phone(conn: Connection, account: str, one: Event, *, now: datetime) -> str | None:
    """The number, as the register has it, of whom ``one`` speaks; None where nobody ever named it."""
    if one.user_id is None:
        return one.sender
    who = _named(conn, account, one)
    if who is None:
        known = select(event.c.key).where(event.c.dedupe == _mark(account, _PERSON, one.user_id))
        who = conn.scalar(known)
    else:
        _keep(conn, account, _PERSON, one, who=who, now=now)
    registered = conn.scalar(select(recipient.c.phone).where(recipient.c.id == who)) if who else None
    return registered or one.sender


def leave_later(conn: Connection, account: str, one: Event, *, now: datetime) -> None:
    """Whom ``one`` speaks of has left, and it waits here for their number."""
    _keep(conn, account, _LEAVING, one, who=None, now=now)


def left_before(conn: Connection, account: str, user_id: str) -> datetime | None:
    """When the person left before their number was known; that waits no longer."""
    waiting = delete(event).where(event.c.dedupe == _mark(account, _LEAVING, user_id))
    return conn.scalar(waiting.returning(event.c.at))


def _named(conn: Connection, account: str, one: Event) -> str | None:
    """The recipient to whom the message with our key went, else whoever has the number."""
    key, _ = of_callback(one.key)
    sent = select(delivery.c.recipient).where(delivery.c.key == key, delivery.c.account == account)
    found = conn.scalar(sent) if key else None
    return found or conn.scalar(select(recipient.c.id).where(recipient.c.phone == one.sender))


def _keep(conn: Connection, account: str, kind: str, one: Event, *, who: str | None, now: datetime) -> None:
    fresh = upsert(event).values(
        dedupe=_mark(account, kind, one.user_id or ""),
        account=account,
        kind=kind,
        key=who,
        at=min(one.at, now),
        received_at=now,
        settled=True,
    )
    other = event.c.key.is_distinct_from(fresh.excluded.key)
    newest = {name: fresh.excluded[name] for name in ("key", "at", "received_at")}
    conn.execute(fresh.on_conflict_do_update(index_elements=["dedupe"], set_=newest, where=other))


def _mark(account: str, kind: str, user_id: str) -> str:
    return f"{account}:{kind}:{hashlib.sha256(user_id.encode()).hexdigest()}"
