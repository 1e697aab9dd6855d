"""People whom a webhook names in the platform's own way: by its id of them, or by a number that it spells otherwise.

WhatsApp does the one where somebody has a username, the other in Brazil, Mexico and Argentina, say. Learned only
from what names both: a status with our callback key, or a number beside the id. Nothing is guessed; whoever
leaves before their number is known has left as soon as it is. Of what they are called only a digest is kept.
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
#: What a person said before their number was known.
OPTED_OUT, NO_MARKETING, MARKETING = "opt-out", "no-marketing", "marketing-again"


def find_phone(conn: Connection, account: str, event: PersonEvent, *, now: datetime) -> str | None:
    """The number, as the register has it, of whom ``one`` speaks; None where nobody ever named it."""
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
    """Link the new number to the person who has the old one. Return False if none of ours has it."""
    person = _find_recipient(conn, account, event)
    if person is not None:
        _save(conn, account, _IDENTITY, event, name=event.new_phone, recipient_id=person.id, now=now)
    return person is not None


def remember_choice(
    conn: Connection, account: str, event: PersonEvent, choice: str, *, now: datetime
) -> None:
    """Whom ``one`` speaks of said so (``OPTED_OUT``, ``NO_MARKETING``, ``MARKETING``), and it waits for their number."""
    _save(conn, account, choice, event, name=event.user_id or "", recipient_id=None, now=now)


def pop_remembered_choice(conn: Connection, account: str, user_id: str, choice: str) -> datetime | None:
    """When the person said so before their number was known; that waits no longer."""
    waiting = delete(message_event).where(message_event.c.dedupe_key == _dedupe_key(account, choice, user_id))
    return conn.scalar(waiting.returning(message_event.c.at))


def _find_recipient(conn: Connection, account: str, event: PersonEvent) -> Row[Any] | None:
    """The recipient (id, phone) to whom the message with our key went, else whoever has the number."""
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
    # Of a person that another is called so now; of words that they were said once more.
    is_newer = (
        message_event.c.key.is_distinct_from(statement.excluded.key)
        if recipient_id
        else statement.excluded.at > message_event.c.at
    )
    columns = {name: statement.excluded[name] for name in ("key", "at", "received_at")}
    conn.execute(statement.on_conflict_do_update(index_elements=["dedupe_key"], set_=columns, where=is_newer))


def _dedupe_key(account: str, kind: str, name: str) -> str:
    return f"{account}:{kind}:{hashlib.sha256(name.encode()).hexdigest()}"
