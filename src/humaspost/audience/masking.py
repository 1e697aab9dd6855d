"""The text of a list's line as messages show it: no telephone number, no name."""

import re
from collections.abc import Sequence

from humaspost.audience.columns import CONSENT_COLUMNS
from humaspost.audience.records import CellPosition

_VISIBLE_COLUMNS = (*CONSENT_COLUMNS, "opted_out_at")
_HIDDEN = "*"
_LONG_NUMBER = re.compile(r"\d[\d .()+-]{5,}\d")
#: A longer cell is not a basis or a date but a note about a person.
_MAX_VISIBLE = 40


def mask_line(at: CellPosition, columns: Sequence[str | None]) -> str:
    """Return the line with every character of a number, name or unknown cell hidden.

    Its length stays, so that the position still fits.
    """
    characters = [_HIDDEN if character not in "\t;," else character for character in at.text]
    for span, column in zip(at.spans, columns, strict=False):
        if span is None:
            continue
        cell = at.text[span[0] : span[1]]
        characters[span[0] : span[1]] = _mask_cell(cell, column)
    return "".join(characters)


def _mask_cell(cell: str, column: str | None) -> str:
    if column in _VISIBLE_COLUMNS and len(cell) <= _MAX_VISIBLE:
        return _LONG_NUMBER.sub(_hide_number, cell)
    return re.sub(r"[^\s\"]", _HIDDEN, cell)


def _hide_number(match: re.Match[str]) -> str:
    """Return a date as it is, and a longer number hidden."""
    text = match[0]
    return text if sum(map(str.isdigit, text)) <= 8 else _HIDDEN * len(text)


def mask_header(text: str) -> str:
    """Return a first line that is no header, with every letter and digit hidden."""
    return re.sub(r"\w", _HIDDEN, text.splitlines()[0]) if text.strip() else ""
