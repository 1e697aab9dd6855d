"""A list into the ledger's register: first what would change, then the change, without holding up a send."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from humaspost.audience.csv_reader import Reading, fingerprint, read
from humaspost.audience.csv_row import Refused, Row
from humaspost.ledger.database import Ledger
from humaspost.ledger.people import recipients
from humaspost.ledger.people.recipients import CHUNK, Person
from humaspost.model.problem import Problem

_People = Mapping[str, Person]


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import changes; every row of the file is counted once.

    ``new`` people join the list, ``updated`` ones have another name or consent, ``opted_out`` have left
    (by the register or by the file) and get nothing, ``merged`` rows repeat a person of another row.
    ``removed`` people are no longer in the file. With an error among ``problems`` nothing changes.
    """

    name: str
    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    opted_out: int = 0
    merged: int = 0
    removed: int = 0
    refused: tuple[Refused, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def imported(self) -> int:
        """Rows that are in the register now; together with the refused ones these are all that were read."""
        return self.new + self.updated + self.unchanged + self.opted_out + self.merged

    @property
    def is_usable(self) -> bool:
        """Whether the file as a whole could be read."""
        return not any(problem.is_error for problem in self.problems)


@dataclass(slots=True)
class _Tally:
    """Counts while the rows pass, and whom the list is to hold."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    opted_out: int = 0
    listed: set[str] = field(default_factory=set)

    def count(self, row: Row, person: Person | None, *, members: set[str]) -> None:
        """The row is counted in the one kind that it is of."""
        if person is not None:
            self.listed.add(person.id)
        if row.opted_out_at is not None or (person is not None and person.opted_out_at is not None):
            self.opted_out += 1
        elif person is None or person.id not in members:
            self.new += 1
        elif _differs(row, person):
            self.updated += 1
        else:
            self.unchanged += 1


def preview(conn: Connection, name: str, reading: Reading) -> Changes:
    """What importing these rows would change; nothing is written."""
    if not reading.is_usable:
        return Changes(name, problems=reading.problems)
    tally, members = _Tally(), recipients.members(conn, name)
    for rows in _chunks(reading.rows):
        known = recipients.by_phones(conn, [row.phone for row in rows])
        for row in rows:
            tally.count(row, known.get(row.phone), members=members)
    return _changes(name, reading, tally, removed=len(members - tally.listed))


def import_file(
    ledger: Ledger, name: str, *, path: Path, now: datetime, zone: str = "Asia/Jakarta", shown: str = ""
) -> Changes:
    """The list holds exactly the people of the file; people keep their ids, and who left stays away.

    ``shown`` is the file's path as people know it, ``zone`` the office's.
    """
    file = shown or path.name
    reading = read(path, shown=file, now=now, zone=zone)
    return import_reading(ledger, name, reading=reading, now=now, file=file)


def import_if_changed(
    ledger: Ledger, name: str, *, path: Path, now: datetime, zone: str = "Asia/Jakarta", shown: str = ""
) -> Changes | None:
    """The list holds what the file says; None where it did already, which costs one hash of the file."""
    with ledger.read() as conn:
        known = recipients.digest_of(conn, name)
    if known and known == fingerprint(path):
        return None
    return import_file(ledger, name, path=path, now=now, zone=zone, shown=shown)


def import_reading(ledger: Ledger, name: str, *, reading: Reading, now: datetime, file: str) -> Changes:
    """The list holds exactly these people; cut short, it holds those of before, and the same import mends it."""
    if not reading.is_usable:
        return Changes(name, problems=reading.problems)
    tally = _Tally()
    with ledger.read() as conn:
        members = recipients.members(conn, name)
    for rows in _chunks(reading.rows):
        before, known = _registered(ledger, rows, now)
        for row in rows:
            tally.count(row, before.get(row.phone), members=members)
            tally.listed.add(known[row.phone].id)
    # Whom the list holds changes at one moment: a post that is expanded meanwhile reaches the old
    # list or the new one, never half of each. 100,000 pairs of ids take 0.1 s.
    removed = ledger.write(
        partial(_hold, name=name, listed=tally.listed, digest=reading.digest, file=file, now=now)
    )
    return _changes(name, reading, tally, removed=removed)


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _registered(ledger: Ledger, rows: Sequence[Row], now: datetime) -> tuple[_People, _People]:
    """The register as it was, and as it is with these rows in it; the ledger is locked only where they bring news."""
    with ledger.read() as conn:
        before = recipients.by_phones(conn, [row.phone for row in rows])
    if not any(_is_news(row, before.get(row.phone)) for row in rows):
        return before, before
    return ledger.write_in_turn(partial(_register, rows=rows, now=now))


def _is_news(row: Row, person: Person | None) -> bool:
    leaves = row.opted_out_at is not None
    return person is None or (leaves and person.opted_out_at is None) or _differs(row, person)


def _register(conn: Connection, *, rows: Sequence[Row], now: datetime) -> tuple[_People, _People]:
    phones = [row.phone for row in rows]
    before = recipients.by_phones(conn, phones)
    recipients.add(conn, [(r.phone, r.name, r.opted_out_at) for r in rows if r.phone not in before], now=now)
    known = recipients.by_phones(conn, phones)
    pairs = [(row, known[row.phone]) for row in rows]
    recipients.opt_out(conn, [(p.id, r.opted_out_at) for r, p in pairs if r.opted_out_at is not None])
    recipients.rename(conn, [(p.id, r.name) for r, p in pairs if r.name and r.name != p.name])
    recipients.agree(conn, [_agreement(r, p) for r, p in pairs if _agrees_anew(r, p)], now=now)
    return before, known


def _hold(conn: Connection, *, name: str, listed: set[str], digest: str, file: str, now: datetime) -> int:
    recipients.found_audience(conn, name, file=file, now=now)
    members = recipients.members(conn, name)
    recipients.delist(conn, name, members - listed)
    recipients.enlist(conn, name, listed - members)
    recipients.imported(conn, name, file=file, digest=digest, now=now)
    return len(members - listed)


def _differs(row: Row, person: Person) -> bool:
    return bool(row.name and row.name != person.name) or _agrees_anew(row, person)


def _agrees_anew(row: Row, person: Person) -> bool:
    said = row.consent
    return said.is_complete and person.consents.get(said.purpose) != (
        said.basis,
        said.source,
        said.consented_at,
    )


def _agreement(row: Row, person: Person) -> tuple[str, str, str, str, str]:
    said = row.consent
    return (person.id, said.purpose, said.basis, said.source, said.consented_at)


def _changes(name: str, reading: Reading, tally: _Tally, *, removed: int) -> Changes:
    return Changes(
        name,
        read=reading.read,
        new=tally.new,
        updated=tally.updated,
        unchanged=tally.unchanged,
        opted_out=tally.opted_out,
        merged=len(reading.merged),
        removed=removed,
        refused=reading.refused,
        problems=reading.problems,
    )
