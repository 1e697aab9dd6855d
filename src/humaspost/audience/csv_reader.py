"""The reader of a CSV list: each row is imported, merged into another, or rejected."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from humaspost.audience.csv_row import CONSENT_COLUMNS, AudienceRow, RejectedRow, is_valid_basis, read_row
from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.model.problem import Position, Problem, Severity

REQUIRED_COLUMNS = ("phone", "name", *CONSENT_COLUMNS)
COLUMNS = (*REQUIRED_COLUMNS, "opted_out_at")
MAX_FILE_BYTES = 64 * 1024 * 1024
_SUGGESTED_COLUMNS = {
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
class AudienceFile:
    """The content of a list; with an error among ``problems`` no row was read.

    ``merged_row_numbers`` are the rows that repeat the person of another row. ``digest`` is the sha256 of the
    exact bytes that were read.
    """

    rows: tuple[AudienceRow, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()
    merged_row_numbers: tuple[int, ...] = ()
    problems: tuple[Problem, ...] = ()
    digest: str = ""

    @property
    def row_count(self) -> int:
        """Return the number of rows, without the header and empty rows."""
        return len(self.rows) + len(self.rejected) + len(self.merged_row_numbers)

    @property
    def is_usable(self) -> bool:
        """Return True if the file as a whole could be read."""
        return not any(problem.is_error for problem in self.problems)


class _UnusableFile(Exception):
    """A file that cannot be read as a whole, with its Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def read_audience(path: Path, *, display_path: str, now: datetime, zone: str) -> AudienceFile:
    """Return the rows of a list.

    ``display_path`` is the path that users see; ``zone`` is the office's time zone.
    """
    digest = ""
    try:
        data = _read_bytes(path, display_path)
        digest = hashlib.sha256(data).hexdigest()
        return _parse_rows(
            _decode(data, display_path),
            display_path=display_path,
            now=now,
            zone=ZoneInfo(zone),
            digest=digest,
        )
    except _UnusableFile as unusable:
        return AudienceFile(problems=(unusable.problem,), digest=digest)


