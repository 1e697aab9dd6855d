"""Checks of the lines of a body: tables, polls and lines that an editor wrapped."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from humaspost.base.i18n import _
from humaspost.content.report import FileReport
from humaspost.model.problem import Position

_DELIMITER_ROW = re.compile(
    r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*|[ \t]*\|[ \t]*:?-+:?[ \t]*\|[ \t]*"
)
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*")
_BORDER = re.compile(r"[ \t]*\+(?:[-=]{2,}\+)+[ \t]*")
_MIN_TABBED_CELLS = 3
_POLL_OPTION = re.compile(r"[ \t]*(?:[-*][ \t]+)?\([ ]?\)[ \t]+\S.*")
_SENTENCE_END = (".", "!", "?", ":", ";", "\u2026", '"', "\u201d", ")")
#: Widths at which editors wrap. A shorter line was ended on purpose; a longer one nobody wraps.
_MIN_WIDTH, _MAX_WIDTH = 50, 120
_MIN_WRAPPED = 2


def check_layout(body: str, report: FileReport, *, first_line: int, joins_lines: bool) -> None:
    """Report a table, a poll in the text, and lines that look wrapped."""
    lines = body.split("\n")
    for index in _find_table(lines):
        message = _("a table begins here, and no channel shows tables")
        hint = _("write each row as a line of its own, such as: Senin: Balai RW 1, pukul 08.00")
        position = Position(first_line + index, 1, max(1, len(lines[index])))
        report.add_error("body-table", message, hint=hint, position=position, field="body")
        break
    options = [index for index, line in enumerate(lines) if _POLL_OPTION.fullmatch(line)]
    if len(options) > 1:
        message = _("lines with ( ) are published as text, not as a poll")
        hint = _("for a poll on X write above: x: {poll: {options: [...], duration: 3d}}")
        position = Position(first_line + options[0], 1, len(lines[options[0]]))
        report.add_warning("poll-lines", message, hint=hint, position=position, field="body")
    wrapped = None if joins_lines else _find_wrapped(lines)
    if wrapped is not None:
        message = _("these lines look wrapped by an editor; each would be a line of its own")
        hint = _(
            'write each paragraph on one line, or set line_breaks = "join" under [policy] in config.toml'
        )
        position = Position(first_line + wrapped, 1, len(lines[wrapped]))
        report.add_warning("lines-wrapped", message, hint=hint, position=position, field="body")


def _find_table(lines: Sequence[str]) -> Iterator[int]:
    """Yield the first line of each table: of bars, of plus signs, or of tabs."""
    for index in range(len(lines) - 1):
        line, following = lines[index], lines[index + 1]
        is_marked = "|" in line and bool(_DELIMITER_ROW.fullmatch(following))
        is_barred = bool(_ROW.fullmatch(line) and _ROW.fullmatch(following)) and line.count("|") > 1
        if is_marked or is_barred or _BORDER.fullmatch(line) or _are_tabbed(line, following):
            yield index


def _are_tabbed(line: str, following: str) -> bool:
    count = len(_tabbed_cells(line))
    return count >= _MIN_TABBED_CELLS and count == len(_tabbed_cells(following))


def _tabbed_cells(line: str) -> list[str]:
    """Return the cells of a row; none where one is empty or begins with a colon, as in forms."""
    cells = [cell.strip() for cell in line.split("\t")]
    is_row = all(cells) and not any(cell.startswith(":") for cell in cells)
    return cells if is_row else []


def _find_wrapped(lines: Sequence[str]) -> int | None:
    """Return the first line of a paragraph that an editor seems to have wrapped, or None."""
    start = 0
    for index in range(len(lines) + 1):
        if index < len(lines) and lines[index].strip():
            continue
        if _is_wrapped([line.strip() for line in lines[start:index]]):
            return start
        start = index + 1
    return None


def _is_wrapped(paragraph: Sequence[str]) -> bool:
    """Return True if no line had room for the next word, and sentences run on."""
    if len(paragraph) <= _MIN_WRAPPED:
        return False
    width = max(map(len, paragraph))
    if not _MIN_WIDTH <= width <= _MAX_WIDTH:
        return False
    pairs = list(pairwise(paragraph))
    is_full = all(len(line) + 1 + len(following.split(maxsplit=1)[0]) > width for line, following in pairs)
    runs_over = any(not line.endswith(_SENTENCE_END) and following[0].islower() for line, following in pairs)
    return is_full and runs_over
