"""People whom a webhook names in the platform's own way: by its id of them, or by a number that it spells otherwise.

WhatsApp does the one where somebody has a username, the other in Brazil, Mexico and Argentina, say. Learned only
from what names both: a status with our callback key, or a number beside the id. Nothing is guessed; whoever
leaves before their number is known has left as soon as it is. Of what they are called only a digest is kept.
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from humaspost.ledger.schema import delivery, event, recipient
from humaspost.model.channel import Event
from humaspost.model.delivery import of_callback

_PERSON = "person"
#: What a person said before their number was known.
LEFT, NO_MARKETING, MARKETING = "leaving", "no-marketing", "marketing-again"


def phone(conn: Connection, account: str, one: Event, *, now: datetime) -> str | None:
    """The number, as the register has it, of whom ``one`` speaks; None where nobody ever named it."""
    called = [name for name in (one.user_id, one.sender) if name]
    known = _named(conn, account, one)
    if known is None:
        marks = [_mark(account, _PERSON, name) for name in called]
        learned = select(recipient.c.phone).join(event, event.c.key == recipient.c.id)
        return conn.scalar(learned.where(event.c.dedupe.in_(marks)).limit(1)) or one.sender
    for name in called:
        if name != known.phone:
            _keep(conn, account, _PERSON, one, name=name, who=known.id, now=now)
    return str(known.phone)


def learn(conn: Connection, account: str, one: Event, *, now: datetime) -> bool:
    """Whoever has the number writes from ``one.moved`` from now on; False = nobody of ours has it."""
    known = _named(conn, account, one)
    if known is not None and one.moved:
        _keep(conn, account, _PERSON, one, name=one.moved, who=known.id, now=now)
    return known is not None


def later(conn: Connection, account: str, one: Event, what: str, *, now: datetime) -> None:
    """Whom ``one`` speaks of said so (``LEFT``, ``NO_MARKETING``, ``MARKETING``), and it waits for their number."""
    _keep(conn, account, what, one, name=one.user_id or "", who=None, now=now)


def before(conn: Connection, account: str, user_id: str, what: str) -> datetime | None:
    """When the person said so before their number was known; that waits no longer."""
    waiting = delete(event).where(event.c.dedupe == _mark(account, what, user_id))
    return conn.scalar(waiting.returning(event.c.at))


def _named(conn: Connection, account: str, one: Event) -> Row[Any] | None:
    """The recipient (id, phone) to whom the message with our key went, else whoever has the number."""
    key, _ = of_callback(one.key)
    who = select(*[recipient.c[name] for name in ("id", "phone")])
    sent = who.join(delivery, delivery.c.recipient == recipient.c.id)
    sent = sent.where(delivery.c.key == key, delivery.c.account == account)
    found = conn.execute(sent).one_or_none() if key else None
    return found or conn.execute(who.where(recipient.c.phone == one.sender)).one_or_none()


def _keep(
    conn: Connection, account: str, kind: str, one: Event, *, name: str, who: str | None, now: datetime
) -> None:
    fresh = upsert(event).values(
        dedupe=_mark(account, kind, name),
        account=account,
        kind=kind,
        key=who,
        at=min(one.at, now),
        received_at=now,
        settled=True,
    )
    # Of a person that another is called so now; of words that they were said once more.
    other = event.c.key.is_distinct_from(fresh.excluded.key) if who else fresh.excluded.at > event.c.at
    newest = {name: fresh.excluded[name] for name in ("key", "at", "received_at")}
    conn.execute(fresh.on_conflict_do_update(index_elements=["dedupe"], set_=newest, where=other))


def _mark(account: str, kind: str, name: str) -> str:
    return f"{account}:{kind}:{hashlib.sha256(name.encode()).hexdigest()}"