def file_digest(path: Path) -> str | None:
    """Return the digest that reading the file would give; None if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _read_bytes(path: Path, display_path: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        message = _("the list {file} cannot be read: {why}").format(
            file=display_path, why=error.strerror or ""
        )
        hint = _("put it there, or mend its path in config.toml, [audiences]")
        raise _UnusableFile(Problem("audience-missing-file", message, hint, file=display_path)) from error
    if len(data) > MAX_FILE_BYTES:
        message = _("the list has more than 64 MB")
        raise _UnusableFile(
            Problem("audience-too-large", message, _("split it into several lists"), file=display_path)
        )
    return data


def _decode(data: bytes, display_path: str) -> str:
    hint = _("in the spreadsheet: save as, CSV UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode(errors="replace")) + 1
        problem = Problem(
            "audience-encoding",
            _("this is not UTF-8 text"),
            hint,
            file=display_path,
            position=Position(line, column),
        )
        raise _UnusableFile(problem) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        problem = Problem(
            "audience-encoding", _("this is not text"), hint, file=display_path, position=Position(line, 1)
        )
        raise _UnusableFile(problem)
    return text


def _parse_rows(text: str, *, display_path: str, now: datetime, zone: ZoneInfo, digest: str) -> AudienceFile:
    first_line = text.partition("\n")[0].rstrip("\r")
    records = _read_records(text, _detect_delimiter(first_line), display_path)
    header = [cell.strip().lower() for cell in next(records, (1, []))[1]]
    problems = _check_header(header, first_line, display_path)
    if problems:
        return AudienceFile(problems=tuple(problems), digest=digest)
    columns = [
        _read_row(number, cells, header, now=now, zone=zone)
        for number, cells in records
        if any(map(str.strip, cells))
    ]
    rows, merged = _merge_rows([row for row in columns if isinstance(row, AudienceRow)])
    rejected = tuple(row for row in columns if isinstance(row, RejectedRow))
    return AudienceFile(rows, rejected, merged, tuple(_check_bases(rows, display_path)), digest)


def _read_records(text: str, delimiter: str, display_path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every record with its number as a spreadsheet counts; a cell may have line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from enumerate(reader, 1)
    except csv.Error as error:
        message = _("this cannot be read as CSV: {why}").format(why=error)
        hint = _("a quotation mark opens or closes a whole cell; within a cell write two")
        problem = Problem(
            "audience-csv", message, hint, file=display_path, position=Position(max(1, reader.line_num), 1)
        )
        raise _UnusableFile(problem) from error


def _detect_delimiter(first_line: str) -> str:
    return max(",;\t", key=first_line.count)


def _read_row(
    number: int, cells: list[str], header: list[str], *, now: datetime, zone: ZoneInfo
) -> AudienceRow | RejectedRow:
    if any(cell.strip() for cell in cells[len(header) :]):
        message = _("{count} cells, but {columns} columns").format(count=len(cells), columns=len(header))
        return RejectedRow(number, "recipient-cells", message)
    filled = cells + [""] * (len(header) - len(cells))
    return read_row(number, dict(zip(header, filled, strict=False)), now=now, zone=zone)


def _check_header(header: list[str], first_line: str, display_path: str) -> list[Problem]:
    missing = [column for column in REQUIRED_COLUMNS if column not in header]
    problems, columns = [], set()
    for name in header:
        if name not in COLUMNS or name in columns:
            problems.append(
                _column_problem(name, first_line, display_path, missing=missing, is_duplicate=name in columns)
            )
        columns.add(name)
    if missing and not problems:
        message = _("the column {names} is missing").format(names=", ".join(missing))
        hint = _("write: {line}").format(line=",".join(COLUMNS))
        problems.append(
            Problem(
                "audience-column", message, hint, file=display_path, position=Position(1, 1), text=first_line
            )
        )
    return problems


def _column_problem(
    name: str, first_line: str, display_path: str, *, missing: list[str], is_duplicate: bool
) -> Problem:
    column = first_line.lower().rfind(name) if is_duplicate else first_line.lower().find(name)
    position = Position(1, max(0, column) + 1, max(1, len(name)))
    if is_duplicate:
        message, hint = _("the column {name!r} is there twice"), _("leave one of the two out")
    else:
        message, hint = _("a list has no column {name!r}"), _column_hint(name, missing)
    return Problem(
        "audience-column",
        message.format(name=name),
        hint,
        file=display_path,
        position=position,
        text=first_line,
    )


def _column_hint(name: str, missing: list[str]) -> str:
    word = name.replace(" ", "_").replace("-", "_")
    suggestion = _SUGGESTED_COLUMNS.get(word) or nearest(word, COLUMNS)
    if suggestion:
        return _("write: {line}").format(line=suggestion)
    if missing:
        return _("the columns are {names}").format(names=", ".join(COLUMNS))
    return _("leave this column out: what is not needed is not kept")


def _merge_rows(rows: list[AudienceRow]) -> tuple[tuple[AudienceRow, ...], tuple[int, ...]]:
    """Return one row per person, and the numbers of the merged rows.

    The first row is used, unless only a later row has the person's opt-out.
    """
    people: dict[str, AudienceRow] = {}
    merged = []
    for row in rows:
        previous = people.setdefault(row.phone, row)
        if previous is not row:
            merged.append(row.number if previous.opted_out_at or not row.opted_out_at else previous.number)
            people[row.phone] = previous if previous.opted_out_at or not row.opted_out_at else row
    return tuple(people.values()), tuple(merged)


def _check_bases(rows: tuple[AudienceRow, ...], display_path: str) -> Iterator[Problem]:
    unknown: dict[str, int] = {}
    for row in rows:
        if row.consent.basis and not is_valid_basis(row.consent.basis):
            unknown.setdefault(row.consent.basis, row.number)
    for basis, number in unknown.items():
        message = _("row {number}: the law knows no basis {basis!r}").format(number=number, basis=basis[:40])
        hint = _("humaspost explain recipient-basis")
        yield Problem(
            "recipient-basis",
            message,
            hint,
            file=display_path,
            position=Position(number, 1),
            severity=Severity.WARNING,
        )
