"""The links between a platform's names for a person and the phone number in the register.

A webhook can name a person by the platform's own id, or by another spelling of the number. WhatsApp uses the
id where the person has a username, and another spelling in Brazil, Mexico and Argentina, for example. Links
are learned only from events that name both: a status with our callback key, or a number beside the id.
Nothing is guessed. A person who opts out before their number is known is opted out as soon as it is known.
Only a digest of each name is stored.
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from humaspost.ledger.dialect import upsert
from humaspost.ledger.schema import delivery, message_event, recipient
from humaspost.model.channel_event import NumberChanged, PersonEvent
from humaspost.model.delivery import parse_callback

_IDENTITY = "identity"
#: Choices that a person made before their number was known.
OPTED_OUT, NO_MARKETING, MARKETING = "opt-out", "no-marketing", "marketing-again"


def find_phone(conn: Connection, account: str, event: PersonEvent, *, now: datetime) -> str | None:
    """Return the person's phone number, and remember the event's other names for it.

    It is the register's number, without one the event's, and None if neither has one.
    """
    names = [name for name in (event.user_id, event.phone) if name]
    person = _find_recipient(conn, account, event)
    if person is None:
        dedupe_keys = [_dedupe_key(account, _IDENTITY, name) for name in names]
        query = select(recipient.c.phone).join(message_event, message_event.c.key == recipient.c.id)
        return conn.scalar(query.where(message_event.c.dedupe_key.in_(dedupe_keys)).limit(1)) or event.phone
    for name in names:
        if name != person.phone:
            _save(conn, account, _IDENTITY, event, name=name, recipient_id=person.id, now=now)
    return str(person.phone)


def link(conn: Connection, account: str, event: NumberChanged, *, now: datetime) -> bool:
    """Link the new number to the recipient with the old one; return False if there is none."""
    person = _find_recipient(conn, account, event)
    if person is not None:
        _save(conn, account, _IDENTITY, event, name=event.new_phone, recipient_id=person.id, now=now)
    return person is not None


def remember_choice(
    conn: Connection, account: str, event: PersonEvent, choice: str, *, now: datetime
) -> None:
    """Remember a choice of the event's person until their number is known.

    ``choice`` is ``OPTED_OUT``, ``NO_MARKETING`` or ``MARKETING``.
    """
    _save(conn, account, choice, event, name=event.user_id or "", recipient_id=None, now=now)


def pop_remembered_choice(conn: Connection, account: str, user_id: str, choice: str) -> datetime | None:
    """Remove a remembered choice, and return when it was made, or None."""
    waiting = delete(message_event).where(message_event.c.dedupe_key == _dedupe_key(account, choice, user_id))
    return conn.scalar(waiting.returning(message_event.c.at))


def _find_recipient(conn: Connection, account: str, event: PersonEvent) -> Row[Any] | None:
    """Return the recipient (id, phone) of the message with our key, or else of the number."""
    key, _ = parse_callback(event.key)
    query = select(*[recipient.c[name] for name in ("id", "phone")])
    sent_query = query.join(delivery, delivery.c.recipient == recipient.c.id)
    sent_query = sent_query.where(delivery.c.key == key, delivery.c.account == account)
    row = conn.execute(sent_query).one_or_none() if key else None
    return row or conn.execute(query.where(recipient.c.phone == event.phone)).one_or_none()


def _save(
    conn: Connection,
    account: str,
    kind: str,
    event: PersonEvent,
    *,
    name: str,
    recipient_id: str | None,
    now: datetime,
) -> None:
    statement = upsert(message_event).values(
        dedupe_key=_dedupe_key(account, kind, name),
        account=account,
        kind=kind,
        key=recipient_id,
        at=min(event.at, now),
        received_at=now,
        settled=True,
    )
    # A name changes where another person has it now; a choice where it was made again later.
    is_newer = (
        message_event.c.key.is_distinct_from(statement.excluded.key)
        if recipient_id
        else statement.excluded.at > message_event.c.at
    )
    columns = {name: statement.excluded[name] for name in ("key", "at", "received_at")}
    conn.execute(statement.on_conflict_do_update(index_elements=["dedupe_key"], set_=columns, where=is_newer))


def _dedupe_key(account: str, kind: str, name: str) -> str:
    return f"{account}:{kind}:{hashlib.sha256(name.encode()).hexdigest()}"
