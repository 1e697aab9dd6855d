"""The register of recipients: numbers, consents, lists and opt-outs."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Delete, Insert, and_, bindparam, delete, func, or_, select, update

from humaspost.ledger.dialect import execute_tuples, insert_or_ignore, upsert
from humaspost.ledger.people import forgotten
from humaspost.ledger.schema import audience, audience_member, consent, recipient, unclear_opt_out
from humaspost.model.records import AudienceRecord

#: A statement accepts far more parameters, but a send may have to wait for the write of a whole chunk.
CHUNK = 500
_MEMBER_COLUMNS = ("audience", "recipient")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A consent that a list does not have any more."""

    audience: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A recipient in the register; ``consents`` maps purpose to (basis, source, consented_at).

    ``unclear_opt_outs`` are the lists with an opt-out cell that nobody can read; without one an opt-out is for good.
    """

    id: str
    phone: str
    name: str
    opted_out_at: datetime | None
    consents: dict[str, tuple[str, str, str]]
    withdrawals: dict[str, Withdrawal] = field(default_factory=dict)
    unclear_opt_outs: frozenset[str] = frozenset()

    def opted_out_besides(self, name: str) -> bool:
        """Return True if the person opted out, and not only by an unclear cell of this list."""
        return self.opted_out_at is not None and self.unclear_opt_outs != {name}


def get_by_phones(conn: Connection, phones: Sequence[str]) -> dict[str, Person]:
    """Return the registered people with these numbers, by number; at most CHUNK numbers."""
    rows = conn.execute(select(recipient).where(recipient.c.phone.in_(phones))).all()
    ids = [row.id for row in rows]
    unclear: dict[str, set[str]] = {}
    for row in conn.execute(select(unclear_opt_out).where(unclear_opt_out.c.recipient.in_(ids))):
        unclear.setdefault(row.recipient, set()).add(row.audience)
    persons = {
        row.id: Person(
            row.id,
            row.phone,
            row.name,
            row.opted_out_at,
            consents={},
            unclear_opt_outs=frozenset(unclear.get(row.id, ())),
        )
        for row in rows
    }
    for row in conn.execute(select(consent).where(consent.c.recipient.in_(ids))):
        person = persons[row.recipient]
        if row.withdrawn_at is None:
            person.consents[row.purpose] = (row.basis, row.source, row.consented_at)
        else:
            person.withdrawals[row.purpose] = Withdrawal(row.withdrawn_by, row.withdrawn_at)
    return {person.phone: person for person in persons.values()}


def add_recipients(
    conn: Connection, recipients: Iterable[tuple[str, str, datetime | None]], *, now: datetime
) -> None:
    """Add people (number, name, opt-out time) under new random ids; skip known numbers.

    A forgotten person is not added, but their opt-out is kept.
    """
    people = list(recipients)
    gone = forgotten.find_forgotten(conn, [phone for phone, _name, _at in people])
    stops = {phone: at for phone, _name, at in people if phone in gone and at is not None}
    # Where the key is lost, somebody who opted out is added: nothing is sent to them.
    gone -= stops.keys() - forgotten.record_stops(conn, stops)
    rows = [
        {
            "id": secrets.token_hex(8),
            "phone": phone,
            "name": name,
            "opted_out_at": opted_out_at,
            "created_at": now,
        }
        for phone, name, opted_out_at in people
        if phone not in gone
    ]
    if rows:
        conn.execute(insert_or_ignore(recipient), rows)


def rename_recipients(conn: Connection, names: Iterable[tuple[str, str]]) -> None:
    """Set the names of recipients (id, name)."""
    rows = [{"recipient_id": recipient_id, "new_name": name} for recipient_id, name in names]
    if rows:
        statement = update(recipient).where(recipient.c.id == bindparam("recipient_id"))
        conn.execute(statement.values(name=bindparam("new_name")), rows)


def record_opt_outs(conn: Connection, opt_outs: Iterable[tuple[str, datetime]]) -> None:
    """Record opt-outs (id, time) for good; an earlier time stays, and no list undoes an opt-out."""
    rows = [
        {"recipient_id": recipient_id, "new_opted_out_at": opted_out_at}
        for recipient_id, opted_out_at in opt_outs
    ]
    if rows:
        unclear = select(unclear_opt_out.c.recipient)
        statement = update(recipient).where(
            recipient.c.id == bindparam("recipient_id"),
            or_(recipient.c.opted_out_at.is_(None), recipient.c.id.in_(unclear)),
        )
        conn.execute(
            statement.values(opted_out_at=bindparam("new_opted_out_at", type_=recipient.c.opted_out_at.type)),
            rows,
        )
        of_recipient = unclear_opt_out.c.recipient == bindparam("recipient_id")
        conn.execute(
            delete(unclear_opt_out).where(of_recipient), [{"recipient_id": r["recipient_id"]} for r in rows]
        )


def record_consents(
    conn: Connection, consents: Iterable[tuple[str, str, str, str, str]], *, now: datetime
) -> None:
    """Save consents (id, purpose, basis, source, consented_at), which count again."""
    names = ("recipient", "purpose", "basis", "source", "consented_at")
    common = {"recorded_at": now, "withdrawn_at": None, "withdrawn_by": ""}
    rows = [{**dict(zip(names, values, strict=True)), **common} for values in consents]
    if rows:
        statement = upsert(consent)
        changed = {name: statement.excluded[name] for name in ("basis", "source", "consented_at", *common)}
        conn.execute(
            statement.on_conflict_do_update(index_elements=["recipient", "purpose"], set_=changed), rows
        )


def withdraw_consents(conn: Connection, name: str, ids: Iterable[str], *, now: datetime) -> None:
    """Let no consent of these people count any more, as the list has none."""
    rows = [{"recipient_id": recipient_id} for recipient_id in sorted(ids)]
    if rows:
        of_recipient = consent.c.recipient == bindparam("recipient_id")
        statement = update(consent).where(of_recipient, consent.c.withdrawn_at.is_(None))
        conn.execute(statement.values(withdrawn_at=now, withdrawn_by=name), rows)


def restore_consents(conn: Connection, name: str, ids: Iterable[str]) -> None:
    """Let those consents count again that this list had withdrawn."""
    rows = [{"recipient_id": recipient_id} for recipient_id in sorted(ids)]
    if rows:
        of_recipient = consent.c.recipient == bindparam("recipient_id")
        statement = update(consent).where(of_recipient, consent.c.withdrawn_by == name)
        conn.execute(statement.values(withdrawn_at=None, withdrawn_by=""), rows)


def list_member_phones(conn: Connection, name: str) -> dict[str, str]:
    """Return the numbers of the list's members who may be written to, by id."""
    query = (
        select(recipient.c.id, recipient.c.phone)
        .join(audience_member, audience_member.c.recipient == recipient.c.id)
        .outerjoin(
            unclear_opt_out,
            (unclear_opt_out.c.recipient == recipient.c.id) & (unclear_opt_out.c.audience == name),
        )
        .where(
            audience_member.c.audience == name,
            or_(recipient.c.opted_out_at.is_(None), unclear_opt_out.c.recipient.isnot(None)),
        )
    )
    return {row.id: row.phone for row in conn.execute(query)}


