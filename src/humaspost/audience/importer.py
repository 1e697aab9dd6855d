"""The import of a list into the ledger's register: a preview, then the change.

The import never blocks a send for long. What cannot be read never takes a known person off the list.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from humaspost.audience.changes import (
    ImportChanges,
    ImportTally,
    build_changes,
    differs,
    has_new_consent,
    is_withdrawn_by,
)
from humaspost.audience.csv.reader import AudienceFile, read_audience
from humaspost.audience.csv.row import AudienceRow
from humaspost.audience.file_opt_outs import get_people_of, record_held_opt_outs, record_rejected_opt_outs
from humaspost.audience.findings import findings_to_text, is_reread_due, problem_from_text
from humaspost.audience.takeover import Comparison, compare, hold_problem, rows_problem
from humaspost.base.file_stamp import file_digest
from humaspost.ledger.database import Ledger
from humaspost.ledger.people import forgotten, list_holds, recipients
from humaspost.ledger.people.recipients import CHUNK, Person
from humaspost.model.problem import Problem
from humaspost.model.reasons import ListHold

_PersonsByPhone = Mapping[str, Person]


def preview_import(
    conn: Connection, name: str, audience_file: AudienceFile, *, file: str = ""
) -> ImportChanges:
    """Return the changes of importing these rows by hand; nothing is written.

    ``hold`` is why the file is not taken over by itself; ``file`` is the path that users see.
    """
    comparison, summary = _compare(conn, name, audience_file, file=file)
    if not audience_file.is_usable:
        return ImportChanges(name, problems=audience_file.problems, hold=comparison.reason, summary=summary)
    tally, members = ImportTally(name), recipients.list_members(conn, name)
    for rows in _chunk(audience_file.rows):
        registered = recipients.get_by_phones(conn, [row.phone for row in rows])
        gone = forgotten.find_forgotten(conn, {row.phone for row in rows} - registered.keys())
        for row in rows:
            tally.count_row(
                row, registered.get(row.phone), member_ids=members, is_forgotten=row.phone in gone
            )
    tally.keep_unread(audience_file.rejected, get_people_of(conn, audience_file.rejected), member_ids=members)
    removed = len(members - tally.listed - tally.kept)
    changes = build_changes(name, audience_file, tally, removed=removed)
    return replace(changes, hold=comparison.reason, summary=summary)


def _compare(
    conn: Connection, name: str, audience_file: AudienceFile, *, file: str
) -> tuple[Comparison, Problem | None]:
    comparison = compare(audience_file, recipients.list_member_phones(conn, name).values())
    if comparison.reason is not None:
        return comparison, hold_problem(name, file, audience_file, comparison)
    return comparison, rows_problem(name, file, audience_file)


def import_file(
    ledger: Ledger,
    name: str,
    *,
    path: Path,
    now: datetime,
    zone: str = "Asia/Jakarta",
    display_path: str = "",
    force: bool = False,
) -> ImportChanges:
    """Make the list have exactly the people of the file, or hold it.

    It is held if the file looks like an accident. People keep their ids, and an opt-out stays. ``display_path`` is the path that users see, ``zone`` the office's
    time zone. ``force`` = a person takes it over as it is.
    """
    file = display_path or path.name
    audience_file = read_audience(path, display_path=file, now=now, zone=zone)
    return import_rows(ledger, name, audience_file=audience_file, now=now, file=file, force=force)


def import_if_changed(
    ledger: Ledger,
    name: str,
    *,
    path: Path,
    now: datetime,
    zone: str = "Asia/Jakarta",
    display_path: str = "",
) -> ImportChanges | None:
    """Import the file if its content changed; return None if there is nothing to tell.

    An unchanged file is hashed and not read; its former problems are returned again. If a date in it was in the future,
    the file is read again on that day.
    """
    digest = file_digest(path)
    with ledger.read() as conn:
        imported = recipients.get_digest(conn, name)
        finding = list_holds.get_finding(conn, name)
    is_due = finding is not None and is_reread_due(finding.detail, now)
    if finding is not None and finding.detail and finding.digest == (digest or "") and not is_due:
        return ImportChanges(name, hold=finding.reason, summary=problem_from_text(finding.detail))
    if digest and imported == digest and (finding is None or not finding.detail):
        return None
    return import_file(ledger, name, path=path, now=now, zone=zone, display_path=display_path)


def import_rows(
    ledger: Ledger, name: str, *, audience_file: AudienceFile, now: datetime, file: str, force: bool = False
) -> ImportChanges:
    """Make the list have exactly these people, or hold it if the file looks like an accident.

    After an interruption the list has its former people, and the same import completes the change.
    """
    with ledger.read() as conn:
        comparison, summary = _compare(conn, name, audience_file, file=file)
        members = recipients.list_members(conn, name)
    if comparison.reason is not None and not (force and audience_file.is_usable):
        assert summary is not None
        return _hold(
            ledger, name, audience_file, summary=summary, reason=comparison.reason, file=file, now=now
        )
    summary = rows_problem(name, file, audience_file)
    tally = ImportTally(name)
    for rows in _chunk(audience_file.rows):
        previous, registered = _register_rows(ledger, rows, name, now)
        for row in rows:
            tally.count_row(
                row, previous.get(row.phone), member_ids=members, is_forgotten=row.phone not in registered
            )
            if row.phone in registered:
                tally.listed.add(registered[row.phone].id)
    with ledger.read() as conn:
        rejected = get_people_of(conn, audience_file.rejected)
    tally.keep_unread(audience_file.rejected, rejected, member_ids=members)
    # The list changes in one transaction: a post that is expanded meanwhile reaches the old list or the new
    # one, never half of each. 100,000 pairs of ids need 0.1 s.
    removed = ledger.write(
        partial(
            _set_audience,
            name=name,
            tally=tally,
            audience_file=audience_file,
            summary=summary,
            file=file,
            now=now,
        )
    )
    return replace(build_changes(name, audience_file, tally, removed=removed), summary=summary)


def _chunk(rows: Sequence[AudienceRow]) -> Iterator[Sequence[AudienceRow]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _hold(
    ledger: Ledger,
    name: str,
    audience_file: AudienceFile,
    *,
    summary: Problem,
    reason: ListHold,
    file: str,
    now: datetime,
) -> ImportChanges:
    """Hold the list: its people stay, but the opt-outs in the file count."""

    def operation(conn: Connection) -> None:
        recipients.create_audience(conn, name, file=file, now=now)
        record_held_opt_outs(conn, name, audience_file, now=now)
        readable = {row.phone for row in audience_file.rows if row.opted_out_at is None}
        members = recipients.list_member_phones(conn, name)
        detail = findings_to_text(summary, audience_file)
        list_holds.hold_list(
            conn,
            name,
            reason,
            digest=audience_file.digest,
            detail=detail,
            candidates=(id_ for id_, phone in members.items() if phone in readable),
            now=now,
        )

    ledger.write(operation)
    return ImportChanges(
        name,
        read=audience_file.row_count,
        rejected=audience_file.rejected,
        problems=audience_file.problems,
        hold=reason,
        summary=summary,
    )


def _register_rows(
    ledger: Ledger, rows: Sequence[AudienceRow], name: str, now: datetime
) -> tuple[_PersonsByPhone, _PersonsByPhone]:
    """Return the people before and after these rows; lock the ledger only for changes."""
    with ledger.read() as conn:
        previous = recipients.get_by_phones(conn, [row.phone for row in rows])
    if not any(_has_news(row, previous.get(row.phone), name) for row in rows):
        return previous, previous
    return ledger.write_fairly(partial(_register_chunk, rows=rows, name=name, now=now))


def _has_news(row: AudienceRow, person: Person | None, name: str) -> bool:
    leaves = row.opted_out_at is not None
    return (
        person is None
        or (leaves and (person.opted_out_at is None or bool(person.unclear_opt_outs)))
        or differs(row, person, name)
    )


def _register_chunk(
    conn: Connection, *, rows: Sequence[AudienceRow], name: str, now: datetime
) -> tuple[_PersonsByPhone, _PersonsByPhone]:
    phones = [row.phone for row in rows]
    previous = recipients.get_by_phones(conn, phones)
    recipients.add_recipients(
        conn, [(r.phone, r.name, r.opted_out_at) for r in rows if r.phone not in previous], now=now
    )
    registered = recipients.get_by_phones(conn, phones)
    # Forgotten people are in no register.
    pairs = [(row, registered[row.phone]) for row in rows if row.phone in registered]
    recipients.record_opt_outs(conn, [(p.id, r.opted_out_at) for r, p in pairs if r.opted_out_at is not None])
    recipients.rename_recipients(conn, [(p.id, r.name) for r, p in pairs if r.name and r.name != p.name])
    restored = [p.id for r, p in pairs if r.consent.is_complete and is_withdrawn_by(p, name)]
    recipients.restore_consents(conn, name, restored)
    recipients.record_consents(
        conn, [_consent_of(r, p) for r, p in pairs if has_new_consent(r, p, name)], now=now
    )
    return previous, registered


def _set_audience(
    conn: Connection,
    *,
    name: str,
    tally: ImportTally,
    audience_file: AudienceFile,
    summary: Problem | None,
    file: str,
    now: datetime,
) -> int:
    """Take the file over: its people, withdrawn consents, opt-outs and findings."""
    recipients.create_audience(conn, name, file=file, now=now)
    members = recipients.list_members(conn, name)
    removed = members - tally.listed - tally.kept
    recipients.remove_members(conn, name, removed)
    recipients.add_members(conn, name, tally.listed - members)
    recipients.withdraw_consents(conn, name, tally.withdrawn, now=now)
    record_rejected_opt_outs(conn, name, audience_file.rejected, listed=tally.listed, now=now)
    recipients.record_import(conn, name, file=file, digest=audience_file.digest, now=now)
    detail = findings_to_text(summary, audience_file)
    list_holds.end_hold(conn, name, digest=audience_file.digest if detail else "", detail=detail, now=now)
    return len(removed)


def _consent_of(row: AudienceRow, person: Person) -> tuple[str, str, str, str, str]:
    consent = row.consent
    return (
        person.id,
        consent.purpose,
        consent.basis,
        consent.source,
        consent.consented_at,
    )
