"""The query parameters of X's reads: which exist, what they take, and the page that they choose."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from humaspost.sandbox.state import PublicObject
from humaspost.sandbox.x.errors import Refused, invalid

Query = Mapping[str, str]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ID = re.compile(r"[0-9]{1,19}")

_POST_FIELDS = """
    article attachments author_id card_uri community_id context_annotations conversation_id created_at
    display_text_range edit_controls edit_history_tweet_ids entities geo id in_reply_to_user_id lang
    media_metadata non_public_metrics note_tweet note_post organic_metrics paid_partnership possibly_sensitive
    promoted_metrics public_metrics referenced_tweets referenced_posts reply_settings scopes source text
    withheld
"""
_USER_FIELDS = """
    affiliation confirmed_email connection_status created_at description entities id location
    most_recent_tweet_id name parody pinned_tweet_id profile_banner_url profile_image_url protected
    public_metrics receives_your_dm subscription_type url username verified verified_type withheld
"""
_MEDIA_FIELDS = """
    alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url
    promoted_metrics public_metrics type url variants width
"""
_EXPANSIONS = """
    attachments.media_keys attachments.media_source_tweet attachments.poll_ids author_id
    edit_history_tweet_ids entities.mentions.username geo.place_id in_reply_to_user_id
    referenced_tweets.id referenced_tweets.id.author_id referenced_posts pinned_tweet_id
"""
_VALUES: dict[str, set[str]] = {
    "tweet.fields": set(_POST_FIELDS.split()),
    "post.fields": set(_POST_FIELDS.split()),
    "user.fields": set(_USER_FIELDS.split()),
    "media.fields": set(_MEDIA_FIELDS.split()),
    "poll.fields": {"duration_minutes", "end_datetime", "id", "options", "voting_status"},
    "place.fields": {"contained_within", "country", "country_code", "full_name", "geo", "id", "name"},
    "expansions": set(_EXPANSIONS.split()),
    "exclude": {"replies", "retweets"},
}
#: What chooses the shape of posts, and what chooses the page of a timeline.
SHAPE = _VALUES.keys() - {"exclude"}
WINDOW = {"max_results", "since_id", "until_id", "start_time", "end_time", "pagination_token", "exclude"}


def only(query: Query, known: Iterable[str]) -> None:
    """Every parameter is known and has known values; else the 400 that lists them."""
    for name, given in query.items():
        if name not in known:
            listing = ",".join(sorted(known))
            raise wrong(name, given, f"The query parameter [{name}] is not one of [{listing}]")
        odd = set(given.split(",")) - _VALUES[name] if name in _VALUES else set()
        if odd:
            listing = ",".join(sorted(_VALUES[name]))
            reason = f"The `{name}` query parameter value [{min(odd)}] is not one of [{listing}]"
            raise wrong(name, given, reason)


def listed(query: Query, name: str) -> set[str]:
    """The values of a comma-separated parameter."""
    return set(query[name].split(",")) if query.get(name) else set()


@dataclass(frozen=True, slots=True)
class Page:
    """Which of an account's posts were asked for."""

    size: int
    above: int
    below: int
    since: datetime
    until: datetime
    replies: bool

    def shows(self, post: PublicObject) -> bool:
        """Whether the post is on this page, or on a later one."""
        return (
            self.above < int(post.id) < self.below
            and self.since <= post.created_at < self.until
            and (self.replies or post.reply_to is None)
        )


def page(query: Query) -> Page:
    """The page that a timeline's parameters choose; 400 for one that makes no sense."""
    below = min(_number(query, "until_id", 1 << 64), _after(query.get("pagination_token")))
    since = _time(query, "start_time", datetime.min.replace(tzinfo=UTC))
    until = _time(query, "end_time", datetime.max.replace(tzinfo=UTC))
    replies = "replies" not in listed(query, "exclude")
    return Page(_size(query), _number(query, "since_id", 0), below, since, until, replies)


def _size(query: Query) -> int:
    given = query.get("max_results", "10")
    if not given.isdecimal() or not 5 <= int(given) <= 100:
        reason = f"The `max_results` query parameter value [{given}] is not between 5 and 100"
        raise wrong("max_results", given, reason)
    return int(given)


def _number(query: Query, name: str, default: int) -> int:
    given = query.get(name)
    if given is None:
        return default
    if not _ID.fullmatch(given):
        raise wrong(name, given, f"The `{name}` query parameter value [{given}] is not valid")
    return int(given)


def _time(query: Query, name: str, default: datetime) -> datetime:
    given = query.get(name)
    if given is None:
        return default
    try:
        if _TIME.fullmatch(given):
            return datetime.fromisoformat(given)
    except ValueError:  # the 31st of February
        pass
    raise wrong(name, given, f"The `{name}` query parameter value [{given}] is not a valid RFC3339 date-time")


def token(post_id: str) -> str:
    """The pagination token of the page after this post."""
    return base64.b32hexencode(post_id.encode()).decode().rstrip("=").lower()


def _after(given: str | None) -> int:
    if given is None:
        return 1 << 64
    try:
        return int(base64.b32hexdecode(given.upper() + "=" * (-len(given) % 8)))
    except (binascii.Error, ValueError) as error:
        raise wrong("pagination_token", given, "This pagination token is not valid") from error


def ids(given: list[str], parameter: str) -> list[str]:
    """1 to 100 numbers of posts."""
    if not 1 <= len(given) <= 100 or not all(map(_ID.fullmatch, given)):
        raise wrong(parameter, ",".join(given), "1 to 100 numbers of posts are needed")
    return given


def wrong(name: str, value: str, message: str) -> Refused:
    """400 about one parameter."""
    return invalid((message, {name: [value]}))
