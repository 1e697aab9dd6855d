"""The opt-outs of a list's file, which count whatever else cannot be read."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from humaspost.audience.csv.reader import AudienceFile
from humaspost.audience.csv.row import RejectedRow
from humaspost.ledger.people import recipients, unclear_opt_outs
from humaspost.ledger.people.recipients import CHUNK, Person


def record_held_opt_outs(conn: Connection, name: str, audience_file: AudienceFile, *, now: datetime) -> None:
    """Record the opt-outs of a file that is not taken over."""
    certain = [(row.phone, row.name, row.opted_out_at) for row in audience_file.rows if row.opted_out_at]
    _record_certain(conn, certain, now=now)
    listed = _find_ids(conn, [row.phone for row in audience_file.rows])
    _record_of_rejected(
        conn, name, (*audience_file.rejected, *audience_file.salvaged), listed=listed, now=now
    )


def record_rejected_opt_outs(
    conn: Connection, name: str, rejected: Sequence[RejectedRow], *, listed: set[str], now: datetime
) -> None:
    """Record the opt-outs of the rejected rows of a file that is taken over.

    A cell that can be read again stops nobody. ``listed`` are the people of the other rows, whose own opt-outs are recorded already.
    """
    unclear = unclear_opt_outs.list_unclear(conn, name)
    if unclear:
        still_out = {person.id for person in get_people_of(conn, [r for r in rejected if r.opt_out]).values()}
        unclear_opt_outs.clear_readable(conn, name, unclear & listed - still_out)
    _record_of_rejected(conn, name, rejected, listed=listed, now=now)


def get_people_of(conn: Connection, rejected: Sequence[RejectedRow]) -> dict[str, Person]:
    """Return the registered people of rejected rows, by number."""
    phones = sorted({row.phone for row in rejected if row.phone})
    found: dict[str, Person] = {}
    for start in range(0, len(phones), CHUNK):
        found |= recipients.get_by_phones(conn, phones[start : start + CHUNK])
    return found


def _find_ids(conn: Connection, phones: Sequence[str]) -> set[str]:
    ids: set[str] = set()
    for start in range(0, len(phones), CHUNK):
        registered = recipients.get_by_phones(conn, phones[start : start + CHUNK])
        ids |= {person.id for person in registered.values()}
    return ids


def _record_of_rejected(
    conn: Connection, name: str, rejected: Sequence[RejectedRow], *, listed: set[str], now: datetime
) -> None:
    certain = [
        (row.phone, row.name, row.opt_out.at)
        for row in rejected
        if row.phone and row.opt_out and not row.opt_out.is_unclear
    ]
    _record_certain(conn, certain, now=now)
    unclear = [row for row in rejected if row.phone and row.opt_out and row.opt_out.is_unclear]
    stopped = _register(conn, unclear, now=now) | _find_nameless(conn, name, rejected, listed=listed)
    unclear_opt_outs.record_unclear(conn, name, stopped, now=now)


def _record_certain(
    conn: Connection, opt_outs: Sequence[tuple[str, str, datetime]], *, now: datetime
) -> None:
    """Record opt-outs (number, name, time) for good, also of people who are new."""
    for start in range(0, len(opt_outs), CHUNK):
        chunk = opt_outs[start : start + CHUNK]
        recipients.add_recipients(conn, chunk, now=now)
        registered = recipients.get_by_phones(conn, [phone for phone, _name, _at in chunk])
        recipients.record_opt_outs(
            conn, [(registered[phone].id, at) for phone, _name, at in chunk if phone in registered]
        )


def _register(conn: Connection, rows: Sequence[RejectedRow], *, now: datetime) -> set[str]:
    """Return the ids of the people of these rows; who is new is registered, without consent."""
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        recipients.add_recipients(conn, [(row.phone, row.name, None) for row in chunk], now=now)
    return {person.id for person in get_people_of(conn, rows).values()}


def _find_nameless(
    conn: Connection, name: str, rejected: Sequence[RejectedRow], *, listed: set[str]
) -> set[str]:
    """Return whom an opt-out without a readable number may be of.

    They are the known people of that name who are in no other row, else all who are in no other row.
    """
    anonymous = [row for row in rejected if not row.phone and row.opt_out]
    if not anonymous:
        return set()
    mentioned = {person.id for person in get_people_of(conn, rejected).values()}
    absent = recipients.list_names(conn, recipients.list_members(conn, name) - listed - mentioned)
    found: set[str] = set()
    for row in anonymous:
        namesakes = {id_ for id_, absent_name in absent.items() if absent_name and absent_name == row.name}
        found |= namesakes or set(absent)
    return found
