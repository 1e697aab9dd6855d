"""How X reads a text: its weighted length, its links turned into t.co, its marks escaped."""

import functools
import hashlib
import html
import re
import unicodedata
from typing import Any

from twitter_text import extract_urls_with_indices, parse_tweet

#: More dots than a link in use has; the parser is quadratic on dotted text.
_DOTS = 50
#: A family in one emoji is seven code points and weighs 2.
_DENSEST = 5
#: What ``text`` shows of a longer post, in characters and in weight.
_SHOWN, SHORT = 250, 280

#: At the beginning of a word: a sign, a symbol of one to six letters, perhaps one of two behind a dot.
_CASHTAG = re.compile(r"\$[A-Za-z]{1,6}([._][A-Za-z]{1,2})?(?![\w\u2019])")
_REFUSED = frozenset("\ufffe\ufeff\uffff")
_HASHTAG = re.compile(r"(?<![\w&/])#(?=\w*[^\W\d_])\w+")
_MENTION = re.compile(r"(?<![\w@/])@([A-Za-z0-9_]{1,15})(?!\w)")


def fits(text: str, longest: int) -> bool:
    """Whether the weighted length is within ``longest``; counted exactly only where no bound can tell."""
    normal = unicodedata.normalize("NFC", text)
    # A character weighs at most 2, a link 23, and every link has a dot.
    if 2 * len(normal) + 23 * normal.count(".") <= longest:
        return True
    return _least(normal) <= longest and weight(normal) <= longest


@functools.lru_cache(maxsize=4096)
def weight(text: str) -> int:
    """Weighted length by twitter-text's configuration v3."""
    return int(parse_tweet(unicodedata.normalize("NFC", text)).weightedLength)


def _least(text: str) -> int:
    """A bound from below: a word without a dot is no link, one with very many dots none that people use."""
    dots = [(len(word), word.count(".")) for word in text.split()]
    return sum(length if many > _DOTS else 0 if many else length // _DENSEST for length, many in dots)


def plain(text: str) -> str:
    """The text as X compares it with other posts: composed, and white space made equal."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def cashtags(text: str) -> list[str]:
    """Every cashtag, with its sign."""
    return [found[0] for word in text.split() if (found := _CASHTAG.match(word))]


def has_refused_characters(text: str) -> bool:
    """Whether twitter-text calls the text invalid, whatever its length."""
    return not _REFUSED.isdisjoint(text)


def short(shown: str, entities: dict[str, Any], *, post_id: str) -> tuple[str, dict[str, Any]]:
    """``text`` and ``entities`` of a post that only ``note_tweet`` shows whole: cut between words, with its own link."""
    end = shown.rfind(" ", 0, _SHOWN)
    end = end if end > 0 else _SHOWN
    kept = {kind: [one for one in items if one["end"] <= end] for kind, items in entities.items()}
    link = _link(end + 2, f"https://x.com/i/web/status/{post_id}", post_id)
    kept["urls"] = [*kept.get("urls", []), link]
    return f"{shown[:end]}… {link['url']}", {kind: items for kind, items in kept.items() if items}


def as_shown(
    text: str, *, post_id: str, media_url: str | None, media_keys: list[str]
) -> tuple[str, dict[str, Any]]:
    """The ``text`` and ``entities`` of X's answers; indices count code points of that text."""
    source = unicodedata.normalize("NFC", text).strip()
    shown, urls, done = "", [], 0
    for found in extract_urls_with_indices(source):
        start, end = found["indices"]
        shown += html.escape(source[done:start], quote=False)
        urls.append(_link(len(shown), found["url"], post_id))
        shown += urls[-1]["url"]
        done = end
    shown += html.escape(source[done:], quote=False)
    if media_url:
        shown += " " if shown else ""
        urls += [_link(len(shown), media_url, post_id) | {"media_key": key} for key in media_keys]
        shown += urls[-1]["url"]
    return shown, _entities(shown, urls)


def _link(start: int, url: str, post_id: str) -> dict[str, Any]:
    full = url if re.match(r"https?://", url, re.IGNORECASE) else f"http://{url}"
    short = f"https://t.co/{hashlib.sha256(f'{post_id} {full}'.encode()).hexdigest()[:10]}"
    display = re.sub(r"^https?://(www\.)?", "", full, flags=re.IGNORECASE)
    return {
        "start": start,
        "end": start + len(short),
        "url": short,
        "expanded_url": full,
        "display_url": display if len(display) <= 27 else display[:26] + "…",
    }


def _entities(shown: str, urls: list[dict[str, Any]]) -> dict[str, Any]:
    tags = [{"start": m.start(), "end": m.end(), "tag": m.group()[1:]} for m in _HASHTAG.finditer(shown)]
    words = re.finditer(r"\S+", shown)
    marks = [(w.start(), m) for w in words if (m := _CASHTAG.match(w.group()))]
    cash = [{"start": at, "end": at + m.end(), "tag": m.group()[1:]} for at, m in marks]
    people = [{"start": m.start(), "end": m.end(), "username": m.group(1)} for m in _MENTION.finditer(shown)]
    found = {"urls": urls, "hashtags": tags, "cashtags": cash, "mentions": people}
    return {kind: items for kind, items in found.items() if items}
