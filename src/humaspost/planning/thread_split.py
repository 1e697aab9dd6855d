"""A long part, split where a reader would pause, by the measure in Rules.

A channel asks for it by ``extra`` of its only part: ``{"thread": "auto", "closing": text that ends the
last part, "media_parts": [part of each medium], "later": extra of the parts after the first}``; the
part's text is the whole, closing included. All four are gone afterwards.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.model.rendition import Attachment, Part, Rendition
from humaspost.model.rules import Rules

_ASKED = ("thread", "closing", "media_parts", "later")
_SENTENCE = re.compile(r"(?:[.!?…]+[\"'”’)\]]*(?=\s)|(?=\n))\s+")
_WORD = re.compile(r"\s+")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+|[\w-]+(?:\.[\w-]+)+(?:/\S*)?", re.IGNORECASE)
#: A full stop after these ends no sentence.
_ABBREVIATIONS = re.compile(
    r"(?:kec|kab|kel|prov|ds|jln?|gg|rt|rw|no|nomor|yth|sdr|bpk|dr[as]?|prof|ir|hj?|st|kep|hlm|tgl|te?lp"
    r"|pkl|a\.n|u\.p|rp|mrs?|vs)",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 8


def fit(rendition: Rendition, rules: Rules) -> Rendition:
    """The rendition in parts that each fit, counted ``1/4``; one that asked for nothing stays as it is.

    Only a URL, or a closing, that is longer than a whole part stays too long.
    """
    if len(rendition.parts) != 1 or rendition.parts[0].extra.get("thread") != "auto":
        return rendition
    part = rendition.parts[0]
    closing = str(part.extra.get("closing") or "")
    texts = _texts(part.text, closing, rules)
    media = _placed(part, len(texts))
    later = part.extra.get("later")
    extras = {True: _own(part.extra), False: later if isinstance(later, dict) else {}}
    made = (
        Part(number, text, media[number - 1], extras[number == 1])
        for number, text in enumerate(texts, start=1)
    )
    return replace(rendition, parts=tuple(made))


def _own(extra: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in extra.items() if name not in _ASKED}


def _placed(part: Part, count: int) -> list[tuple[Attachment, ...]]:
    """The media of each part; one whose part does not exist stands in the last."""
    asked = part.extra.get("media_parts")
    places: list[Any] = list(asked) if isinstance(asked, list) else []
    places += [1] * (len(part.media) - len(places))
    numbers = [min(max(place, 1), count) if isinstance(place, int) else 1 for place in places]
    return [
        tuple(item for item, here in zip(part.media, numbers, strict=False) if here == number)
        for number in range(1, count + 1)
    ]


def _texts(whole: str, closing: str, rules: Rules) -> list[str]:
    limit = rules.text.limit.value

    def fits(text: str) -> bool:
        return rules.text.bound(text) <= limit or rules.text.measure(text) <= limit

    body = whole.removesuffix(closing).strip() if closing else whole.strip()
    if fits(whole) or not body:
        return [whole]
    for most in (9, 99, 999, 9999):
        pieces = _Splitter(body, closing, f" {most}/{most}", fits).pieces()
        if len(pieces) <= most:
            break
    count = len(pieces)
    if count == 1:
        return [whole]
    counted = [f"{piece} {number}/{count}".lstrip() for number, piece in enumerate(pieces, start=1)]
    return [*counted[:-1], _closed(counted[-1], closing)]


def _closed(text: str, closing: str) -> str:
    return f"{text}\n{closing}" if closing else text


@dataclass(frozen=True, slots=True)
class _Splitter:
    """``counter`` is as wide as any that will be needed."""

    body: str
    closing: str
    counter: str
    fits: Callable[[str], bool]

    def pieces(self) -> list[str]:
        found: list[str] = []
        rest = self.body
        while rest and not self.fits(_closed(rest + self.counter, self.closing)):
            cut = self._cut(rest)
            found.append(rest[:cut].rstrip())
            rest = rest[cut:].lstrip()
        # What fits without the closing but cannot be divided leaves the last part to the closing.
        return [*found, rest] if rest or self.closing or not found else found

    def _cut(self, rest: str) -> int:
        """Where the next piece ends: at a sentence, else a word, else within one."""
        for cuts in (list(_sentences(rest)), [found.end() for found in _WORD.finditer(rest)]):
            if cut := self._furthest(rest, cuts):
                return cut
        word = _WORD.search(rest)
        end = word.start() if word else len(rest)
        if self.fits(rest[:end] + self.counter):
            return end
        return self._within(rest, end)

    def _furthest(self, rest: str, cuts: list[int]) -> int:
        """The last cut whose piece fits, 0 = none."""
        known = {0: True}

        def too_long(cut: int) -> bool:
            known[cut] = self.fits(rest[:cut].rstrip() + self.counter)
            return not known[cut]

        index = bisect_right(cuts, False, key=too_long)
        return cuts[index - 1] if index and known.get(cuts[index - 1], True) else 0

    def _within(self, rest: str, end: int) -> int:
        """A cut in the first word, between graphemes and outside URLs; a monstrous URL stays whole."""
        spans = [found.span() for found in _URL.finditer(rest, 0, end)]
        bounds = [found.end() for found in _graphemes(rest[:end])]
        outside = [cut for cut in bounds if not any(start < cut < stop for start, stop in spans)]
        cut = self._furthest(rest, outside)
        if cut:
            return cut
        if "://" in rest[:end]:
            return outside[0] if outside else end
        return self._furthest(rest, bounds) or bounds[0]


def _sentences(text: str) -> Iterator[int]:
    for found in _SENTENCE.finditer(text):
        if not (found[0].startswith(".") and "\n" not in found[0] and _is_abbreviated(text, found.start())):
            yield found.end()


def _is_abbreviated(text: str, stop: int) -> bool:
    """Whether the full stop at ``stop`` follows a known abbreviation or an initial."""
    before = text[max(0, stop - _LONGEST_ABBREVIATION) : stop].split()
    word = before[-1].lstrip("(\"'“‘[") if before else ""
    return bool(_ABBREVIATIONS.fullmatch(word)) or (len(word) == 1 and word.isupper())


@cache
def _grapheme() -> Any:
    import regex  # type: ignore[import-untyped] # it brings no types, and re knows no graphemes

    return regex.compile(r"\X")


def _graphemes(text: str) -> Any:
    return _grapheme().finditer(text)
