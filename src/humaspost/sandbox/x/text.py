"""X's treatment of text: weighted length, t.co links, and escaped characters."""

import functools
import hashlib
import html
import re
import unicodedata
from typing import Any

from twitter_text import extract_urls_with_indices, parse_tweet

#: More dots than in any link in use; the parser needs quadratic time for dotted text.
_MAX_DOTS = 50
#: A family emoji has seven code points and weighs 2.
_MAX_CHARACTERS_PER_UNIT = 5
#: The part of a longer post that ``text`` shows, in characters, and the longest short post, in weight.
_MAX_DISPLAYED, MAX_SHORT = 250, 280

#: At the start of a word: a sign, one to six letters, optionally a dot and one or two letters.
_CASHTAG = re.compile(r"\$[A-Za-z]{1,6}([._][A-Za-z]{1,2})?(?![\w\u2019])")
_REFUSED_CHARACTERS = frozenset("\ufffe\ufeff\uffff")
_HASHTAG = re.compile(r"(?<![\w&/])#(?=\w*[^\W\d_])\w+")
_MENTION = re.compile(r"(?<![\w@/])@([A-Za-z0-9_]{1,15})(?!\w)")


def is_within(text: str, limit: int) -> bool:
    """Return True if the weighted length is at most ``limit``."""
    normal = unicodedata.normalize("NFC", text)
    # Avoid the slow parser: a character weighs at most 2, a link 23, and every link has a dot.
    if 2 * len(normal) + 23 * normal.count(".") <= limit:
        return True
    return _lower_bound(normal) <= limit and weighted_length(normal) <= limit


@functools.lru_cache(maxsize=4096)
def weighted_length(text: str) -> int:
    """Return the weighted length by twitter-text's configuration v3."""
    return int(parse_tweet(unicodedata.normalize("NFC", text)).weightedLength)


def _lower_bound(text: str) -> int:
    """Return a lower bound of the weighted length.

    A word without a dot is not a link. A word with very many dots is not a link in use.
    """
    lengths = [(len(word), word.count(".")) for word in text.split()]
    return sum(
        length if dot_count > _MAX_DOTS else 0 if dot_count else length // _MAX_CHARACTERS_PER_UNIT
        for length, dot_count in lengths
    )


def normalize_text(text: str) -> str:
    """Return the text as X compares it with other posts: composed, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def find_cashtags(text: str) -> list[str]:
    """Return every cashtag with its sign."""
    return [match[0] for word in text.split() if (match := _CASHTAG.match(word))]


def has_refused_characters(text: str) -> bool:
    """Return True if twitter-text refuses the text, whatever its length."""
    return not _REFUSED_CHARACTERS.isdisjoint(text)


def shorten(displayed: str, entities: dict[str, Any], *, post_id: str) -> tuple[str, dict[str, Any]]:
    """Return ``text`` and ``entities`` of a post that only ``note_tweet`` shows completely.

    The text ends between two words and is followed by a link to the post.
    """
    end = displayed.rfind(" ", 0, _MAX_DISPLAYED)
    end = end if end > 0 else _MAX_DISPLAYED
    kept_entities = {kind: [one for one in items if one["end"] <= end] for kind, items in entities.items()}
    link = _url_entity(end + 2, f"https://x.com/i/web/status/{post_id}", post_id)
    kept_entities["urls"] = [*kept_entities.get("urls", []), link]
    return f"{displayed[:end]}… {link['url']}", {
        kind: items for kind, items in kept_entities.items() if items
    }


def displayed_text(
    text: str, *, post_id: str, media_url: str | None, media_keys: list[str]
) -> tuple[str, dict[str, Any]]:
    """Return ``text`` and ``entities`` as X answers; indices count code points of that text."""
    source = unicodedata.normalize("NFC", text).strip()
    displayed, urls, position = "", [], 0
    for match in extract_urls_with_indices(source):
        start, end = match["indices"]
        displayed += html.escape(source[position:start], quote=False)
        urls.append(_url_entity(len(displayed), match["url"], post_id))
        displayed += urls[-1]["url"]
        position = end
    displayed += html.escape(source[position:], quote=False)
    if media_url:
        displayed += " " if displayed else ""
        urls += [_url_entity(len(displayed), media_url, post_id) | {"media_key": key} for key in media_keys]
        displayed += urls[-1]["url"]
    return displayed, _find_entities(displayed, urls)


def _url_entity(start: int, url: str, post_id: str) -> dict[str, Any]:
    full = url if re.match(r"https?://", url, re.IGNORECASE) else f"http://{url}"
    short_url = f"https://t.co/{hashlib.sha256(f'{post_id} {full}'.encode()).hexdigest()[:10]}"
    display = re.sub(r"^https?://(www\.)?", "", full, flags=re.IGNORECASE)
    return {
        "start": start,
        "end": start + len(short_url),
        "url": short_url,
        "expanded_url": full,
        "display_url": display if len(display) <= 27 else display[:26] + "…",
    }


def _find_entities(displayed: str, urls: list[dict[str, Any]]) -> dict[str, Any]:
    tags = [{"start": m.start(), "end": m.end(), "tag": m.group()[1:]} for m in _HASHTAG.finditer(displayed)]
    words = re.finditer(r"\S+", displayed)
    marks = [(word.start(), m) for word in words if (m := _CASHTAG.match(word.group()))]
    cashtag_list = [{"start": index, "end": index + m.end(), "tag": m.group()[1:]} for index, m in marks]
    mentions = [
        {"start": m.start(), "end": m.end(), "username": m.group(1)} for m in _MENTION.finditer(displayed)
    ]
    entities = {"urls": urls, "hashtags": tags, "cashtags": cashtag_list, "mentions": mentions}
    return {kind: items for kind, items in entities.items() if items}
