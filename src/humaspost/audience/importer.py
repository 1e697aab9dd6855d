"""The import of a list into the ledger's register: a preview, then the change.

The import never blocks a send for long.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from humaspost.audience.csv_reader import AudienceFile, file_digest, read_audience
from humaspost.audience.csv_row import AudienceRow, RejectedRow
from humaspost.ledger.database import Ledger
from humaspost.ledger.people import recipients
from humaspost.ledger.people.recipients import CHUNK, Person
from humaspost.model.problem import Problem

_PersonsByPhone = Mapping[str, Person]


@dataclass(frozen=True, slots=True)
class ImportChanges:
    """The changes of an import; every row of the file is counted once.

    ``new`` people join the list. ``updated`` people have another name or consent. ``opted_out`` people opted out, by
    the register or by the file, and get nothing. ``merged`` rows repeat a person of another row. ``removed`` people are
    no longer in the file. With an error among ``problems`` nothing changes.
    """

    name: str
    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    opted_out: int = 0
    merged: int = 0
    removed: int = 0
    rejected: tuple[RejectedRow, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def imported_count(self) -> int:
        """Return the number of rows that are in the register now: all rows except the rejected."""
        return self.new + self.updated + self.unchanged + self.opted_out + self.merged

    @property
    def is_usable(self) -> bool:
        """Return True if the file as a whole could be read."""
        return not any(problem.is_error for problem in self.problems)


@dataclass(slots=True)
class _ImportTally:
    """Counts of the rows, and the ids of the people on the list."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    opted_out: int = 0
    listed: set[str] = field(default_factory=set)

    def count_row(self, row: AudienceRow, person: Person | None, *, member_ids: set[str]) -> None:
        """Count the row as one kind of change."""
        if person is not None:
            self.listed.add(person.id)
        if row.opted_out_at is not None or (person is not None and person.opted_out_at is not None):
            self.opted_out += 1
        elif person is None or person.id not in member_ids:
            self.new += 1
        elif _differs(row, person):
            self.updated += 1
        else:
            self.unchanged += 1


def preview_import(conn: Connection, name: str, audience_file: AudienceFile) -> ImportChanges:
    """Return the changes of importing these rows; nothing is written."""
    if not audience_file.is_usable:
        return ImportChanges(name, problems=audience_file.problems)
    tally, members = _ImportTally(), recipients.list_members(conn, name)
    for rows in _chunk_rows(audience_file.rows):
        registered = recipients.get_by_phones(conn, [row.phone for row in rows])
        for row in rows:
            tally.count_row(row, registered.get(row.phone), member_ids=members)
    return _build_changes(name, audience_file, tally, removed=len(members - tally.listed))


def import_file(
    ledger: Ledger,
    name: str,
    *,
    path: Path,
    now: datetime,
    zone: str = "Asia/Jakarta",
    display_path: str = "",
) -> ImportChanges:
    """Make the list have exactly the people of the file.

    People keep their ids, and an opt-out stays. ``display_path`` is the path that users see, ``zone`` the office's
    time zone.
    """
    file = display_path or path.name
    audience_file = read_audience(path, display_path=file, now=now, zone=zone)
    return import_rows(ledger, name, audience_file=audience_file, now=now, file=file)


def import_if_changed(
    ledger: Ledger,
    name: str,
    *,
    path: Path,
    now: datetime,
    zone: str = "Asia/Jakarta",
    display_path: str = "",
) -> ImportChanges | None:
    """Import the file if its content changed; return None if not, at the cost of one hash."""
    with ledger.read() as conn:
        digest = recipients.get_digest(conn, name)
    if digest and digest == file_digest(path):
        return None
    return import_file(ledger, name, path=path, now=now, zone=zone, display_path=display_path)


