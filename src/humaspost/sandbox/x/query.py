"""Query parameters of X's read endpoints: names, allowed values, and paging."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from humaspost.sandbox.state import PublicObject
from humaspost.sandbox.x.errors import RequestRefused, invalid_request

Query = Mapping[str, str]

_TIME_PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ID_PATTERN = re.compile(r"[0-9]{1,19}")

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
_ALLOWED_VALUES: dict[str, set[str]] = {
    "tweet.fields": set(_POST_FIELDS.split()),
    "post.fields": set(_POST_FIELDS.split()),
    "user.fields": set(_USER_FIELDS.split()),
    "media.fields": set(_MEDIA_FIELDS.split()),
    "poll.fields": {"duration_minutes", "end_datetime", "id", "options", "voting_status"},
    "place.fields": {"contained_within", "country", "country_code", "full_name", "geo", "id", "name"},
    "expansions": set(_EXPANSIONS.split()),
    "exclude": {"replies", "retweets"},
}
#: Parameters that select the fields of posts, and parameters that select a timeline's page.
FIELD_PARAMETERS = _ALLOWED_VALUES.keys() - {"exclude"}
TIMELINE_PARAMETERS = {
    "max_results",
    "since_id",
    "until_id",
    "start_time",
    "end_time",
    "pagination_token",
    "exclude",
}


def check_parameters(query: Query, allowed: Iterable[str]) -> None:
    """Check that every parameter and its values are known; raise 400 otherwise."""
    for name, values_given in query.items():
        if name not in allowed:
            listing = ",".join(sorted(allowed))
            raise invalid_parameter(
                name, values_given, f"The query parameter [{name}] is not one of [{listing}]"
            )
        invalid = set(values_given.split(",")) - _ALLOWED_VALUES[name] if name in _ALLOWED_VALUES else set()
        if invalid:
            listing = ",".join(sorted(_ALLOWED_VALUES[name]))
            reason = f"The `{name}` query parameter value [{min(invalid)}] is not one of [{listing}]"
            raise invalid_parameter(name, values_given, reason)


def split_list(query: Query, name: str) -> set[str]:
    """Return the values of a comma-separated parameter."""
    return set(query[name].split(",")) if query.get(name) else set()


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for a part of an account's posts."""

    size: int
    since_id: int
    until_id: int
    start_time: datetime
    end_time: datetime
    includes_replies: bool

    def matches(self, post: PublicObject) -> bool:
        """Return True if the post is on this page or a later one."""
        return (
            self.since_id < int(post.id) < self.until_id
            and self.start_time <= post.created_at < self.end_time
            and (self.includes_replies or post.reply_to is None)
        )


def parse_page(query: Query) -> PageRequest:
    """Return the page that a timeline's parameters request; raise 400 for wrong values."""
    until_id = min(
        _parse_number(query, "until_id", 1 << 64), _parse_page_token(query.get("pagination_token"))
    )
    start_time = _parse_time(query, "start_time", datetime.min.replace(tzinfo=UTC))
    end_time = _parse_time(query, "end_time", datetime.max.replace(tzinfo=UTC))
    includes_replies = "replies" not in split_list(query, "exclude")
    return PageRequest(
        _parse_size(query),
        _parse_number(query, "since_id", 0),
        until_id,
        start_time,
        end_time,
        includes_replies,
    )


def _parse_size(query: Query) -> int:
    size_text = query.get("max_results", "10")
    if not size_text.isdecimal() or not 5 <= int(size_text) <= 100:
        reason = f"The `max_results` query parameter value [{size_text}] is not between 5 and 100"
        raise invalid_parameter("max_results", size_text, reason)
    return int(size_text)


def _parse_number(query: Query, name: str, default: int) -> int:
    number_text = query.get(name)
    if number_text is None:
        return default
    if not _ID_PATTERN.fullmatch(number_text):
        raise invalid_parameter(
            name, number_text, f"The `{name}` query parameter value [{number_text}] is not valid"
        )
    return int(number_text)


def _parse_time(query: Query, name: str, default: datetime) -> datetime:
    time_text = query.get(name)
    if time_text is None:
        return default
    try:
        if _TIME_PATTERN.fullmatch(time_text):
            return datetime.fromisoformat(time_text)
    except ValueError:  # an impossible date such as 31 February
        pass
    raise invalid_parameter(
        name, time_text, f"The `{name}` query parameter value [{time_text}] is not a valid RFC3339 date-time"
    )


def page_token(post_id: str) -> str:
    """Return the pagination token of the page after this post."""
    return base64.b32hexencode(post_id.encode()).decode().rstrip("=").lower()


def _parse_page_token(page_token_text: str | None) -> int:
    if page_token_text is None:
        return 1 << 64
    try:
        return int(base64.b32hexdecode(page_token_text.upper() + "=" * (-len(page_token_text) % 8)))
    except (binascii.Error, ValueError) as error:
        raise invalid_parameter(
            "pagination_token", page_token_text, "This pagination token is not valid"
        ) from error


def parse_ids(id_list: list[str], parameter: str) -> list[str]:
    """Return the ids if they are 1 to 100 numbers; raise 400 otherwise."""
    if not 1 <= len(id_list) <= 100 or not all(map(_ID_PATTERN.fullmatch, id_list)):
        raise invalid_parameter(parameter, ",".join(id_list), "1 to 100 numbers of posts are needed")
    return id_list


def invalid_parameter(name: str, value: str, message: str) -> RequestRefused:
    """Return a 400 about one parameter."""
    return invalid_request((message, {name: [value]}))
