"""Length of a text by X's count: weighted characters, by twitter-text version 3.

The parser is exact on all of twitter-text's own cases, takes about 1 ms a call and is quadratic on
dotted text (``a.`` 300 times: 0.6 s). A URL contains no space, so words are measured one by one, each
once, and only those that may contain a URL or an emoji; an extremely long word counts as its upper bound.
A link with a plain path counts as its host does.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

#: Every URL counts this much, at any length.
URL_LENGTH = 23
_MAX_WORD_LENGTH, _MAX_DOTS, _MAX_LINK_LENGTH = 30_000, 48, 2000
_SPACES = re.compile(r"([ \n\t]+)")
#: Every URL has a dot before the first letter of its top-level domain; ``pukul 20.00`` contains none.
_INNER_DOT = re.compile(r"\.(?=[^\W\d_])")
#: The shortest URL is a letter, a dot and a top-level domain.
_MIN_URL_LENGTH = 3
#: What counts twice by twitter-text's configuration 3: emoji (\xa9, \xae and the joiner, too) and most scripts.
_HEAVY = re.compile("[^\x00-\xa8\xaa-\xad\xaf-\u10ff\u2000-\u200c\u2010-\u201f\u2032-\u2037]")
#: A link whose path contains nothing that could end it or start another link.
_PLAIN_LINK = re.compile(r"(https?://([a-z0-9.-]+))(?:/[a-z0-9_-]+)+/?", re.IGNORECASE)


def upper_bound(text: str) -> int:
    """Return a cheap upper bound of ``weighted_length``: each inner dot counts as a URL.

    Most posts keep to their limit by it, so that most commands never load the parser.
    """
    return _word_upper_bound(unicodedata.normalize("NFC", text))


def weighted_length(text: str) -> int:
    """Return the length that X counts against 280."""
    normal = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    words = _SPACES.split(normal)
    if normal.isascii():
        # Every character counts once, but in a link: most words of most posts need no look of their own.
        return len(normal) + sum(_word_length(word) - len(word) for word in words if "." in word)
    return sum(_word_length(word) for word in words if word)


def has_link(text: str) -> bool:
    """Return True if X finds a link in the text, with or without a scheme.

    An extremely long word counts as a link.
    """
    words = (word for word in _SPACES.split(text) if "." in word and _INNER_DOT.search(word))
    return any(_contains_link(_without_plain_path(word)) for word in words)


def _word_upper_bound(text: str) -> int:
    heavy = 0 if text.isascii() else len(_HEAVY.findall(text))
    return len(text) + heavy + (URL_LENGTH - _MIN_URL_LENGTH) * len(_INNER_DOT.findall(text))


@lru_cache(maxsize=8192)
def _word_length(word: str) -> int:
    dots = len(_INNER_DOT.findall(word))
    if not dots and word.isascii():
        return len(word)
    if len(word) > _MAX_WORD_LENGTH or dots > _MAX_DOTS:
        return _word_upper_bound(word)
    link = _PLAIN_LINK.fullmatch(word)
    if link and link[2].lower() != "t.co" and len(word) < _MAX_LINK_LENGTH:
        host = _host_length(link[1])
        if host in (URL_LENGTH, len(link[1])):
            return URL_LENGTH if host == URL_LENGTH else len(word)
    return _parse(word)


def _without_plain_path(word: str) -> str:
    """Return the address of the host alone where the path makes no difference to ``has_link``.

    An office links to few hosts, so the cache answers most calls.
    """
    link = _PLAIN_LINK.fullmatch(word)
    is_plain = link is not None and link[2].lower() != "t.co" and len(word) <= _MAX_LINK_LENGTH
    return link[1] if link is not None and is_plain else word


@lru_cache(maxsize=1024)
def _contains_link(word: str) -> bool:
    from twitter_text import extract_urls

    if len(word) > _MAX_LINK_LENGTH or len(_INNER_DOT.findall(word)) > _MAX_DOTS:
        return True
    return bool(extract_urls(word))


@lru_cache(maxsize=1024)
def _host_length(address: str) -> int:
    """Return the count of ``https://host``, or 0 if it proves nothing.

    An office links to few hosts, so the cache answers most calls; paths add nothing.
    """
    # At 23 characters the length equals a URL's count, so it does not prove a link.
    return _parse(address) if len(address) != URL_LENGTH else 0


def _parse(text: str) -> int:
    from twitter_text import parse_tweet

    return int(parse_tweet(text, _configuration()).weightedLength)


@cache
def _configuration() -> dict[str, Any]:
    from twitter_text.config import config

    return {"emoji_parsing_enabled": False, **config["version3"]}
