"""The text of a list as messages show it: no telephone number, no name."""

import re
from collections.abc import Sequence

from humaspost.audience.csv.bases import is_valid_basis, read_basis
from humaspost.audience.csv.dates import MONTHS
from humaspost.audience.csv.opt_out_cell import NO_OPT_OUT, UNDATED_OPT_OUT
from humaspost.audience.csv.records import CellPosition, split_lines

_DATE_COLUMNS = ("consented_at", "opted_out_at")
_FREE_TEXT_COLUMNS = ("purpose", "source")
_HIDDEN = "*"
_DASHES = "\u2010-\u2015\u2212"
_LONG_NUMBER = re.compile(rf"\d[\d\s.()+/_{_DASHES}-]{{5,}}\d")
_DATE = re.compile(
    r"(?:\d{4}([-/. ])\d{1,2}\1\d{1,2}|\d{1,2}([-/. ])\d{1,2}\2(?:(?:19|20)\d\d|\d\d))(?:[ .]+\d{1,2}(?:\.\d\d){0,2})?"
)
_WORD = re.compile(r"[^\W\d_]+")
#: Words that a date or an opt-out may have; any other may be of a name.
_DATE_WORDS = frozenset(
    {*MONTHS, "t", "z", "utc", "wib", "wita", "wit", "pukul", "jam"}
    | {"senin", "selasa", "rabu", "kamis", "jumat", "jum", "at", "sabtu", "minggu", "ahad"}
    | {word for cell in NO_OPT_OUT | UNDATED_OPT_OUT for word in _WORD.findall(cell)}
)
#: A longer cell is not a purpose or a date but a note about a person.
_MAX_VISIBLE = 40
_MAX_QUOTED = 20
#: No telephone has fewer digits; the number of a day in a spreadsheet has.
_MIN_DIGITS = 7


def quote_cell(text: str) -> str:
    """Return the cell of a date as a message may show it."""
    return repr(_mask_date(text)[:_MAX_QUOTED])


def mask_line(at: CellPosition, columns: Sequence[str | None]) -> str:
    """Return the line with every character of a number, name or unknown cell hidden.

    Its length stays, so that the position still fits.
    """
    characters = [_HIDDEN if character not in "\t;," else character for character in at.text]
    is_aligned = _is_aligned(at, columns)
    for span, column in zip(at.spans, columns, strict=False):
        if span is None:
            continue
        cell = at.text[span[0] : span[1]]
        characters[span[0] : span[1]] = _mask_cell(cell, column, is_aligned=is_aligned)
    return "".join(characters)


def _is_aligned(at: CellPosition, columns: Sequence[str | None]) -> bool:
    """Return True if each cell surely stands in its own column; else any may have the name."""
    cells = dict(zip(columns, at.spans, strict=False))
    span = cells.get("basis")
    return len(at.spans) == len(columns) and span is not None and _names_basis(at.text[span[0] : span[1]])


def _names_basis(cell: str) -> bool:
    return is_valid_basis(read_basis(cell.strip(' "')))


def _mask_cell(cell: str, column: str | None, *, is_aligned: bool) -> str:
    if len(cell) <= _MAX_VISIBLE:
        if column in _DATE_COLUMNS:
            return _mask_date(cell)
        if (column == "basis" and _names_basis(cell)) or (column in _FREE_TEXT_COLUMNS and is_aligned):
            return hide_numbers(cell)
    return re.sub(r"[^\s\"]", _HIDDEN, cell)


def _mask_date(text: str) -> str:
    """Return the text with long numbers and the words that no date has hidden."""
    return _WORD.sub(_hide_word, hide_numbers(text))


def _hide_word(match: re.Match[str]) -> str:
    return match[0] if match[0].casefold() in _DATE_WORDS else _HIDDEN * len(match[0])


def hide_numbers(text: str) -> str:
    """Return the text with every number that may be a telephone's hidden; a date stays."""
    return _LONG_NUMBER.sub(_hide_number, text)


def _hide_number(match: re.Match[str]) -> str:
    text = match[0]
    is_short = sum(map(str.isdigit, text)) < _MIN_DIGITS
    return text if is_short or _DATE.fullmatch(text) else re.sub(r"\S", _HIDDEN, text)


def mask_header(text: str) -> str:
    """Return a first line that is no header, with every letter and digit hidden."""
    return re.sub(r"\w", _HIDDEN, split_lines(text)[0].rstrip("\r\n")) if text.strip() else ""
