"""Text that is safe to print: no content of a post can control a terminal."""

import shlex
import unicodedata
from collections.abc import Iterable, Sequence

_ELLIPSIS = "..."
_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
#: Joins emoji; harmless, and family emoji need it.
_ZERO_WIDTH_JOINER = "\u200d"


def escape_unsafe(text: str) -> str:
    """Return the text with control, direction and invisible characters escaped.

    Line breaks stay.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(
        character if _is_printable(character) else _escape_character(character) for character in text
    )


def quote_filename(file: str) -> str:
    """Return the file name quoted for a shell; copies have names like "a (1).md"."""
    return shlex.quote(escape_unsafe(file))


def _is_printable(character: str) -> bool:
    return (
        character in ("\n", _ZERO_WIDTH_JOINER)
        or unicodedata.category(character) not in _INVISIBLE_CATEGORIES
    )


def _escape_character(character: str) -> str:
    if character == "\t":
        return " "
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def display_width(text: str) -> int:
    """Return the number of terminal cells of the text."""
    if text.isascii() and text.isprintable():
        return len(text)
    from rich.cells import cell_len  # its tables of wide characters are loaded at their first use

    return cell_len(text)


def truncate(text: str, cells: int) -> str:
    """Return the text on one line of at most ``cells``; ``...`` marks a cut."""
    text = escape_unsafe(" ".join(text.split()))
    if display_width(text) <= cells:
        return text
    return _resize(text, max(0, cells - len(_ELLIPSIS))) + _ELLIPSIS


def pad(text: str, cells: int) -> str:
    """Return the text with spaces up to ``cells``."""
    return _resize(text, max(cells, display_width(text)))


def _resize(text: str, cells: int) -> str:
    """Return the text cut or padded to exactly ``cells``."""
    if text.isascii() and text.isprintable():
        return text[:cells].ljust(cells)
    from rich.cells import set_cell_size

    return set_cell_size(text, cells)


def align_columns(rows: Iterable[Sequence[str]], *, indent: int = 2, gap: int = 2) -> list[str]:
    """Return rows with aligned columns; the last column is not padded."""
    table = [[escape_unsafe(cell) for cell in row] for row in rows]
    count = max((len(row) for row in table), default=0)
    widths = [max((display_width(row[n]) for row in table if n < len(row)), default=0) for n in range(count)]
    return [" " * indent + _join_cells(row, widths, " " * gap).rstrip() for row in table]


def _join_cells(row: Sequence[str], widths: Sequence[int], separator: str) -> str:
    return separator.join(pad(cell, widths[n]) for n, cell in enumerate(row))


def is_command(line: str) -> bool:
    """Return True for a command to copy; a sentence about humaspost has a comma or a semicolon."""
    return line.partition(" ")[0] in ("humaspost", "chmod", "chown") and not {",", ";"} & set(line)


def wrap_text(text: str, cells: int, *, indent: str = "") -> list[str]:
    """Return the text wrapped at spaces to lines of at most ``cells``, each after ``indent``."""
    lines: list[str] = []
    line = ""
    for word in escape_unsafe(text).split():
        if line and display_width(indent) + display_width(line) + 1 + display_width(word) > cells:
            lines.append(indent + line)
            line = ""
        line = f"{line} {word}" if line else word
    return [*lines, indent + line] if line else lines
