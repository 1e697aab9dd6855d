"""The shapes that values may have: text, words, yes or no, one of a few."""

import re
from collections.abc import Iterable, Mapping, Sequence

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.content.frontmatter.hints import clipped, in_quotes, quoted, scalar, write
from humaspost.content.frontmatter.yaml_loader import Front
from humaspost.content.report import START, Page
from humaspost.model.problem import Place

_YES = frozenset(["yes", "ya", "y", "on", "benar", "1"])
_NO = frozenset(["no", "tidak", "n", "off", "t", "salah", "0"])
_APART = re.compile(r"\s*[,;]\s*|\s+")
_NUMBER = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)

Holder = Mapping[str, Json]


class Fields:
    """Reads values out of the front matter; whatever has the wrong shape is told to the page."""

    __slots__ = ("front", "meant", "page")

    def __init__(self, front: Front, page: Page) -> None:
        self.front = front
        self.page = page
        #: Keys that stand there under another name, which has its problem already.
        self.meant: set[str] = set()

    def place(self, path: str) -> Place:
        """Where the value at ``path`` stands, or its key, or the nearest key above."""
        while path:
            found = self.front.places.get(path)
            if found:
                return found
            path = path.rpartition(".")[0]
        return START

    def error(self, code: str, message: str, *, hint: str, path: str) -> None:
        """A problem with the value at ``path``."""
        self.page.error(code, message, hint=hint, at=self.place(path), field=path)

    def missing(self, code: str, message: str, *, hint: str, key: str) -> None:
        """A problem with a key that has no value, unless its line, or what it is called, is one already."""
        if key in self.meant:
            return
        place = self.front.keys.get(key, START)
        known = (problem.place for problem in self.page.problems if problem.is_error)
        if key not in self.front.keys or all(at is None or at.line != place.line for at in known):
            self.page.error(code, message, hint=hint, at=place, field=key)

    def unknown(self, path: str, message: str, *, near: str, known: Iterable[str]) -> None:
        """A problem with the key at ``path``; ``near`` is the known key that is probably meant."""
        place = self.front.keys[path]
        hint = _("known keys: {keys}").format(keys=", ".join(known))
        if near:
            before, line = self.page.line(place.line)[: place.column - 1], self.page.line(place.line)
            rest = "" if "{" in before else line[place.column - 1 + place.length :]
            hint = write(near + rest)
        self.page.error("unknown-key", message, hint=hint, at=place, field=path)

    def text(self, holder: Holder, key: str, *, path: str = "") -> str:
        """The text of a key, without spaces around it; '' where there is none."""
        value = holder.get(key)
        if isinstance(value, str):
            return value.strip()
        return self._odd_text(value, path or key)

    def _odd_text(self, value: Json, path: str) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        name = next(part for part in reversed(path.split(".")) if not part.isdigit())
        message = _("{key!r} must be text").format(key=clipped(name))
        self.error("value-shape", message, hint=in_quotes(self.page.line(self.place(path).line)), path=path)
        return ""

    def line(self, holder: Holder, key: str, *, path: str = "") -> str:
        """The text of a key that may not have line breaks."""
        if holder.get(key) is None:
            return ""
        text = self.text(holder, key, path=path)
        if "\n" not in text:
            return text
        path = path or key
        name = path.rpartition(".")[2]
        hint = write(f"{name}: {quoted(' '.join(text.split()))}")
        self.error("value-shape", _("{key!r} must be one line").format(key=name), hint=hint, path=path)
        return ""

    def words(self, holder: Holder, key: str, *, path: str = "") -> tuple[tuple[str, str], ...]:
        """The items of a list, or of a single word, each with its path."""
        path = path or key
        value = holder.get(key)
        if value is None:
            return ()
        if isinstance(value, list):
            return tuple(self._items(value, path))
        if isinstance(value, dict):
            self._shape(path, _("{key!r} must be a list"), hint=_("write: {key}: [A, B]"))
            return ()
        word = self.text(holder, key, path=path)
        parts = [part for part in _APART.split(word) if part]
        if len(parts) > 1:
            listed = ", ".join(scalar(part.removeprefix("#")) for part in parts)
            self._shape(path, _("{key!r} must be a list"), hint=_("write: {key}: [{items}]"), items=listed)
            return ()
        return ((word, path),)

    def _items(self, values: Sequence[Json], path: str) -> list[tuple[str, str]]:
        found = []
        for index, value in enumerate(values):
            below = f"{path}.{index}"
            text = value.strip() if isinstance(value, str) else self._odd_text(value, below)
            if text:
                found.append((text, below))
        return found

    def _shape(self, path: str, message: str, *, hint: str, items: str = "") -> None:
        parts = [part for part in path.split(".") if not part.isdigit()]
        key = clipped(parts[-1])
        self.error("value-shape", message.format(key=key), hint=hint.format(key=key, items=items), path=path)

    def flag(self, holder: Holder, key: str) -> bool:
        """Whether a key says true; nothing is false."""
        value = holder.get(key)
        if value is None or isinstance(value, bool):
            return value is True
        word = value.strip().casefold() if isinstance(value, str) else ""
        if word in ("true", "false"):
            return word == "true"
        meant = "true" if word in _YES else "false" if word in _NO else ""
        hint = write(f"{key}: {meant}") if meant else _("write one of: {words}").format(words="true, false")
        self._choice(key, word, hint=hint)
        return False

    def choice(self, holder: Holder, key: str, choices: Sequence[str]) -> str:
        """One of the words, or '' where there is none."""
        word = self.line(holder, key)
        if not word or word in choices:
            return word
        near = nearest(word, choices)
        words = _("write one of: {words}").format(words=", ".join(choices))
        self._choice(key, word, hint=write(f"{key}: {near}") if near else words)
        return ""

    def _choice(self, key: str, word: str, *, hint: str) -> None:
        message = _("{key!r} cannot be {word!r}").format(key=key, word=clipped(word))
        self.error("value-choice", message, hint=hint, path=key)

    def number(self, holder: Holder, key: str, *, path: str) -> int | None:
        """A number from 1 on; None where there is none."""
        word = self.line(holder, key, path=path)
        if not word:
            return None
        if _NUMBER.fullmatch(word):
            return int(word)
        self.error(
            "value-shape",
            _("{key!r} must be a number from 1 on").format(key=key),
            hint=write(f"{key}: 1"),
            path=path,
        )
        return None
