"""Lines that are safe to show: nothing a post contains can steer a terminal."""

import shlex
import unicodedata
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

_ELLIPSIS = "..."
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
#: Joins emoji; harmless, and families would fall apart without it.
_JOINER = "\u200d"


def safe(text: str) -> str:
    """The text with every control, direction or invisible character spelt out; line breaks stay."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(character if _plain(character) else _spelt(character) for character in text)


def quoted(file: str) -> str:
    """A file's name as a command takes it: copies are called "a (1).md"."""
    return shlex.quote(safe(file))


def _plain(character: str) -> bool:
    return character in ("\n", _JOINER) or unicodedata.category(character) not in _UNSEEN


def _spelt(character: str) -> str:
    if character == "\t":
        return " "
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """Return how many cells of a terminal the text takes."""
    return cell_len(text)


def cut(text: str, cells: int) -> str:
    """The text in one line of at most so many cells, ending in ``...`` where something is left out."""
    text = safe(" ".join(text.split()))
    if width(text) <= cells:
        return text
    return set_cell_size(text, max(0, cells - len(_ELLIPSIS))) + _ELLIPSIS


def pad(text: str, cells: int) -> str:
    """The text with spaces after it up to so many cells."""
    return set_cell_size(text, max(cells, width(text)))


def columns(rows: Iterable[Sequence[str]], *, indent: int = 2, gap: int = 2) -> list[str]:
    """Rows with their columns aligned; the last one is as long as it is."""
    table = [[safe(cell) for cell in row] for row in rows]
    count = max((len(row) for row in table), default=0)
    widths = [max((width(row[n]) for row in table if n < len(row)), default=0) for n in range(count)]
    return [" " * indent + _joined(row, widths, " " * gap).rstrip() for row in table]


def _joined(row: Sequence[str], widths: Sequence[int], gap: str) -> str:
    return gap.join(pad(cell, widths[n]) for n, cell in enumerate(row))


def wrap(text: str, cells: int, *, indent: str = "") -> list[str]:
    """The text broken at spaces into lines of at most so many cells, each after ``indent``."""
    lines: list[str] = []
    line = ""
    for word in safe(text).split():
        if line and width(indent) + width(line) + 1 + width(word) > cells:
            lines.append(indent + line)
            line = ""
        line = f"{line} {word}" if line else word
    return [*lines, indent + line] if line else lines
