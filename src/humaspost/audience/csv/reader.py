"""The reader of a CSV list: each row is imported, merged into another, or rejected."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from humaspost.audience.csv.bases import is_valid_basis
from humaspost.audience.csv.columns import REQUIRED_COLUMNS
from humaspost.audience.csv.encoding import decode_list
from humaspost.audience.csv.header import Header, read_header
from humaspost.audience.csv.list_file import read_bytes
from humaspost.audience.csv.masking import mask_line
from humaspost.audience.csv.opt_out_cell import OptOut
from humaspost.audience.csv.records import (
    Record,
    detect_delimiter,
    hides_cells,
    locate_cell,
    read_records,
    split_lines,
)
from humaspost.audience.csv.row import (
    AudienceRow,
    CellFault,
    RejectedRow,
    read_row,
    reject_row,
)
from humaspost.audience.csv.unreadable import UnreadableList
from humaspost.base.i18n import _
from humaspost.model.problem import Position, Problem, Severity

_MAX_DATE_DIGITS = 8


@dataclass(frozen=True, slots=True)
class AudienceFile:
    """The content of a list; with an error among ``problems`` no row was read.

    ``merged_row_numbers`` are the rows that repeat the person of another row. ``salvaged`` are rows with an
    opt-out in a file that cannot be read as a whole. ``digest`` is the sha256 of the bytes that were read.
    """

    rows: tuple[AudienceRow, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()
    merged_row_numbers: tuple[int, ...] = ()
    problems: tuple[Problem, ...] = ()
    digest: str = ""
    salvaged: tuple[RejectedRow, ...] = ()

    @property
    def row_count(self) -> int:
        """Return the number of rows, without the header and empty rows."""
        return len(self.rows) + len(self.rejected) + len(self.merged_row_numbers)

    @property
    def is_usable(self) -> bool:
        """Return True if the file as a whole could be read."""
        return not any(problem.is_error for problem in self.problems)

    @property
    def reread_at(self) -> datetime | None:
        """Return when the next date of a rejected row is no longer in the future, or None."""
        return min((row.readable_at for row in self.rejected if row.readable_at), default=None)

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """Return the problems of the file and of its rows, in their order."""
        return (*self.problems, *(row.problem for row in self.rejected))


def read_audience(path: Path, *, display_path: str, now: datetime, zone: str) -> AudienceFile:
    """Return the rows of a list.

    ``display_path`` is the path that users see; ``zone`` is the office's time zone.
    """
    digest, reader = "", _RowReader(display_path, now, ZoneInfo(zone))
    try:
        data = read_bytes(path, display_path)
        digest = hashlib.sha256(data).hexdigest()
        return replace(reader.read(decode_list(data)), digest=digest)
    except UnreadableList as error:
        problem = replace(error.problem, file=display_path)
        return AudienceFile(problems=(problem,), digest=digest, salvaged=reader.salvage(error.salvage))


class _RowReader:
    """The reader of one file's rows; ``file`` is the path that users see."""

    def __init__(self, file: str, now: datetime, zone: ZoneInfo) -> None:
        self._file, self._now, self._zone = file, now, zone

    def read(self, text: str) -> AudienceFile:
        """Return the rows of the text; raise UnreadableList if the quotation marks do not match."""
        delimiter, skip = detect_delimiter(text)
        records = list(read_records(text, delimiter, skip=skip))
        header, problems = read_header(records, delimiter, self._file)
        if problems:
            return AudienceFile(problems=tuple(problems), salvaged=self._salvage(records, header))
        outcomes: list[AudienceRow | RejectedRow] = []
        for record in records[header.index + 1 :]:
            if swallowed := self._read_swallowed(record, header, delimiter):
                outcomes += swallowed
            elif not record.is_empty:
                outcomes.append(self._read_row(record, header, delimiter))
        rows, merged = _merge_rows([row for row in outcomes if isinstance(row, AudienceRow)])
        rejected = tuple(row for row in outcomes if isinstance(row, RejectedRow))
        bases = _check_bases(rows, records, self._file, header=header, delimiter=delimiter)
        return AudienceFile(rows, rejected, merged, tuple(bases))

    def salvage(self, text: str) -> tuple[RejectedRow, ...]:
        """Return the rows with an opt-out of a text whose records cannot be told apart."""
        if not text:
            return ()
        delimiter, skip = detect_delimiter(text)
        records = list(read_records(text, delimiter, skip=skip, strict=False))
        return self._salvage(records, read_header(records, delimiter, self._file)[0])

    def _salvage(self, records: Sequence[Record], header: Header) -> tuple[RejectedRow, ...]:
        if not {"phone", "opted_out_at"} <= set(header.columns):
            return ()
        outcomes = (
            self._parse_row(record, header)[0]
            for record in records[header.index + 1 :]
            if not record.is_empty
        )
        rejected = (row if isinstance(row, RejectedRow) else _as_rejected(row) for row in outcomes)
        return tuple(row for row in rejected if row.opt_out is not None)

    def _read_row(self, record: Record, header: Header, delimiter: str) -> AudienceRow | RejectedRow:
        row, index = self._parse_row(record, header)
        if isinstance(row, AudienceRow):
            return row
        location = locate_cell(record, index, delimiter)
        problem = row.problem.with_position(
            self._file, location.position, mask_line(location, header.columns)
        )
        return replace(row, problem=problem)

    def _read_swallowed(self, record: Record, header: Header, delimiter: str) -> list[RejectedRow]:
        """Return the rows that a quotation mark without its pair made one record of, all rejected."""
        if len(split_lines(record.text)) < 2 and not hides_cells(record.cells, delimiter):
            return []
        lines = [line for line in read_records(record.text, delimiter, strict=False) if not line.is_empty]
        rows = [self._parse_row(line, header)[0] for line in lines]
        own_phone = self._parse_row(record, header)[0].phone
        column = header.columns.index("phone")
        has_other = any(
            row.phone not in ("", own_phone)
            or (number > 0 and not row.phone and _is_unreadable_phone(line.cells[column:]))
            for number, (line, row) in enumerate(zip(lines, rows, strict=True))
        )
        # A cell with line breaks, as a name may have, leaves no line with all cells beside another.
        has_other = has_other or sum(len(line.cells) >= len(header.columns) for line in lines) > 1
        if not has_other and not hides_cells(record.cells, delimiter):
            return []
        message = _("a quotation mark opens in this row and closes in another")
        hint = _("a quotation mark opens or closes a whole cell; within a cell write two")
        problem = Problem("recipient-cells", message, hint, self._file)
        rejected = (row if isinstance(row, RejectedRow) else _as_rejected(row) for row in rows)
        return [
            replace(
                row,
                number=record.number,
                problem=replace(problem, position=Position(record.line + line.line - 1, 1)),
            )
            for line, row in zip(lines, rejected, strict=True)
        ]

    def _parse_row(self, record: Record, header: Header) -> tuple[AudienceRow | RejectedRow, int]:
        """Return the row, and the index of the cell that is the reason if it is rejected."""
        columns = header.columns
        cells = [cell.strip() for cell in record.cells] + [""] * (len(columns) - len(record.cells))
        # A header without a column is read for opt-outs only.
        values = dict.fromkeys(REQUIRED_COLUMNS, "")
        values |= {column: cell for column, cell in zip(columns, cells, strict=False) if column}
        surplus = [
            index
            for index, cell in enumerate(cells)
            if cell and (index >= len(columns) or index in header.nameless)
        ]
        if surplus:
            return self._reject_surplus(
                record.number, values, count=max(surplus) + 1, header=header
            ), surplus[0]
        outcome = read_row(record.number, values, now=self._now, zone=self._zone)
        if isinstance(outcome, AudienceRow):
            has_more = len(record.cells) > len(columns)
            if has_more and outcome.opted_out_at and not outcome.consent.is_complete:
                # An empty cell too many, and one of the consent empty: the stop may be another column's date.
                return self._reject_surplus(
                    record.number, values, count=len(record.cells), header=header
                ), len(columns) - 1
            return outcome, 0
        return outcome[0], columns.index(outcome[1]) if outcome[1] in columns else 0

    def _reject_surplus(
        self, number: int, values: Mapping[str, str], *, count: int, header: Header
    ) -> RejectedRow:
        message = _("a cell stands in a column without a name")
        hint = _("write the column's name in the first row, or empty the cell")
        if count > len(header.columns):
            message = _("{count} cells, but {columns} columns").format(
                count=count, columns=len(header.columns)
            )
            hint = _('text with a comma in it needs quotation marks: "Budi, S.Kom"')
        # The cells may be shifted, so that the opt-out stands in another one.
        unclear = OptOut(self._now, is_unclear=True) if "opted_out_at" in header.columns else None
        return reject_row(number, values, CellFault("", "recipient-cells", message, hint), opt_out=unclear)


