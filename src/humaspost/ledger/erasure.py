"""The erasure of a person: their rows go, and deliveries keep no number and no name."""

import hashlib
from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, func, or_, select, update

from humaspost.base.personal_data import mask_person, number_forms
from humaspost.ledger.deliveries import states
from humaspost.ledger.dialect import column_names, table_names
from humaspost.ledger.people import forgotten
from humaspost.ledger.people.forgotten import ForgottenPerson
from humaspost.ledger.schema import (
    account,
    attempt,
    audience,
    audience_candidate,
    audience_member,
    consent,
    delivery,
    marketing_preference,
    message_event,
    pause,
    rate,
    recipient,
    sender,
    service_window,
    unclear_opt_out,
)
from humaspost.ledger.schema import forgotten as forgotten_table
from humaspost.model.delivery import State
from humaspost.model.erasure import PersonRecords
from humaspost.model.reasons import StopReason

#: The tables with rows about the person, by the recipient's id.
_TABLES_OF_PERSON = (
    audience_member,
    audience_candidate,
    unclear_opt_out,
    consent,
    service_window,
    marketing_preference,
    rate,
)
#: The columns in which a text from outside, or of a person, may stand, with their tables' keys.
_FREE_TEXTS: tuple[tuple[Table, str, str], ...] = (
    (delivery, "key", "detail"),
    (attempt, "id", "detail"),
    (account, "id", "hold_detail"),
    (audience, "name", "hold_detail"),
    (pause, "id", "reason"),
    (sender, "owner", "stale_files"),
)
#: Characters of the digests of a number by which other rows refer to a person; see `identities` and the webhooks.
_DIGEST_LENGTH = 16


def read_person(conn: Connection, phone: str, *, key: bytes | None) -> PersonRecords:
    """Return what the ledger has of the number."""
    is_forgotten = key is not None and bool(
        conn.scalar(
            select(forgotten_table.c.digest).where(
                forgotten_table.c.digest == forgotten.digest_of(key, phone)
            )
        )
    )
    recipient_id = conn.scalar(select(recipient.c.id).where(recipient.c.phone == phone))
    if recipient_id is None:
        return PersonRecords(is_forgotten=is_forgotten)
    lists = select(audience_member.c.audience).where(audience_member.c.recipient == recipient_id)
    by_state = select(delivery.c.state, func.count()).where(delivery.c.recipient == recipient_id)
    rows = conn.execute(by_state.group_by(delivery.c.state))
    counts = {State(state): int(count) for state, count in rows}
    return PersonRecords(
        is_registered=True,
        is_forgotten=is_forgotten,
        lists=tuple(sorted(conn.scalars(lists))),
        deliveries=sum(counts.values()),
        pending=sum(counts.get(state, 0) for state in states.FORGET.sources),
        sending=counts.get(State.SENDING, 0),
        unknown=counts.get(State.UNKNOWN, 0),
    )


def erase_person(conn: Connection, phone: str, *, key: bytes, now: datetime) -> None:
    """Erase the person in this transaction; a keyed digest of the number stays, with their stop.

    Also works on a ledger of the former schema, which has fewer tables. A write that is on the socket ends.
    """
    columns = [recipient.c[name] for name in ("id", "name", "opted_out_at")]
    row = conn.execute(select(*columns).where(recipient.c.phone == phone)).one_or_none()
    forgotten.record_forgotten(
        conn,
        forgotten.digest_of(key, phone),
        opted_out_at=row.opted_out_at if row is not None else None,
        forgotten_at=now,
    )
    recipient_id, name = (row.id, row.name) if row is not None else (None, "")
    if recipient_id is not None:
        states.move(
            conn,
            states.FORGET,
            delivery.c.recipient == recipient_id,
            now=now,
            reason=StopReason.OPT_OUT,
            owner=None,
            code="",
            detail="",
            not_before=None,
        )
    _hide_ids(conn, phone, recipient_id, key=key)
    _hide_texts(conn, phone, name)
    if recipient_id is not None:
        present = table_names(conn)
        for table in _TABLES_OF_PERSON:
            if table.name in present:
                conn.execute(delete(table).where(table.c.recipient == recipient_id))
        conn.execute(delete(recipient).where(recipient.c.id == recipient_id))


def erase_again(conn: Connection, people: Collection[ForgottenPerson], *, key: bytes) -> None:
    """Erase forgotten people from a ledger that was restored, and keep their digests."""
    by_digest = {person.digest: person for person in people}
    for phone in conn.scalars(select(recipient.c.phone)).all():
        person = by_digest.get(forgotten.digest_of(key, phone))
        if person is not None:
            erase_person(conn, phone, key=key, now=person.forgotten_at)
    for person in people:
        forgotten.record_forgotten(
            conn, person.digest, opted_out_at=person.opted_out_at, forgotten_at=person.forgotten_at
        )


def _hide_ids(conn: Connection, phone: str, recipient_id: str | None, *, key: bytes) -> None:
    """Replace the ids of the person's messages, which have the number inside, by pseudonyms."""
    digest = hashlib.sha256(phone.encode()).hexdigest()[:_DIGEST_LENGTH]
    refers = message_event.c.dedupe_key.contains(digest)
    if recipient_id is not None:
        refers |= message_event.c.key == recipient_id
    conn.execute(delete(message_event).where(refers))
    sent = select(delivery.c.remote_id).where(
        delivery.c.recipient == (recipient_id or ""), delivery.c.remote_id.isnot(None)
    )
    is_of_person = _contains_number(phone, message_event.c.remote_id, message_event.c.dedupe_key)
    if recipient_id is not None:
        is_of_person |= message_event.c.remote_id.in_(sent)
    for row in conn.execute(select(message_event).where(is_of_person)).all():
        prefix = f"{row.account}:"
        hidden = {
            "dedupe_key": prefix + forgotten.pseudonym_of(key, row.dedupe_key.removeprefix(prefix)),
            "remote_id": forgotten.pseudonym_of(key, row.remote_id) if row.remote_id else None,
        }
        conn.execute(update(message_event).where(message_event.c.id == row.id).values(hidden))
    ids = select(delivery.c.key, delivery.c.remote_id).where(
        delivery.c.remote_id.isnot(None),
        or_(delivery.c.recipient == (recipient_id or "-"), _contains_number(phone, delivery.c.remote_id)),
        delivery.c.recipient != "",
    )
    for row in conn.execute(ids).all():
        pseudonym = forgotten.pseudonym_of(key, row.remote_id)
        conn.execute(update(delivery).where(delivery.c.key == row.key).values(remote_id=pseudonym))


def _contains_number(phone: str, *columns: Column[str]) -> ColumnElement[bool]:
    # Not LIKE, which takes no account of case: base64 does.
    return or_(*[func.instr(column, form) > 0 for column in columns for form in number_forms(phone)])


def _hide_texts(conn: Connection, phone: str, name: str) -> None:
    """Hide the number and the name in every text of the ledger that is not a post's."""
    for table, primary, column in _FREE_TEXTS:
        if column not in column_names(conn, table.name):
            continue
        # In Python: a number may be grouped, and a name written in capitals.
        rows = conn.execute(select(table.c[primary], table.c[column]).where(table.c[column] != "")).all()
        for identity, text in rows:
            for hidden in _changed(text, phone, name):
                conn.execute(update(table).where(table.c[primary] == identity).values({column: hidden}))


def _changed(text: str, phone: str, name: str) -> Iterator[str]:
    hidden = mask_person(text, phone=phone, name=name)
    if hidden != text:
        yield hidden
