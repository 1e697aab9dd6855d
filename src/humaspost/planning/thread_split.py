"""The split of a long part where a reader would pause, by the measure in Rules.

A channel requests it by ``extra`` of its only part: ``{"thread": "auto", "closing": text that ends the
last part, "media_parts": [part of each media file], "later": extra of the parts after the first}``. The
part's text is the whole text, including the closing. The result has none of the four keys.
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

_SPLIT_KEYS = ("thread", "closing", "media_parts", "later")
_SENTENCE = re.compile(r"(?:[.!?…]+[\"'”’)\]]*(?=\s)|(?=\n))\s+")
_WORD = re.compile(r"\s+")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+|[\w-]+(?:\.[\w-]+)+(?:/\S*)?", re.IGNORECASE)
#: A full stop after these does not end a sentence.
_ABBREVIATIONS = re.compile(
    r"(?:kec|kab|kel|prov|ds|jln?|gg|rt|rw|no|nomor|yth|sdr|bpk|dr[asg]?|prof|ir|hj?|st|kep|hlm|tgl|te?lp"
    r"|pkl|plt|plh|pjs?|kom|pol|kol|brig|rp|mrs?|vs|dll|dsb|dst|cq|up|ttd|lamp|ps|min|maks|(?:[a-z]{1,4}\.)+[a-z]{1,4})",
    re.IGNORECASE,
)
_MAX_ABBREVIATION_LENGTH = 8


def split_thread(rendition: Rendition, rules: Rules) -> Rendition:
    """Return the rendition in parts that fit, counted ``1/4``, if its only part requests it.

    Only a URL or a closing that is longer than a whole part remains too long.
    """
    if len(rendition.parts) != 1 or rendition.parts[0].extra.get("thread") != "auto":
        return rendition
    part = rendition.parts[0]
    closing = str(part.extra.get("closing") or "")
    texts = _split_texts(part.text, closing, rules)
    media = _media_by_part(part, len(texts))
    later_extra = part.extra.get("later")
    part_extras = {
        True: _channel_extra(part.extra),
        False: later_extra if isinstance(later_extra, dict) else {},
    }
    parts = (
        Part(number, text, media[number - 1], part_extras[number == 1])
        for number, text in enumerate(texts, start=1)
    )
    return replace(rendition, parts=tuple(parts))


def _channel_extra(extra: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in extra.items() if name not in _SPLIT_KEYS}


def _media_by_part(part: Part, count: int) -> list[tuple[Attachment, ...]]:
    """Return the media of each part; media of a part that does not exist go to the last part."""
    requested_parts = part.extra.get("media_parts")
    requested_numbers: list[Any] = list(requested_parts) if isinstance(requested_parts, list) else []
    requested_numbers += [1] * (len(part.media) - len(requested_numbers))
    numbers = [
        min(max(requested, 1), count) if isinstance(requested, int) else 1 for requested in requested_numbers
    ]
    return [
        tuple(item for item, index in zip(part.media, numbers, strict=False) if index == number)
        for number in range(1, count + 1)
    ]


def _split_texts(whole: str, closing: str, rules: Rules) -> list[str]:
    limit = rules.text.limit.value

    def is_fitting(text: str) -> bool:
        return rules.text.upper_bound(text) <= limit or rules.text.measure(text) <= limit

    body = whole.removesuffix(closing).strip() if closing else whole.strip()
    if is_fitting(whole) or not body:
        return [whole]
    for max_parts in (9, 99, 999, 9999):
        pieces = _TextSplitter(body, closing, f" {max_parts}/{max_parts}", is_fitting).split()
        if len(pieces) <= max_parts:
            break
    count = len(pieces)
    if count == 1:
        return [whole]
    with_counter = [f"{piece} {number}/{count}".lstrip() for number, piece in enumerate(pieces, start=1)]
    return [*with_counter[:-1], _with_closing(with_counter[-1], closing)]


def _with_closing(text: str, closing: str) -> str:
    return f"{text}\n{closing}" if closing else text


@dataclass(frozen=True, slots=True)
class _TextSplitter:
    """A splitter of one text; ``counter`` is as wide as the widest counter needed."""

    body: str
    closing: str
    counter: str
    is_fitting: Callable[[str], bool]

    def split(self) -> list[str]:
        pieces: list[str] = []
        remainder = self.body
        while remainder and not self.is_fitting(_with_closing(remainder + self.counter, self.closing)):
            cut = self._find_cut(remainder)
            pieces.append(remainder[:cut].rstrip())
            remainder = remainder[cut:].lstrip()
        # A remainder that fits without the closing, but cannot be divided, gets a last part with the closing
        # alone.
        return [*pieces, remainder] if remainder or self.closing or not pieces else pieces

    def _find_cut(self, remainder: str) -> int:
        """Return where the next piece ends: after a sentence, or a word, or within a word."""
        for cuts in (
            list(_sentence_ends(remainder)),
            [cut_in_word.end() for cut_in_word in _WORD.finditer(remainder)],
        ):
            if cut := self._last_fitting_cut(remainder, cuts):
                return cut
        word = _WORD.search(remainder)
        end = word.start() if word else len(remainder)
        if self.is_fitting(remainder[:end] + self.counter):
            return end
        return self._cut_within_word(remainder, end)

    def _last_fitting_cut(self, remainder: str, cuts: list[int]) -> int:
        """Return the last cut whose piece fits, or 0."""
        fits = {0: True}

        def too_long(cut: int) -> bool:
            fits[cut] = self.is_fitting(remainder[:cut].rstrip() + self.counter)
            return not fits[cut]

        index = bisect_right(cuts, False, key=too_long)
        return cuts[index - 1] if index and fits.get(cuts[index - 1], True) else 0

    def _cut_within_word(self, remainder: str, end: int) -> int:
        """Return a cut in the first word, between graphemes and outside URLs.

        A URL that is longer than a part stays whole.
        """
        spans = [position.span() for position in _URL.finditer(remainder, 0, end)]
        bounds = [found.end() for found in _grapheme_boundaries(remainder[:end])]
        outside = [cut for cut in bounds if not any(start < cut < stop for start, stop in spans)]
        cut = self._last_fitting_cut(remainder, outside)
        if cut:
            return cut
        if "://" in remainder[:end]:
            return outside[0] if outside else end
        return self._last_fitting_cut(remainder, bounds) or bounds[0]


def _sentence_ends(text: str) -> Iterator[int]:
    for match in _SENTENCE.finditer(text):
        is_line_end = "\n" in match[0] or not match[0].startswith(".")
        if is_line_end or not (
            text[match.end() : match.end() + 1].islower() or _is_abbreviation(text, match.start())
        ):
            yield match.end()


def _is_abbreviation(text: str, stop: int) -> bool:
    """Return True if the full stop at ``stop`` follows an abbreviation, a degree or an initial."""
    before = text[max(0, stop - _MAX_ABBREVIATION_LENGTH) : stop].split()
    word = before[-1].lstrip("(\"'“‘[") if before else ""
    return bool(_ABBREVIATIONS.fullmatch(word)) or (len(word) == 1 and word.isupper())


@cache
def _grapheme_pattern() -> Any:
    import regex  # type: ignore[import-untyped] # it brings no types, and re knows no graphemes

    return regex.compile(r"\X")


def _grapheme_boundaries(text: str) -> Any:
    return _grapheme_pattern().finditer(text)