def list_names(conn: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of these people, by id."""
    wanted = sorted(ids)
    names: dict[str, str] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = conn.execute(
            select(recipient.c.id, recipient.c.name).where(recipient.c.id.in_(wanted[start : start + CHUNK]))
        )
        names |= {row.id: row.name for row in rows}
    return names


def list_members(conn: Connection, name: str) -> set[str]:
    """Return the ids of all members of a list."""
    return set(conn.scalars(select(audience_member.c.recipient).where(audience_member.c.audience == name)))


def add_members(conn: Connection, name: str, ids: Iterable[str]) -> None:
    """Add recipients to the list."""
    _execute_pairs(conn, insert_or_ignore(audience_member), name, ids)


def remove_members(conn: Connection, name: str, ids: Iterable[str]) -> None:
    """Remove recipients from the list; they stay in the register."""
    columns = [audience_member.c[name] for name in _MEMBER_COLUMNS]
    is_one = and_(*[column == bindparam(column.name) for column in columns])
    _execute_pairs(conn, delete(audience_member).where(is_one), name, ids)


def _execute_pairs(conn: Connection, statement: Insert | Delete, name: str, ids: Iterable[str]) -> None:
    execute_tuples(conn, statement, _MEMBER_COLUMNS, [(name, recipient_id) for recipient_id in sorted(ids)])


def create_audience(conn: Connection, name: str, *, file: str, now: datetime) -> None:
    """Create the list without members; it counts as not imported yet."""
    row = {"name": name, "file": file, "digest": "", "imported_at": now}
    conn.execute(insert_or_ignore(audience).values(row))


def record_import(conn: Connection, name: str, *, file: str, digest: str, now: datetime) -> None:
    """Record that the list has the members of the file with this digest."""
    statement = update(audience).where(audience.c.name == name)
    conn.execute(statement.values(file=file, digest=digest, imported_at=now))


def list_audiences(conn: Connection) -> list[AudienceRecord]:
    """Return every list with the number of its members, and of those who opted out."""
    opted_out = func.count(recipient.c.opted_out_at).label("opted_out")
    count = func.count(audience_member.c.recipient).label("members")
    joined = audience.outerjoin(audience_member, audience_member.c.audience == audience.c.name).outerjoin(
        recipient, recipient.c.id == audience_member.c.recipient
    )
    columns = [audience.c[name] for name in ("name", "file", "digest", "imported_at", "hold")]
    counted = select(*columns, count, opted_out).select_from(joined)
    rows = conn.execute(counted.group_by(audience.c.name).order_by(audience.c.name))
    return [AudienceRecord(**row._mapping) for row in rows]


def get_digest(conn: Connection, name: str) -> str | None:
    """Return the digest of the file that was imported as the list.

    None = never imported, '' = an import was interrupted.
    """
    digest = conn.scalar(select(audience.c.digest).where(audience.c.name == name))
    return None if digest is None else str(digest)


def get_by_phone(conn: Connection, phone: str) -> Person | None:
    """Return the registered person with this number, or None."""
    return get_by_phones(conn, [phone]).get(phone)


def list_opted_out_phones(conn: Connection) -> set[str]:
    """Return the numbers of all who opted out, on whatever list they are."""
    return set(conn.scalars(select(recipient.c.phone).where(recipient.c.opted_out_at.isnot(None))))
