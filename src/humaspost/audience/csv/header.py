"""The header of a list: the row that names the columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from humaspost.audience.csv.columns import CONSENT_COLUMNS, check_header, find_columns
from humaspost.audience.csv.masking import hide_numbers, mask_header
from humaspost.audience.csv.records import Record, count_named, find_header, locate_cell, split_lines
from humaspost.base.i18n import _
from humaspost.model.problem import Position, Problem


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a list: the index of its record, and the column of each cell.

    A cell with the column None is not read. ``nameless`` are the indexes of its empty cells.
    """

    index: int
    columns: tuple[str | None, ...]
    nameless: frozenset[int]


def read_header(records: Sequence[Record], delimiter: str, file: str) -> tuple[Header, list[Problem]]:
    """Return the header and its problems; ``file`` is the path that users see."""
    index = find_header(records)
    record = records[index] if index < len(records) else Record(1, 1, ())
    columns = find_columns(record.cells)
    nameless = frozenset(number for number, cell in enumerate(record.cells) if not cell.strip())
    header = Header(index, tuple(columns), nameless)
    if not record.is_empty and (not count_named(record.cells) or _has_person(record)):
        message = _("the first row names no column of a list")
        hint = _("write above it: {line}").format(line="phone,name,basis,purpose,source,consented_at")
        location, text = Position(record.line, 1), mask_header(record.text)
        return header, [Problem("audience-column", message, hint, file, location, text=text)]
    starts = [locate_cell(record, number, delimiter).position.column for number in range(len(columns))]
    text = split_lines(record.text)[0].rstrip("\r\n") if record.text.strip() else ""
    problems = list(check_header(record.cells, columns, line=record.line, text=text, starts=starts))
    problems += _check_rows_above(records[:index])
    return header, [replace(problem, file=file) for problem in problems]


def _has_person(record: Record) -> bool:
    """Return True if a cell has a telephone number.

    A word such as stop names no column beside one.
    """
    return any(hide_numbers(cell) != cell for cell in record.cells)


def _check_rows_above(records: Sequence[Record]) -> Iterator[Problem]:
    """Yield a problem for the first row of people above the header."""
    for record in records:
        if sum(1 for cell in record.cells if cell.strip()) >= len(CONSENT_COLUMNS):
            message = _("the row with the names of the columns stands below rows of people")
            hint = _("move it to the top of the list")
            yield Problem("audience-column", message, hint, position=Position(record.line, 1))
            return
