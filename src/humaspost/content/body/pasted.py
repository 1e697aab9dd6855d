"""Text that other programs pasted, as what it means; every character keeps its place."""

import re

_WIDE_SPACE = re.compile("[\u00a0\u2007\u202f]")
#: Word's bullets are characters of its own fonts, which no platform has.
_FONT_BULLET = re.compile(r"^([ \t]*)[\ue000-\uf8ff](?=[ \t])", re.MULTILINE)
_INNER_TABS = re.compile(r"(?<=\S)[ \t]*\t", re.MULTILINE)


def normalize_spaces(text: str) -> str:
    """Return the text with plain spaces for no-break spaces, which look the same."""
    return text if text.isascii() else _WIDE_SPACE.sub(" ", text)


def normalize_pasted(body: str) -> str:
    """Return the body with plain spaces, and with plain bullets for Word's.

    Tabs within a line are spaces: no platform has their columns, and a screen would show others.
    """
    if not body.isascii():
        body = _FONT_BULLET.sub("\\1\u2022", normalize_spaces(body))
    return _INNER_TABS.sub(lambda tabs: " " * len(tabs[0]), body) if "\t" in body else body
