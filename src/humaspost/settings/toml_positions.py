"""Where every key of a TOML text stands: what ``tomllib`` does not tell."""

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from humaspost.model.problem import Place

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
#: tomllib takes seconds for a key of a thousand parts.
_DEEP = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){30}""")
_BARE = re.compile(r"[^,\]}#\r\n]*")
_STRINGS = (
    re.compile(r'"""(?:\\.|[^\\])*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\\n])*"'),
    re.compile(r"'[^'\n]*'"),
)


@dataclass(slots=True)
class Places:
    """Key paths (``accounts.x.channel``, ``list.0``) to where the key and where its value stands."""

    keys: dict[str, Place] = field(default_factory=dict)
    values: dict[str, Place] = field(default_factory=dict)

    def key(self, path: str) -> Place | None:
        """The place of the key, or of the nearest one above it."""
        return _nearest(self.keys, path)

    def value(self, path: str) -> Place | None:
        """The place of the value; without one, that of the key."""
        return self.values.get(path) or self.key(path)


def _nearest(places: dict[str, Place], path: str) -> Place | None:
    while path and path not in places:
        path = path.rpartition(".")[0]
    return places.get(path)


def tables(text: str) -> dict[str, Any]:
    """What the TOML says; raises TOMLDecodeError, also where it is nested as no person nests it."""
    if (deep := _DEEP.search(text)) is not None:
        line = text.count("\n", 0, deep.start()) + 1
        raise tomllib.TOMLDecodeError(f"Nested too deeply (at line {line}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("Nested too deeply (at line 1, column 1)") from None


def places(text: str) -> Places:
    """The places of a text that ``tomllib`` has accepted."""
    return _Scanner(text).document()


def toml_place(error: Exception) -> tuple[int, int] | None:
    """Line and column that ``tomllib`` names in its message; None = the end of the document."""
    match = re.search(r"\(at line (\d+), column (\d+)\)$", str(error))
    return (int(match[1]), int(match[2])) if match else None


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found = Places()
        self.starts = [0] + [match.end() for match in re.finditer("\n", text)]
        self.tables: dict[str, int] = {}

    def document(self) -> Places:
        table: tuple[str, ...] = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_BLANK)
        return self.found

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        assert match is not None, self.at
        self.at = match.end()
        return match.group()

    def place(self, start: int) -> Place:
        line = bisect_right(self.starts, start)
        length = len(self.text[start : self.at].splitlines()[0]) if self.at > start else 1
        return Place(line, start - self.starts[line - 1] + 1, length)

    def header(self) -> tuple[str, ...]:
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        self.skip(_SPACE)
        start = self.at
        path = self.dotted()
        for length in range(1, len(path) + 1):
            self.found.keys.setdefault(".".join(path[:length]), self.place(start))
        self.skip(_SPACE)
        self.at += 2 if array else 1
        if not array:
            return path
        count = self.tables[".".join(path)] = self.tables.get(".".join(path), -1) + 1
        return (*path, str(count))

    def dotted(self) -> tuple[str, ...]:
        parts = [self.skip(_KEY).strip("\"'")]
        while re.match(r"[ \t]*\.", self.text[self.at : self.at + 80]):
            self.skip(_SPACE)
            self.at += 1
            self.skip(_SPACE)
            parts.append(self.skip(_KEY).strip("\"'"))
        return tuple(parts)

    def pair(self, table: tuple[str, ...]) -> None:
        start = self.at
        path = (*table, *self.dotted())
        self.found.keys[".".join(path)] = self.place(start)
        self.skip(_SPACE)
        self.at += 1
        self.skip(_SPACE)
        self.value(path)

    def value(self, path: tuple[str, ...]) -> None:
        start = self.at
        match self.text[self.at : self.at + 1]:
            case "[":
                self.array(path)
            case "{":
                self.inline(path)
            case _:
                self.scalar()
        self.found.values[".".join(path)] = self.place(start)

    def scalar(self) -> None:
        for pattern in _STRINGS:
            if pattern.match(self.text, self.at):
                self.skip(pattern)
                return
        start = self.at
        self.at = start + len(self.skip(_BARE).rstrip())

    def array(self, path: tuple[str, ...]) -> None:
        self.at += 1
        index = 0
        self.skip(_BLANK)
        while self.text[self.at] != "]":
            self.value((*path, str(index)))
            index += 1
            self.comma()
        self.at += 1

    def inline(self, path: tuple[str, ...]) -> None:
        self.at += 1
        self.skip(_BLANK)
        while self.text[self.at] != "}":
            self.pair(path)
            self.comma()
        self.at += 1

    def comma(self) -> None:
        self.skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_BLANK)
