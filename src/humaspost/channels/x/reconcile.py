"""Lookup of an unknown outcome in the account's own timeline."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.channels.x.client import XClient
from humaspost.channels.x.errors import NOT_ALLOWED
from humaspost.model.delivery import Attempt, Proof, Receipt
from humaspost.model.errors import ChannelError, Transient

#: The fields of a post that are compared or displayed.
TWEET_FIELDS = "created_at,text,entities,referenced_tweets,attachments,note_tweet"
#: A lookup reads at most so many pages of a busy account; each post read costs money.
_MAX_PAGES = 5
_EPOCH = 1_288_834_974_657
#: Our clock and X's may differ by this much: X refuses a signature (OAuth 1.0a) that is further off.
CLOCK_TOLERANCE = timedelta(minutes=5)
#: X may still carry out a write for so long after we stop waiting for its response.
MAX_DELAY = timedelta(minutes=2)
#: Ids are numbers of 64 bits; a longer one contains no time.
_POST_ID = re.compile(r"[0-9]{1,19}")
_OWN_MEDIA_URL = re.compile(r"/status/\d+/(?:photo|video)/\d+$")
_SCHEME = re.compile(r"\bhttps?://", re.IGNORECASE)

#: A post in X's JSON, old or new: note_tweet and referenced_tweets, or note_post and referenced_posts.
Tweet = Mapping[str, Any]


def find_post(client: XClient, attempt: Attempt, *, get_user_id: Callable[[], str]) -> Receipt | Proof:
    """Return the post of the attempt from the account's own timeline.

    Absence from the timeline is never proof.
    https://docs.x.com/x-api/posts/timelines/introduction
    """
    try:
        return match_attempt(_fetch_posts_since(client, attempt, get_user_id), attempt)
    except ChannelError as error:
        # Old free accounts may post, but not read their own timeline.
        if error.code in ("client-forbidden", NOT_ALLOWED):
            return Proof.CANNOT_TELL
        raise


def _fetch_posts_since(client: XClient, attempt: Attempt, get_user_id: Callable[[], str]) -> list[Tweet]:
    """Return the account's posts since the attempt started by either clock, newest first."""
    client.renew_ahead()
    since = (attempt.started_at - CLOCK_TOLERANCE).astimezone(UTC)
    path = f"/2/users/{get_user_id()}/tweets"
    params = {
        "max_results": "100",
        "start_time": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tweet.fields": TWEET_FIELDS,
    }
    posts: list[Tweet] = []
    for _page in range(_MAX_PAGES):
        response = client.get("timeline", path, **params)
        posts += parse_page(response.get("data"), response.get("meta", "result_count"))
        next_token = response.get("meta", "next_token")
        if not isinstance(next_token, str):
            break
        params = {**params, "pagination_token": next_token}
    return posts


def created_at_of(tweet_id: str) -> datetime:
    """Return when a post was created; its id contains the time to the millisecond."""
    return datetime.fromtimestamp(((int(tweet_id) >> 22) + _EPOCH) / 1000, UTC)


def url_of(tweet_id: str) -> str:
    """Return the public address of a post, which stays valid if the account is renamed."""
    return f"https://x.com/i/status/{tweet_id}"


def parse_page(data: Json, count: Json) -> list[Tweet]:
    """Return the posts of one page, or none if X counts none.

    Raises Transient for any other JSON.
    Other JSON is no proof that there are no posts.
    """
    if isinstance(data, list):
        return [tweet for tweet in data if isinstance(tweet, dict)]
    if data is None and type(count) is int and count == 0:
        return []
    raise Transient("unreadable-answer", "a timeline without posts and without their number")


def match_attempt(tweets: Iterable[Tweet], attempt: Attempt) -> Receipt | Proof:
    """Return the one post that matches; none = not there so far; several = a person must check."""
    fitting = [str(tweet["id"]) for tweet in tweets if _matches_attempt(tweet, attempt)]
    fitting = [match for match in fitting if match not in attempt.used_remote_ids]
    if len(fitting) > 1:
        return Proof.CANNOT_TELL
    if not fitting:
        return Proof.ABSENT_SO_FAR
    return Receipt(fitting[0], created_at_of(fitting[0]), url_of(fitting[0]))


def _matches_attempt(tweet: Tweet, attempt: Attempt) -> bool:
    """Return True if the text, the parent, the number of media and the time match the attempt."""
    if not _POST_ID.fullmatch(str(tweet.get("id", ""))):
        return False
    created = created_at_of(str(tweet["id"]))
    return (
        attempt.started_at - CLOCK_TOLERANCE <= created <= attempt.ended_at + MAX_DELAY + CLOCK_TOLERANCE
        and _parent_id(tweet) == attempt.reply_to
        and _normalize(displayed_text(tweet)) == _normalize(attempt.part.text)
        and (count_media(tweet) or 0) == len(attempt.part.media)
    )


def displayed_text(tweet: Tweet) -> str:
    """Return the original text of a post.

    t.co links are expanded, the media's own link is removed, entities are unescaped.
    """
    note = tweet.get("note_tweet") or tweet.get("note_post")
    source = note if isinstance(note, dict) and isinstance(note.get("text"), str) else tweet
    text = str(source.get("text") or "")
    entities = source.get("entities")
    urls = entities.get("urls") if isinstance(entities, dict) else None
    for url in urls if isinstance(urls, list) else []:
        text = _expand_link(text, url) if isinstance(url, dict) else text
    return html.unescape(text).strip()


def _expand_link(text: str, url: Mapping[str, Any]) -> str:
    short_url, expanded_url = str(url.get("url") or ""), str(url.get("expanded_url") or "")
    if not short_url:
        return text
    return text.replace(
        short_url, "" if _OWN_MEDIA_URL.search(expanded_url) else html.escape(expanded_url, quote=False)
    )


def count_media(tweet: Tweet) -> int | None:
    """Return how many media X reports, or None if it reports no number."""
    attachments = tweet.get("attachments")
    keys = attachments.get("media_keys") if isinstance(attachments, dict) else None
    return len(keys) if isinstance(keys, list) else None


def _parent_id(tweet: Tweet) -> str | None:
    references = tweet.get("referenced_tweets") or tweet.get("referenced_posts")
    for reference in references if isinstance(references, list) else []:
        if isinstance(reference, dict) and reference.get("type") == "replied_to":
            return str(reference.get("id"))
    return None


def _normalize(text: str) -> str:
    """Return the text without schemes and extra spaces, because X adds schemes and trims."""
    return " ".join(_SCHEME.sub("", unicodedata.normalize("NFC", text)).split())
