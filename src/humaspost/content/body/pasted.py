"""Text that other programs pasted, as what it means; every character keeps its place."""

import re

_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f", " "))
#: Word's bullets are characters of its own fonts, which no platform has.
_FONT_BULLET = re.compile(r"^([ \t]*)[\ue000-\uf8ff](?=[ \t])", re.MULTILINE)
_BULLET_TAB = re.compile(r"^([ \t]*[^\w\s])\t", re.MULTILINE)


def normalize_pasted(body: str) -> str:
    """Return the body with plain spaces, and with plain bullets for Word's."""
    body = body.translate(_SPACES)
    if "\t" not in body and not _FONT_BULLET.search(body):
        return body
    return _BULLET_TAB.sub(r"\1 ", _FONT_BULLET.sub("\\1\u2022", body))
