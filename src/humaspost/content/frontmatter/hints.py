"""Hints that show the exact line to write."""

import re
from collections.abc import Iterable

from humaspost.base.i18n import _

_MAX_LENGTH = 60
_PLAIN_SCALAR = re.compile(r"[^\W_][^:#\n]*[^\s:#]|[^\W_]")
_BOOLEAN = frozenset(("true", "false", "True", "False", "TRUE", "FALSE"))
#: ``key: value``, with the dashes of a list before it.
KEY_LINE = re.compile(r"(?P<lead>\s*(?:-\s+)*)(?P<key>[^\s:#\"'\[{-][^\s:#]*):[ \t]+(?P<value>\S.*?)\s*$")

_LIST_ITEM = re.compile(r"\s*-\s+(\S.*?)\s*$")


def write_line_hint(line: str) -> str:
    """Return the hint that shows the line to copy."""
    return _("write: {line}").format(line=line.strip())


def quote(text: str) -> str:
    """Return the text in YAML quotes, with as few backslashes as possible."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    if "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def strip_quotes(text: str) -> str:
    """Return the text without the pair of quotes around it, if any."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def format_scalar(text: str) -> str:
    """Return the text as a YAML value, with quotes only where YAML needs them."""
    if _PLAIN_SCALAR.fullmatch(text) and text not in _BOOLEAN:
        return text
    return quote(text)


def quoted_line_hint(line: str) -> str:
    """Return the hint that shows the line with its text in quotes."""
    match = KEY_LINE.match(line)
    if match:
        return write_line_hint(f"{match['key']}: {quote(strip_quotes(match['value']))}")
    item = _LIST_ITEM.match(line)
    return write_line_hint(f"- {quote(strip_quotes(item[1]))}") if item else _("put the text between quotes")


def shorten(text: str) -> str:
    """Return the text, shortened to fit a message."""
    return text if len(text) <= _MAX_LENGTH else text[:_MAX_LENGTH] + "..."


def join_names(names: Iterable[str]) -> str:
    """Return the sorted names, separated by commas."""
    return ", ".join(sorted(names))