def import_rows(
    ledger: Ledger, name: str, *, audience_file: AudienceFile, now: datetime, file: str
) -> ImportChanges:
    """Make the list have exactly these people.

    After an interruption the list has its former people, and the same import completes the change.
    """
    if not audience_file.is_usable:
        return ImportChanges(name, problems=audience_file.problems)
    tally = _ImportTally()
    with ledger.read() as conn:
        members = recipients.list_members(conn, name)
    for rows in _chunk_rows(audience_file.rows):
        previous, registered = _register_rows(ledger, rows, now)
        for row in rows:
            tally.count_row(row, previous.get(row.phone), member_ids=members)
            tally.listed.add(registered[row.phone].id)
    # The list changes in one transaction: a post that is expanded meanwhile reaches the old list or the new
    # one, never half of each. 100,000 pairs of ids need 0.1 s.
    removed = ledger.write(
        partial(
            _set_audience, name=name, listed=tally.listed, digest=audience_file.digest, file=file, now=now
        )
    )
    return _build_changes(name, audience_file, tally, removed=removed)


def _chunk_rows(rows: Sequence[AudienceRow]) -> Iterator[Sequence[AudienceRow]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _register_rows(
    ledger: Ledger, rows: Sequence[AudienceRow], now: datetime
) -> tuple[_PersonsByPhone, _PersonsByPhone]:
    """Return the people before and after these rows; lock the ledger only for changes."""
    with ledger.read() as conn:
        previous = recipients.get_by_phones(conn, [row.phone for row in rows])
    if not any(_has_news(row, previous.get(row.phone)) for row in rows):
        return previous, previous
    return ledger.write_fairly(partial(_register_chunk, rows=rows, now=now))


def _has_news(row: AudienceRow, person: Person | None) -> bool:
    leaves = row.opted_out_at is not None
    return person is None or (leaves and person.opted_out_at is None) or _differs(row, person)


def _register_chunk(
    conn: Connection, *, rows: Sequence[AudienceRow], now: datetime
) -> tuple[_PersonsByPhone, _PersonsByPhone]:
    phones = [row.phone for row in rows]
    previous = recipients.get_by_phones(conn, phones)
    recipients.add_recipients(
        conn, [(r.phone, r.name, r.opted_out_at) for r in rows if r.phone not in previous], now=now
    )
    registered = recipients.get_by_phones(conn, phones)
    pairs = [(row, registered[row.phone]) for row in rows]
    recipients.record_opt_outs(conn, [(p.id, r.opted_out_at) for r, p in pairs if r.opted_out_at is not None])
    recipients.rename_recipients(conn, [(p.id, r.name) for r, p in pairs if r.name and r.name != p.name])
    recipients.record_consents(conn, [_consent_of(r, p) for r, p in pairs if _has_new_consent(r, p)], now=now)
    return previous, registered


def _set_audience(
    conn: Connection, *, name: str, listed: set[str], digest: str, file: str, now: datetime
) -> int:
    recipients.create_audience(conn, name, file=file, now=now)
    members = recipients.list_members(conn, name)
    recipients.remove_members(conn, name, members - listed)
    recipients.add_members(conn, name, listed - members)
    recipients.record_import(conn, name, file=file, digest=digest, now=now)
    return len(members - listed)


def _differs(row: AudienceRow, person: Person) -> bool:
    return bool(row.name and row.name != person.name) or _has_new_consent(row, person)


def _has_new_consent(row: AudienceRow, person: Person) -> bool:
    consent = row.consent
    return consent.is_complete and person.consents.get(consent.purpose) != (
        consent.basis,
        consent.source,
        consent.consented_at,
    )


def _consent_of(row: AudienceRow, person: Person) -> tuple[str, str, str, str, str]:
    consent = row.consent
    return (
        person.id,
        consent.purpose,
        consent.basis,
        consent.source,
        consent.consented_at,
    )


def _build_changes(
    name: str, audience_file: AudienceFile, tally: _ImportTally, *, removed: int
) -> ImportChanges:
    return ImportChanges(
        name,
        read=audience_file.row_count,
        new=tally.new,
        updated=tally.updated,
        unchanged=tally.unchanged,
        opted_out=tally.opted_out,
        merged=len(audience_file.merged_row_numbers),
        removed=removed,
        rejected=audience_file.rejected,
        problems=audience_file.problems,
    )
