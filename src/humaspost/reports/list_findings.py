"""The findings in the files of lists: not taken over, or rows that cannot be read."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from humaspost.app.office import Office
from humaspost.base.file_stamp import file_digest
from humaspost.base.paths import display_path
from humaspost.model.problem import Problem
from humaspost.model.reasons import ListHold
from humaspost.model.records import ListHoldRecord

if TYPE_CHECKING:
    from humaspost.audience.csv.reader import AudienceFile


@dataclass(frozen=True, slots=True)
class ListFinding:
    """The finding in one list's file; with ``hold`` its posts wait.

    ``summary`` says it in one problem, None if there are only warnings. ``problems`` are those of the file and of its
    rows; they are known only where the file was read.
    """

    name: str
    file: str
    hold: ListHold | None
    summary: Problem | None
    problems: tuple[Problem, ...] = ()


def list_findings(
    office: Office, names: Collection[str] = (), *, each_row: bool = False
) -> list[ListFinding]:
    """Return the findings of these lists, or of all; a list without any is left out.

    A file that the ledger knows is not read again, except with ``each_row`` where something is wrong with it.
    """
    lists = office.settings.audiences.items()
    found = (
        _find(office, name, path, each_row=each_row) for name, path in lists if not names or name in names
    )
    return [finding for finding in found if finding is not None]


def _find(office: Office, name: str, path: Path, *, each_row: bool) -> ListFinding | None:
    from humaspost.audience.csv.reader import read_audience  # only in an office with lists
    from humaspost.audience.findings import is_reread_due, problem_from_text

    file = display_path(path, office.settings.root)
    record, imported = _load_record(office, name)
    digest = file_digest(path) or ""
    is_current = record is not None and bool(record.detail) and record.digest == digest
    if digest and imported == digest and not is_current:
        return None
    is_due = record is not None and is_reread_due(record.detail, office.now())
    if is_current and record is not None and not is_due and not each_row:
        return ListFinding(name, file, record.reason, problem_from_text(record.detail))
    audience_file = read_audience(path, display_path=file, now=office.now(), zone=office.settings.timezone)
    return _compare(office, name, file, audience_file)


def _compare(office: Office, name: str, file: str, audience_file: "AudienceFile") -> ListFinding | None:
    from humaspost.audience.takeover import compare, hold_problem, rows_problem

    comparison = compare(audience_file, _member_phones(office, name))
    summary = (
        hold_problem(name, file, audience_file, comparison)
        if comparison.reason is not None
        else rows_problem(name, file, audience_file)
    )
    problems = audience_file.all_problems
    if comparison.reason in (ListHold.SHRUNK, ListHold.EMPTY) and summary is not None:
        problems = (replace(summary, position=None, text=""), *problems)
    if summary is None and not problems:
        return None
    return ListFinding(name, file, comparison.reason, summary, problems)


def _load_record(office: Office, name: str) -> tuple[ListHoldRecord | None, str | None]:
    """Return the ledger's record of the list, and the digest of the file that was taken over."""
    if not office.has_ledger:
        return None, None
    from humaspost.ledger.people import list_holds, recipients  # SQLAlchemy: only if there is a ledger

    with office.ledger().read() as conn:
        return list_holds.get_finding(conn, name), recipients.get_digest(conn, name)


def _member_phones(office: Office, name: str) -> Collection[str]:
    if not office.has_ledger:
        return ()
    from humaspost.ledger.people import recipients

    with office.ledger().read() as conn:
        return recipients.list_member_phones(conn, name).values()
