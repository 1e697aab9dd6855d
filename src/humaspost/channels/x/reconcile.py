"""Whether a post on the account's own timeline is the one that an attempt may have made; pure."""

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.model.delivery import Attempt, Proof, Receipt
from humaspost.model.errors import Transient

_EPOCH = 1_288_834_974_657
#: Our clock and X's may differ by this much: a signature (OAuth 1.0a) that is further off is refused.
SKEW = timedelta(minutes=5)
#: A write whose answer we gave up on may still be carried out for so long.
LATEST = timedelta(minutes=2)
#: Ids are numbers of 64 bits; a longer one tells no time.
_ID = re.compile(r"[0-9]{1,19}")
_OWN_MEDIA = re.compile(r"/status/\d+/(?:photo|video)/\d+$")
_SCHEME = re.compile(r"\bhttps?://", re.IGNORECASE)

#: A post in X's words, of either age: note_tweet and referenced_tweets, or note_post and referenced_posts.
Tweet = Mapping[str, Any]


def created_at(tweet_id: str) -> datetime:
    """When a post was made: its id says so, to the millisecond."""
    return datetime.fromtimestamp(((int(tweet_id) >> 22) + _EPOCH) / 1000, UTC)


def url_of(tweet_id: str) -> str:
    """The public address of a post, whatever the account is called by then."""
    return f"https://x.com/i/status/{tweet_id}"


def page(data: Json, count: Json) -> list[Tweet]:
    """The posts of one page, or none where X counts none; raises Transient for what is no page: it shows nothing."""
    if isinstance(data, list):
        return [tweet for tweet in data if isinstance(tweet, dict)]
    if data is None and type(count) is int and count == 0:
        return []
    raise Transient("unreadable-answer", "a timeline without posts and without their number")


def judge(tweets: Iterable[Tweet], attempt: Attempt) -> Receipt | Proof:
    """The one post that fits; none = not there so far; several = a person must look."""
    fitting = [str(tweet["id"]) for tweet in tweets if _fits(tweet, attempt)]
    fitting = [found for found in fitting if found not in attempt.taken]
    if len(fitting) > 1:
        return Proof.CANNOT_TELL
    if not fitting:
        return Proof.ABSENT_SO_FAR
    return Receipt(fitting[0], created_at(fitting[0]), url_of(fitting[0]))


def _fits(tweet: Tweet, attempt: Attempt) -> bool:
    """Same words, same parent, made while the attempt may have been under way, as many media."""
    if not _ID.fullmatch(str(tweet.get("id", ""))):
        return False
    made = created_at(str(tweet["id"]))
    return (
        attempt.started_at - SKEW <= made <= attempt.ended_at + LATEST + SKEW
        and _parent(tweet) == attempt.reply_to
        and _comparable(shown_text(tweet)) == _comparable(attempt.part.text)
        and (media_count(tweet) or 0) == len(attempt.part.media)
    )


def shown_text(tweet: Tweet) -> str:
    """The words as they were written: t.co links expanded, the media's own link gone, entities unescaped."""
    note = tweet.get("note_tweet") or tweet.get("note_post")
    whole = note if isinstance(note, dict) and isinstance(note.get("text"), str) else tweet
    text = str(whole.get("text") or "")
    entities = whole.get("entities")
    urls = entities.get("urls") if isinstance(entities, dict) else None
    for url in urls if isinstance(urls, list) else []:
        text = _expanded(text, url) if isinstance(url, dict) else text
    return html.unescape(text).strip()


def _expanded(text: str, url: Mapping[str, Any]) -> str:
    short, long = str(url.get("url") or ""), str(url.get("expanded_url") or "")
    if not short:
        return text
    return text.replace(short, "" if _OWN_MEDIA.search(long) else html.escape(long, quote=False))


def media_count(tweet: Tweet) -> int | None:
    """How many media X says it has; None where it does not say."""
    attached = tweet.get("attachments")
    keys = attached.get("media_keys") if isinstance(attached, dict) else None
    return len(keys) if isinstance(keys, list) else None


def _parent(tweet: Tweet) -> str | None:
    references = tweet.get("referenced_tweets") or tweet.get("referenced_posts")
    for reference in references if isinstance(references, list) else []:
        if isinstance(reference, dict) and reference.get("type") == "replied_to":
            return str(reference.get("id"))
    return None


def _comparable(text: str) -> str:
    """X adds a scheme to bare addresses, and trims."""
    return " ".join(_SCHEME.sub("", unicodedata.normalize("NFC", text)).split())
