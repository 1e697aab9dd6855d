"""The records of a CSV text: its delimiter, its header, and the place of each cell."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from humaspost.audience.csv.columns import find_columns
from humaspost.audience.csv.unreadable import UnreadableList, unreadable
from humaspost.base.i18n import _
from humaspost.model.problem import Position

DELIMITERS = (",", ";", "\t")
#: Spreadsheets write the delimiter into a first line of its own.
_DELIMITER_LINE = re.compile(r'"?sep=([,;\t])"?\s*', re.IGNORECASE)
#: Titles and empty rows may stand above the header, but not more of them.
_HEADER_WITHIN = 20


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its number as a spreadsheet counts, and the line where it begins."""

    number: int
    line: int
    cells: tuple[str, ...]
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Return True if no cell has a visible character."""
        return not any(map(str.strip, self.cells))


@dataclass(frozen=True, slots=True)
class CellPosition:
    """The position of a cell, the text of its line, and the ends of the cells in it.

    ``spans`` are (start, end) of each cell of the record in ``text``, None where it is in another line.
    """

    position: Position
    text: str
    spans: tuple[tuple[int, int] | None, ...]


def split_lines(text: str) -> list[str]:
    """Return the lines with their ends: LF, CR LF, or the CR of old spreadsheets."""
    return list(io.StringIO(text, newline=""))


def detect_delimiter(text: str) -> tuple[str, int]:
    """Return the delimiter, and the number of lines before the records that only name it."""
    first_line = next(io.StringIO(text, newline=""), "").rstrip("\r\n")
    if named := _DELIMITER_LINE.fullmatch(first_line):
        return named[1], 1
    best = max(DELIMITERS, key=lambda delimiter: _count_columns(text, delimiter))
    if _count_columns(text, best) > 1:
        return best, 0
    return max(DELIMITERS, key=first_line.count), 0


def _count_columns(text: str, delimiter: str) -> int:
    """Return how many columns the best row of the first ones names."""
    head = io.StringIO("".join(islice(io.StringIO(text, newline=""), _HEADER_WITHIN)), newline="")
    rows = islice(csv.reader(head, delimiter=delimiter), _HEADER_WITHIN)
    try:
        return max((count_named(row) for row in rows), default=0)
    except csv.Error:
        return 0


def count_named(cells: Sequence[str]) -> int:
    """Return how many different columns these cells name."""
    return len({column for column in find_columns(cells) if column})


def read_records(text: str, delimiter: str, *, skip: int = 0, strict: bool = True) -> Iterator[Record]:
    """Yield every record; raise UnreadableList where the quotation marks do not match.

    With ``strict`` False each line is a record of its own, whatever its quotation marks say.
    """
    lines = split_lines(text)[skip:]
    if not strict:
        yield from _read_single_lines(lines, delimiter, skip)
        return
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    number, start = skip, 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _unreadable_record(error, line=start + skip + 1, text=text) from error
        number += 1
        yield Record(number, start + skip + 1, tuple(cells), "".join(lines[start : reader.line_num]))
        start = reader.line_num


def _unreadable_record(error: csv.Error, *, line: int, text: str) -> UnreadableList:
    if "field limit" in str(error):
        message = _("the row that begins here has a cell of more than {count} characters")
        message = message.format(count=f"{csv.field_size_limit():,}")
        hint = _("shorten the cell; or a quotation mark before it has no pair: within a cell write two")
    else:
        message = _("this cannot be read as CSV: {why}").format(why=error)
        hint = _("a quotation mark opens or closes a whole cell; within a cell write two")
    return unreadable("audience-csv", message, hint, position=(line, 1), salvage=text)


def _read_single_lines(lines: Sequence[str], delimiter: str, skip: int) -> Iterator[Record]:
    for number, line in enumerate(lines, skip + 1):
        cells: Sequence[str] = ()
        if line.count('"') % 2 == 0:
            with suppress(csv.Error):
                cells = next(csv.reader([line], delimiter=delimiter), [])
        # A quotation mark without its pair hides the cells after it.
        if not cells or hides_cells(cells, delimiter):
            cells = split_plainly(line, delimiter)
        yield Record(number, number, tuple(cells), line)


def split_plainly(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line, whatever its quotation marks say; a lone mark stays."""
    cells = [cell.strip(" \r\n") for cell in line.split(delimiter)]
    return [cell if cell == '"' else cell.strip(' "') for cell in cells]


def hides_cells(cells: Sequence[str], delimiter: str) -> bool:
    """Return True if two lone quotation marks made one cell of several.

    Such a cell begins and ends with the delimiter.
    """
    return any(cell.startswith(delimiter) and cell.endswith(delimiter) for cell in cells)


def find_header(records: Sequence[Record]) -> int:
    """Return the index of the row that names the most columns, else of the first with text."""
    head = [(index, record) for index, record in enumerate(records[:_HEADER_WITHIN]) if not record.is_empty]
    best = max(head, key=lambda item: count_named(item[1].cells), default=(0, None))
    return best[0] if best[1] is not None and count_named(best[1].cells) > 1 else (head[0][0] if head else 0)


def locate_cell(record: Record, index: int, delimiter: str) -> CellPosition:
    """Return the place of cell ``index`` of the record; past its last cell, of the last one."""
    spans = _cell_spans(record.text, delimiter)
    start = spans[min(index, len(spans) - 1)][0]
    line, line_start, text = _find_line(record.text, start)
    length = max(1, min(spans[min(index, len(spans) - 1)][1], line_start + len(text)) - start)
    position = Position(record.line + line, start - line_start + 1, length)
    in_line = tuple(_clip(span, line_start, line_start + len(text)) for span in spans)
    return CellPosition(position, text, in_line)


def _find_line(text: str, index: int) -> tuple[int, int, str]:
    """Return the number, the start and the text of the line with the character ``index``."""
    start, lines = 0, split_lines(text) or [""]
    for number, line in enumerate(lines):
        if index < start + len(line) or number == len(lines) - 1:
            return number, start, line.rstrip("\r\n")
        start += len(line)
    raise AssertionError("a text has a line")


def _clip(span: tuple[int, int], start: int, end: int) -> tuple[int, int] | None:
    first, last = max(span[0], start), min(span[1], end)
    return (first - start, last - start) if first <= last else None


def _cell_spans(text: str, delimiter: str) -> list[tuple[int, int]]:
    """Return (start, end) of each cell of a record, its quotation marks included."""
    spans, start, is_quoted = [], 0, False
    body = text.rstrip("\r\n")
    for index, character in enumerate(body):
        if character == '"':
            is_quoted = not is_quoted
        elif character == delimiter and not is_quoted:
            spans.append((start, index))
            start = index + 1
    return [*spans, (start, len(body))]
