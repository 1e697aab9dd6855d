"""Read endpoints of the demo account: account, media, stories, quota, single media."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from humaspost.sandbox.graph import parse_field_names, select_fields
from humaspost.sandbox.instagram import accounts
from humaspost.sandbox.instagram.errors import invalid_parameter
from humaspost.sandbox.instagram.media_store import MediaStore
from humaspost.sandbox.instagram.options import get_option
from humaspost.sandbox.state import PublicObject, SandboxState

_INSIGHT_METRICS = frozenset(
    (
        *(
            "views",
            "reach",
            "likes",
            "comments",
            "saved",
            "shares",
            "total_interactions",
            "follows",
            "reposts",
        ),
        *("profile_visits", "profile_activity", "replies", "navigation", "link_clicks", "reels_skip_rate"),
        *("ig_reels_avg_watch_time", "ig_reels_video_view_total_time"),
    )
)


def me_node(state: SandboxState, fields: str | None, *, is_facebook: bool) -> dict[str, Any]:
    """Return ``/me``: the account with its app-scoped id, or the Facebook user."""
    if is_facebook:
        person = {"id": accounts.FACEBOOK_USER_ID, "name": "Petugas Humas"}
        return select_fields(person, parse_field_names(fields or "name"), kind="User")
    node = {
        **_account_fields(state),
        "id": accounts.APP_SCOPED_ID,
        "user_id": accounts.USER_ID,
        "account_type": get_option(state, "account_type"),
    }
    return select_fields(node, parse_field_names(fields or "id"), kind="IGUser")


def user_node(state: SandboxState, fields: str | None, *, is_facebook: bool) -> dict[str, Any]:
    """Return the account under its own id."""
    extra = (
        {}
        if is_facebook
        else {"user_id": accounts.USER_ID, "account_type": get_option(state, "account_type")}
    )
    node = {**_account_fields(state), "id": accounts.USER_ID, **extra}
    return select_fields(node, parse_field_names(fields or "id"), kind="IGUser")


def _account_fields(state: SandboxState) -> dict[str, Any]:
    return {
        "username": accounts.USERNAME,
        "name": accounts.NAME,
        "biography": "Akun resmi Pemerintah Kota Contoh (tiruan).",
        "website": "https://kotacontoh.example",
        "profile_picture_url": f"{state.base_url}/instagram/cdn/profile.jpg",
        "followers_count": 12_345,
        "follows_count": 21,
        "media_count": len(list_posts(state)),
    }


def list_pages() -> dict[str, Any]:
    """Return ``/me/accounts`` of Facebook Login: the Page and its linked account."""
    page = {"id": accounts.PAGE_ID, "name": accounts.PAGE_NAME, "access_token": accounts.FACEBOOK_TOKEN}
    return {"data": [{**page, "instagram_business_account": {"id": accounts.USER_ID}}]}


def list_posts(state: SandboxState) -> list[PublicObject]:
    """Return the feed posts and reels that listings show now, newest first."""
    return [o for o in state.listed_objects("instagram", accounts.USER_ID) if o.extra["product"] != "STORY"]


def list_stories(state: SandboxState) -> list[PublicObject]:
    """Return the stories of the last 24 hours that listings show now, newest first."""
    since = state.now() - timedelta(hours=24)
    story_objects = state.listed_objects("instagram", accounts.USER_ID)
    return [o for o in story_objects if o.extra["product"] == "STORY" and o.created_at > since]


def find_medium(state: SandboxState, media_id: str) -> PublicObject | None:
    """Return the media ``media_id`` if it is readable now, or None; a lagging one is not."""
    return next((o for o in state.listed_objects("instagram", accounts.USER_ID) if o.id == media_id), None)


def list_media(
    state: SandboxState, objects: list[PublicObject], query: Mapping[str, str], *, hide_caption: bool
) -> dict[str, Any]:
    """Return one page of ``objects``, selected by since, until, limit and after.

    The limit is 25 by default and at most 100. Clients cannot interpret the cursors.
    """
    since, until = parse_time(query.get("since"), "since"), parse_time(query.get("until"), "until")
    matching = [
        o for o in objects if (not since or o.created_at >= since) and (not until or o.created_at < until)
    ]
    if get_option(state, "media_order") == "oldest-first":
        matching.reverse()
    limit = min(_parse_number(query.get("limit", "25"), "limit"), 100)
    ids = [o.id for o in matching]
    start = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
    page = matching[start : start + limit]
    nodes = [media_node(state, o, query.get("fields"), hide_caption=hide_caption) for o in page]
    if not page:
        return {"data": []}
    cursors = {"before": page[0].id, "after": page[-1].id}
    more = start + limit < len(matching)
    next_page = (
        {"next": f"{state.base_url}/instagram/v26.0/{accounts.USER_ID}/media?after={page[-1].id}"}
        if more
        else {}
    )
    return {"data": nodes, "paging": {"cursors": cursors, **next_page}}


def media_node(
    state: SandboxState, item: PublicObject, fields: str | None, *, hide_caption: bool
) -> dict[str, Any]:
    """Return one post, reel or story as GET shows it; without ``fields`` only its id."""
    product, is_video = item.extra["product"], any(m.type.startswith("video") for m in item.media)
    kind = "CAROUSEL_ALBUM" if item.extra["kind"] == "CAROUSEL" else "VIDEO" if is_video else "IMAGE"
    single = kind != "CAROUSEL_ALBUM"
    node: dict[str, Any] = {
        "id": item.id,
        "caption": None if hide_caption else item.text or None,
        "timestamp": item.created_at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "permalink": item.extra["permalink"],
        "shortcode": item.extra["shortcode"],
        "media_type": kind,
        "media_product_type": product,
        "media_url": _media_url(state, item, 0),
        "thumbnail_url": _media_url(state, item, 0) if kind == "VIDEO" else None,
        "alt_text": item.media[0].alt if single and item.media else None,
        "username": accounts.USERNAME,
        "owner": {"id": accounts.USER_ID},
        "is_comment_enabled": True,
        "is_shared_to_feed": item.extra["share_to_feed"] if product == "REELS" else None,
        "like_count": 0,
        "comments_count": 0,
        "children": child_media(state, item) if not single else None,
    }
    return select_fields(node, parse_field_names(fields or "id"), kind="IGMedia")


def child_media(state: SandboxState, parent: PublicObject) -> dict[str, Any]:
    nodes = [
        {
            "id": child,
            "media_type": "VIDEO" if nested.type.startswith("video") else "IMAGE",
            "media_url": _media_url(state, parent, index),
            **({"alt_text": nested.alt} if nested.alt else {}),
        }
        for index, (child, nested) in enumerate(zip(parent.extra["children"], parent.media, strict=True))
    ]
    return {"data": nodes}


def _media_url(state: SandboxState, item: PublicObject, index: int) -> str:
    return f"{state.base_url}/instagram/cdn/{item.id}/{index}"


def publishing_limit(media_store: MediaStore, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the used part of the daily quota, and the quota itself with ``fields=config``."""
    since = parse_time(query.get("since"), "since")
    if since and media_store.state.now() - since > timedelta(hours=24):
        raise invalid_parameter("Param since must be within the last 24 hours.")
    total = int(media_store.get_option("quota_total"))
    allowed_fields = {
        "quota_usage": media_store.count_published(since),
        "config": {"quota_total": total, "quota_duration": 86_400},
    }
    for name in (names := parse_field_names(query.get("fields") or "quota_usage")):
        if name not in allowed_fields:
            raise invalid_parameter(
                f"Tried accessing nonexisting field ({name}) on node type (ContentPublishingLimitResponse)"
            )
    return {"data": [{name: allowed_fields[name] for name in names}]}


def insights_node(metric: str | None) -> dict[str, Any]:
    """Return an empty data set, as Meta does for up to 48 h; raise for an unknown metric."""
    names = parse_field_names(metric or "")
    if not names or set(names) - _INSIGHT_METRICS:
        raise invalid_parameter(
            f"metric[0] must be one of the following values: {', '.join(sorted(_INSIGHT_METRICS))}"
        )
    return {"data": []}


def parse_time(text: str | None, name: str) -> datetime | None:
    """Return Unix seconds or an ISO time as a datetime, or None if ``text`` is empty."""
    if not text:
        return None
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as bad:
        raise invalid_parameter(f"Param {name} must be a valid date/time.") from bad
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _parse_number(text: str, name: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise invalid_parameter(f"Param {name} must be a positive number.")
    return int(text)