def _as_rejected(row: AudienceRow) -> RejectedRow:
    opt_out = OptOut(row.opted_out_at) if row.opted_out_at else None
    return RejectedRow(row.number, Problem("audience-csv", ""), row.phone, row.name, opt_out)


def _is_unreadable_phone(cells: Sequence[str]) -> bool:
    """Return True if the first cell is a number that nobody can call, such as 6.28E+12."""
    cell = cells[0].strip() if cells else ""
    if re.fullmatch(r"\d[\d.,]*[eE]\+?\d\d", cell):
        return True
    is_number = re.fullmatch(r"[\d\s.,+()/-]+", cell) is not None
    return is_number and sum(map(str.isdigit, cell)) > _MAX_DATE_DIGITS


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


def _check_bases(
    rows: tuple[AudienceRow, ...],
    records: Sequence[Record],
    display_path: str,
    *,
    header: Header,
    delimiter: str,
) -> Iterator[Problem]:
    unknown: dict[str, int] = {}
    for row in rows:
        if row.consent.basis and not is_valid_basis(row.consent.basis):
            unknown.setdefault(row.consent.basis, row.number)
    by_number = {record.number: record for record in records} if unknown else {}
    for number in unknown.values():
        location = locate_cell(by_number[number], header.columns.index("basis"), delimiter)
        # The cell itself may have a name, where the cells of the row are shifted.
        message = _("row {number}: the law knows no such basis").format(number=number)
        hint = _("humaspost explain recipient-basis")
        text = mask_line(location, header.columns)
        severity = Severity.WARNING
        yield Problem(
            "recipient-basis", message, hint, display_path, location.position, severity=severity, text=text
        )
