"""The positions of every key and value in a TOML text, which ``tomllib`` does not give."""

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from humaspost.model.problem import Position

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
#: tomllib needs seconds for a key of a thousand parts.
_DEEP_KEY = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){30}""")
_BARE_VALUE = re.compile(r"[^,\]}#\r\n]*")
_STRINGS = (
    re.compile(r'"""(?:\\.|[^\\])*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\\n])*"'),
    re.compile(r"'[^'\n]*'"),
)


@dataclass(slots=True)
class TomlPositions:
    """Positions of keys and of values by path (``accounts.x.channel``, ``list.0``)."""

    keys: dict[str, Position] = field(default_factory=dict)
    values: dict[str, Position] = field(default_factory=dict)

    def key_position(self, path: str) -> Position | None:
        """Return the position of the key, or of the nearest key above it, or None."""
        return _nearest_position(self.keys, path)

    def value_position(self, path: str) -> Position | None:
        """Return the position of the value, or else of its key."""
        return self.values.get(path) or self.key_position(path)


def _nearest_position(positions: dict[str, Position], path: str) -> Position | None:
    while path and path not in positions:
        path = path.rpartition(".")[0]
    return positions.get(path)


def parse_toml(text: str) -> dict[str, Any]:
    """Return the data of the TOML text; raise TOMLDecodeError, also for extremely deep nesting."""
    if (nesting := _DEEP_KEY.search(text)) is not None:
        line = text.count("\n", 0, nesting.start()) + 1
        raise tomllib.TOMLDecodeError(f"Nested too deeply (at line {line}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("Nested too deeply (at line 1, column 1)") from None


def positions_of(text: str) -> TomlPositions:
    """Return the positions of a text that ``tomllib`` has accepted."""
    return _TomlScanner(text).scan_document()


def error_position(error: Exception) -> tuple[int, int] | None:
    """Return the line and column in ``tomllib``'s message; None for the end of the document."""
    match = re.search(r"\(at line (\d+), column (\d+)\)$", str(error))
    return (int(match[1]), int(match[2])) if match else None


class _TomlScanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.index = 0
        self.positions = TomlPositions()
        self.line_starts = [0] + [match.end() for match in re.finditer("\n", text)]
        self.array_counts: dict[str, int] = {}

    def scan_document(self) -> TomlPositions:
        table: tuple[str, ...] = ()
        self.skip(_BLANK)
        while self.index < len(self.text):
            if self.text[self.index] == "[":
                table = self.scan_header()
            else:
                self.scan_pair(table)
            self.skip(_BLANK)
        return self.positions

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.index)
        assert match is not None, self.index
        self.index = match.end()
        return match.group()

    def position_of(self, start: int) -> Position:
        line = bisect_right(self.line_starts, start)
        length = len(self.text[start : self.index].splitlines()[0]) if self.index > start else 1
        return Position(line, start - self.line_starts[line - 1] + 1, length)

    def scan_header(self) -> tuple[str, ...]:
        array = self.text.startswith("[[", self.index)
        self.index += 2 if array else 1
        self.skip(_SPACE)
        start = self.index
        path = self.scan_dotted_key()
        for length in range(1, len(path) + 1):
            self.positions.keys.setdefault(".".join(path[:length]), self.position_of(start))
        self.skip(_SPACE)
        self.index += 2 if array else 1
        if not array:
            return path
        count = self.array_counts[".".join(path)] = self.array_counts.get(".".join(path), -1) + 1
        return (*path, str(count))

    def scan_dotted_key(self) -> tuple[str, ...]:
        parts = [self.skip(_KEY).strip("\"'")]
        while re.match(r"[ \t]*\.", self.text[self.index : self.index + 80]):
            self.skip(_SPACE)
            self.index += 1
            self.skip(_SPACE)
            parts.append(self.skip(_KEY).strip("\"'"))
        return tuple(parts)

    def scan_pair(self, table: tuple[str, ...]) -> None:
        start = self.index
        path = (*table, *self.scan_dotted_key())
        self.positions.keys[".".join(path)] = self.position_of(start)
        self.skip(_SPACE)
        self.index += 1
        self.skip(_SPACE)
        self.scan_value(path)

    def scan_value(self, path: tuple[str, ...]) -> None:
        start = self.index
        match self.text[self.index : self.index + 1]:
            case "[":
                self.scan_array(path)
            case "{":
                self.scan_inline_table(path)
            case _:
                self.scan_scalar()
        self.positions.values[".".join(path)] = self.position_of(start)

    def scan_scalar(self) -> None:
        for pattern in _STRINGS:
            if pattern.match(self.text, self.index):
                self.skip(pattern)
                return
        start = self.index
        self.index = start + len(self.skip(_BARE_VALUE).rstrip())

    def scan_array(self, path: tuple[str, ...]) -> None:
        self.index += 1
        index = 0
        self.skip(_BLANK)
        while self.text[self.index] != "]":
            self.scan_value((*path, str(index)))
            index += 1
            self.skip_comma()
        self.index += 1

    def scan_inline_table(self, path: tuple[str, ...]) -> None:
        self.index += 1
        self.skip(_BLANK)
        while self.text[self.index] != "}":
            self.scan_pair(path)
            self.skip_comma()
        self.index += 1

    def skip_comma(self) -> None:
        self.skip(_BLANK)
        if self.text[self.index] == ",":
            self.index += 1
            self.skip(_BLANK)
