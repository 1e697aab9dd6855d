"""Masking of telephone numbers and names in texts that come from outside."""

import base64
import re
from collections.abc import Iterator

HIDDEN = "***"
_DASHES = r"\u2010-\u2015\u2212-"
_GROUPING = rf"[ \u00a0()./{_DASHES}]{{0,3}}"
#: A number stands alone, behind an underscore, or behind an escape of a URL such as %2B.
_START = r"(?: (?<! [^\W_] ) (?<! \d_ ) | (?<= % [0-9A-Fa-f]{2} ) )".replace(" ", "")
#: Numbers as people and platforms write them: with a +, or with the 62 or the 0 of Indonesia, grouped or not.
#: A date, a time and a longer id (a post's has 15 digits and more) stay.
_NUMBER = re.compile(
    rf"""(?x) {_START} (?<!\+) (?<! [^\d]\d\d/ )
    (?! [0-3]\d ([\ ./{_DASHES}]) [01]\d \1 (?:19|20) \d\d (?!\d) ) (?! \d\d/\d\d/ ) (?:
        \+ \d (?: {_GROUPING} \d ){{6,14}}
      | (?: 62 | 0 ) {_GROUPING} [1-9] (?: {_GROUPING} \d ){{7,11}}
    ) (?! [^\W_] )"""
)
_LONG_RUN = re.compile(rf"{_START}(?<!\.)\d{{9,15}}(?![\w.]\d|[^\W_])")
#: A shorter name is part of too many other words.
_MIN_NAME_LENGTH = 3


def mask_numbers(text: str, *, every_run: bool = False) -> str:
    """Return the text with every telephone number hidden.

    ``every_run`` hides every run of 9 to 15 digits, whatever it begins with.
    """
    masked = _NUMBER.sub(HIDDEN, text)
    return _LONG_RUN.sub(HIDDEN, masked) if every_run else masked


def mask_person(text: str, *, phone: str, name: str) -> str:
    """Return the text without this number, in any grouping, and without this name."""
    for pattern in _patterns_of(phone, name):
        text = pattern.sub(HIDDEN, text)
    return text


def _patterns_of(phone: str, name: str) -> Iterator[re.Pattern[str]]:
    digits = phone.removeprefix("+")
    spellings = [digits, "0" + digits.removeprefix("62")] if digits.startswith("62") else [digits]
    for spelling in filter(None, spellings):
        yield re.compile(rf"(?:(?<!\d)|(?<=%[0-9A-Fa-f]{{2}}))\+?{_GROUPING.join(spelling)}(?!\d)")
    words = name.split()
    if words and len("".join(words)) >= _MIN_NAME_LENGTH:
        yield re.compile(r"(?i)(?<!\w)" + r"\s+".join(map(re.escape, words)) + r"(?!\w)")


def number_forms(phone: str) -> tuple[str, ...]:
    """Return texts by which the number, also within base64, is found in stored ids."""
    digits = phone.removeprefix("+")
    return (digits, *_base64_forms(digits.encode()))


def _base64_forms(value: bytes) -> Iterator[str]:
    """Yield the base64 text of the value that is independent of the bytes around it."""
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + value + b"\0\0")
        yield text[(offset * 8 + 5) // 6 : (offset + len(value)) * 8 // 6].decode()
