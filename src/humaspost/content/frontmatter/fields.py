"""The types of values: text, words, true or false, one of a list of choices."""

import re
from collections.abc import Iterable, Mapping, Sequence

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.content.frontmatter.hints import (
    format_scalar,
    quote,
    quoted_line_hint,
    shorten,
    write_line_hint,
)
from humaspost.content.frontmatter.yaml_loader import FrontMatter
from humaspost.content.report import FILE_START, FileReport
from humaspost.model.problem import Position

_YES = frozenset(["yes", "ya", "y", "on", "benar", "1"])
_NO = frozenset(["no", "tidak", "n", "off", "t", "salah", "0"])
_SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")
_NUMBER = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)

KeyMapping = Mapping[str, Json]


class FieldReader:
    """A reader of front matter values; reports every value of the wrong type."""

    __slots__ = ("front_matter", "report", "suggested_keys")

    def __init__(self, front: FrontMatter, page: FileReport) -> None:
        self.front_matter = front
        self.report = page
        #: Fields that are there under another name, which has its own problem already.
        self.suggested_keys: set[str] = set()

    def position_of(self, path: str) -> Position:
        """Return the position of the value at ``path``, or of its key, or of the nearest key above."""
        while path:
            position = self.front_matter.value_positions.get(path)
            if position:
                return position
            path = path.rpartition(".")[0]
        return FILE_START

    def add_error(self, code: str, message: str, *, hint: str, path: str) -> None:
        """Add a problem with the value at ``path``."""
        self.report.add_error(code, message, hint=hint, position=self.position_of(path), field=path)

    def report_missing(self, code: str, message: str, *, hint: str, key: str) -> None:
        """Add a problem with a missing value, unless its line or its misspelled key has one already."""
        if key in self.suggested_keys:
            return
        position = self.front_matter.key_positions.get(key, FILE_START)
        suggested_for = (problem.position for problem in self.report.problems if problem.is_error)
        if key not in self.front_matter.key_positions or all(
            at is None or at.line != position.line for at in suggested_for
        ):
            self.report.add_error(code, message, hint=hint, position=position, field=key)

    def report_unknown(
        self, path: str, message: str, *, suggestion: str, allowed_keys: Iterable[str]
    ) -> None:
        """Add a problem with the key at ``path``; ``suggestion`` is the nearest known key or ""."""
        position = self.front_matter.key_positions[path]
        hint = _("known keys: {keys}").format(keys=", ".join(allowed_keys))
        if suggestion:
            siblings, line = (
                self.report.line_text(position.line)[: position.column - 1],
                self.report.line_text(position.line),
            )
            remainder = "" if "{" in siblings else line[position.column - 1 + position.length :]
            hint = write_line_hint(suggestion + remainder)
        self.report.add_error("unknown-key", message, hint=hint, position=position, field=path)

    def read_text(self, mapping: KeyMapping, key: str, *, path: str = "") -> str:
        """Return the text of a field without surrounding spaces; "" if it is absent."""
        value = mapping.get(key)
        if isinstance(value, str):
            return value.strip()
        return self._report_not_text(value, path or key)

    def _report_not_text(self, value: Json, path: str) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        name = next(part for part in reversed(path.split(".")) if not part.isdigit())
        message = _("{key!r} must be text").format(key=shorten(name))
        self.add_error(
            "value-shape",
            message,
            hint=quoted_line_hint(self.report.line_text(self.position_of(path).line)),
            path=path,
        )
        return ""

    def read_single_line(self, mapping: KeyMapping, key: str, *, path: str = "") -> str:
        """Return the text of a field if it is one line, otherwise report an error and return ""."""
        if mapping.get(key) is None:
            return ""
        text = self.read_text(mapping, key, path=path)
        if "\n" not in text:
            return text
        path = path or key
        name = path.rpartition(".")[2]
        hint = write_line_hint(f"{name}: {quote(' '.join(text.split()))}")
        self.add_error("value-shape", _("{key!r} must be one line").format(key=name), hint=hint, path=path)
        return ""

    def read_list(self, mapping: KeyMapping, key: str, *, path: str = "") -> tuple[tuple[str, str], ...]:
        """Return the items of a list, or a single word as one item, each with its path."""
        path = path or key
        value = mapping.get(key)
        if value is None:
            return ()
        if isinstance(value, list):
            return tuple(self._list_items(value, path))
        if isinstance(value, dict):
            self._report_wrong_type(path, _("{key!r} must be a list"), hint=_("write: {key}: [A, B]"))
            return ()
        word = self.read_text(mapping, key, path=path)
        parts = [part for part in _SEPARATOR.split(word) if part]
        if len(parts) > 1:
            listed = ", ".join(format_scalar(part.removeprefix("#")) for part in parts)
            self._report_wrong_type(
                path, _("{key!r} must be a list"), hint=_("write: {key}: [{items}]"), items=listed
            )
            return ()
        return ((word, path),)

    def _list_items(self, values: Sequence[Json], path: str) -> list[tuple[str, str]]:
        items = []
        for index, value in enumerate(values):
            below = f"{path}.{index}"
            text = value.strip() if isinstance(value, str) else self._report_not_text(value, below)
            if text:
                items.append((text, below))
        return items

    def _report_wrong_type(self, path: str, message: str, *, hint: str, items: str = "") -> None:
        parts = [part for part in path.split(".") if not part.isdigit()]
        key = shorten(parts[-1])
        self.add_error(
            "value-shape", message.format(key=key), hint=hint.format(key=key, items=items), path=path
        )

    def read_flag(self, mapping: KeyMapping, key: str) -> bool:
        """Return True if the field is true; an absent field is false."""
        value = mapping.get(key)
        if value is None or isinstance(value, bool):
            return value is True
        word = value.strip().casefold() if isinstance(value, str) else ""
        if word in ("true", "false"):
            return word == "true"
        suggestion = "true" if word in _YES else "false" if word in _NO else ""
        hint = (
            write_line_hint(f"{key}: {suggestion}")
            if suggestion
            else _("write one of: {words}").format(words="true, false")
        )
        self._report_invalid_value(key, word, hint=hint)
        return False

    def read_enum(self, mapping: KeyMapping, key: str, choices: Sequence[str]) -> str:
        """Return one of the choices; "" if the field is absent or has another value."""
        word = self.read_single_line(mapping, key)
        if not word or word in choices:
            return word
        suggestion = nearest(word, choices)
        words = _("write one of: {words}").format(words=", ".join(choices))
        self._report_invalid_value(
            key, word, hint=write_line_hint(f"{key}: {suggestion}") if suggestion else words
        )
        return ""

    def _report_invalid_value(self, key: str, word: str, *, hint: str) -> None:
        message = _("{key!r} cannot be {word!r}").format(key=key, word=shorten(word))
        self.add_error("value-choice", message, hint=hint, path=key)

    def read_number(self, mapping: KeyMapping, key: str, *, path: str) -> int | None:
        """Return a number from 1 to 999; None if the field is absent or has another value."""
        word = self.read_single_line(mapping, key, path=path)
        if not word:
            return None
        if _NUMBER.fullmatch(word):
            return int(word)
        self.add_error(
            "value-shape",
            _("{key!r} must be a number from 1 on").format(key=key),
            hint=write_line_hint(f"{key}: 1"),
            path=path,
        )
        return None
