"""A list of recipients from its CSV file: every row is either imported, merged into another, or refused by number."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from humaspost.audience.csv_row import CONSENT, Refused, Row, is_known_basis, read_row
from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.model.problem import Place, Problem, Severity

REQUIRED = ("phone", "name", *CONSENT)
COLUMNS = (*REQUIRED, "opted_out_at")
LARGEST = 64 * 1024 * 1024
_MEANT = {
    "telepon": "phone",
    "telp": "phone",
    "nomor": "phone",
    "no_hp": "phone",
    "hp": "phone",
    "wa": "phone",
    "whatsapp": "phone",
    "number": "phone",
    "nama": "name",
    "dasar": "basis",
    "tujuan": "purpose",
    "keperluan": "purpose",
    "sumber": "source",
    "tanggal": "consented_at",
    "consent_date": "consented_at",
    "berhenti": "opted_out_at",
    "opt_out": "opted_out_at",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says. With an error among ``problems`` no row was read.

    ``merged`` are the numbers of rows that repeat an earlier row's person. ``digest`` is the sha256
    of the very bytes that were read.
    """

    rows: tuple[Row, ...] = ()
    refused: tuple[Refused, ...] = ()
    merged: tuple[int, ...] = ()
    problems: tuple[Problem, ...] = ()
    digest: str = ""

    @property
    def read(self) -> int:
        """How many rows the file has, without its header and its empty rows."""
        return len(self.rows) + len(self.refused) + len(self.merged)

    @property
    def is_usable(self) -> bool:
        """Whether the file as a whole could be read."""
        return not any(problem.is_error for problem in self.problems)


class _Unusable(Exception):
    """The file as a whole cannot be read; carries the Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def read(path: Path, *, shown: str, now: datetime, zone: str) -> Reading:
    """The rows of a list; ``shown`` is its path as people know it, ``zone`` the office's."""
    digest = ""
    try:
        data = _bytes(path, shown)
        digest = hashlib.sha256(data).hexdigest()
        return _reading(_text(data, shown), shown=shown, now=now, zone=ZoneInfo(zone), digest=digest)
    except _Unusable as unusable:
        return Reading(problems=(unusable.problem,), digest=digest)


def fingerprint(path: Path) -> str | None:
    """The digest that reading the file would give; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _bytes(path: Path, shown: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        message = _("the list {file} cannot be read: {why}").format(file=shown, why=error.strerror or "")
        hint = _("put it there, or mend its path in config.toml, [audiences]")
        raise _Unusable(Problem("audience-missing-file", message, hint, file=shown)) from error
    if len(data) > LARGEST:
        message = _("the list has more than 64 MB")
        raise _Unusable(Problem("audience-too-large", message, _("split it into several lists"), file=shown))
    return data


def _text(data: bytes, shown: str) -> str:
    hint = _("in the spreadsheet: save as, CSV UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode(errors="replace")) + 1
        problem = Problem(
            "audience-encoding", _("this is not UTF-8 text"), hint, file=shown, place=Place(line, column)
        )
        raise _Unusable(problem) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        problem = Problem("audience-encoding", _("this is not text"), hint, file=shown, place=Place(line, 1))
        raise _Unusable(problem)
    return text


def _reading(text: str, *, shown: str, now: datetime, zone: ZoneInfo, digest: str) -> Reading:
    first = text.partition("\n")[0].rstrip("\r")
    records = _records(text, _delimiter(first), shown)
    header = [cell.strip().lower() for cell in next(records, (1, []))[1]]
    problems = _header_problems(header, first, shown)
    if problems:
        return Reading(problems=tuple(problems), digest=digest)
    found = [
        _one(number, cells, header, now=now, zone=zone)
        for number, cells in records
        if any(map(str.strip, cells))
    ]
    rows, merged = _merged([row for row in found if isinstance(row, Row)])
    refused = tuple(row for row in found if isinstance(row, Refused))
    return Reading(rows, refused, merged, tuple(_unknown_bases(rows, shown)), digest)


def _records(text: str, delimiter: str, shown: str) -> Iterator[tuple[int, list[str]]]:
    """Every record with its number as a spreadsheet counts; a cell may hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from enumerate(reader, 1)
    except csv.Error as error:
        message = _("this cannot be read as CSV: {why}").format(why=error)
        hint = _("a quotation mark opens or closes a whole cell; within a cell write two")
        problem = Problem("audience-csv", message, hint, file=shown, place=Place(max(1, reader.line_num), 1))
        raise _Unusable(problem) from error


def _delimiter(first: str) -> str:
    return max(",;\t", key=first.count)


def _one(number: int, cells: list[str], header: list[str], *, now: datetime, zone: ZoneInfo) -> Row | Refused:
    if any(cell.strip() for cell in cells[len(header) :]):
        message = _("{count} cells, but {columns} columns").format(count=len(cells), columns=len(header))
        return Refused(number, "recipient-cells", message)
    filled = cells + [""] * (len(header) - len(cells))
    return read_row(number, dict(zip(header, filled, strict=False)), now=now, zone=zone)


def _header_problems(header: list[str], first: str, shown: str) -> list[Problem]:
    missing = [column for column in REQUIRED if column not in header]
    problems, seen = [], set()
    for name in header:
        if name not in COLUMNS or name in seen:
            problems.append(_column_problem(name, first, shown, missing=missing, twice=name in seen))
        seen.add(name)
    if missing and not problems:
        message = _("the column {names} is missing").format(names=", ".join(missing))
        hint = _("write: {line}").format(line=",".join(COLUMNS))
        problems.append(Problem("audience-column", message, hint, file=shown, place=Place(1, 1), text=first))
    return problems


def _column_problem(name: str, first: str, shown: str, *, missing: list[str], twice: bool) -> Problem:
    column = first.lower().rfind(name) if twice else first.lower().find(name)
    place = Place(1, max(0, column) + 1, max(1, len(name)))
    if twice:
        message, hint = _("the column {name!r} is there twice"), _("leave one of the two out")
    else:
        message, hint = _("a list has no column {name!r}"), _column_hint(name, missing)
    return Problem("audience-column", message.format(name=name), hint, file=shown, place=place, text=first)


def _column_hint(name: str, missing: list[str]) -> str:
    word = name.replace(" ", "_").replace("-", "_")
    meant = _MEANT.get(word) or nearest(word, COLUMNS)
    if meant:
        return _("write: {line}").format(line=meant)
    if missing:
        return _("the columns are {names}").format(names=", ".join(COLUMNS))
    return _("leave this column out: what is not needed is not kept")


def _merged(rows: list[Row]) -> tuple[tuple[Row, ...], tuple[int, ...]]:
    """One row per person: the first, unless another one knows that the person left."""
    people: dict[str, Row] = {}
    merged = []
    for row in rows:
        known = people.setdefault(row.phone, row)
        if known is not row:
            merged.append(row.number if known.opted_out_at or not row.opted_out_at else known.number)
            people[row.phone] = known if known.opted_out_at or not row.opted_out_at else row
    return tuple(people.values()), tuple(merged)


def _unknown_bases(rows: tuple[Row, ...], shown: str) -> Iterator[Problem]:
    odd: dict[str, int] = {}
    for row in rows:
        if row.consent.basis and not is_known_basis(row.consent.basis):
            odd.setdefault(row.consent.basis, row.number)
    for basis, number in odd.items():
        message = _("row {number}: the law knows no basis {basis!r}").format(number=number, basis=basis[:40])
        hint = _("humaspost explain recipient-basis")
        yield Problem(
            "recipient-basis", message, hint, file=shown, place=Place(number, 1), severity=Severity.WARNING
        )
