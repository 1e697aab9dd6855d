"""What can be read of the pretend account: itself, its media, its stories, its quota, one medium."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from humaspost.sandbox.graph import chosen, field_names
from humaspost.sandbox.instagram import accounts
from humaspost.sandbox.instagram.errors import invalid
from humaspost.sandbox.instagram.media_store import Gallery
from humaspost.sandbox.instagram.options import setting
from humaspost.sandbox.state import PublicObject, World

_METRICS = frozenset(
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


def me(world: World, fields: str | None, *, facebook: bool) -> dict[str, Any]:
    """``/me``: on Instagram Login the account with its app-scoped id, on Facebook Login the person."""
    if facebook:
        person = {"id": accounts.FACEBOOK_USER_ID, "name": "Petugas Humas"}
        return chosen(person, field_names(fields or "name"), kind="User")
    node = {
        **_account(world),
        "id": accounts.APP_SCOPED_ID,
        "user_id": accounts.USER_ID,
        "account_type": setting(world, "account_type"),
    }
    return chosen(node, field_names(fields or "id"), kind="IGUser")


def user(world: World, fields: str | None, *, facebook: bool) -> dict[str, Any]:
    """The account by its own id."""
    extra = {} if facebook else {"user_id": accounts.USER_ID, "account_type": setting(world, "account_type")}
    node = {**_account(world), "id": accounts.USER_ID, **extra}
    return chosen(node, field_names(fields or "id"), kind="IGUser")


def _account(world: World) -> dict[str, Any]:
    return {
        "username": accounts.USERNAME,
        "name": accounts.NAME,
        "biography": "Akun resmi Pemerintah Kota Contoh (tiruan).",
        "website": "https://kotacontoh.example",
        "profile_picture_url": f"{world.base_url}/instagram/cdn/profile.jpg",
        "followers_count": 12_345,
        "follows_count": 21,
        "media_count": len(posts(world)),
    }


def pages() -> dict[str, Any]:
    """``/me/accounts`` on Facebook Login: the Page and the account linked to it."""
    page = {"id": accounts.PAGE_ID, "name": accounts.PAGE_NAME, "access_token": accounts.FACEBOOK_TOKEN}
    return {"data": [{**page, "instagram_business_account": {"id": accounts.USER_ID}}]}


def posts(world: World) -> list[PublicObject]:
    """Feed posts and reels that listings show now, newest first."""
    return [o for o in world.listed("instagram", accounts.USER_ID) if o.extra["product"] != "STORY"]


def stories(world: World) -> list[PublicObject]:
    """Stories of the last 24 hours that listings show now, newest first."""
    alive = world.now() - timedelta(hours=24)
    every = world.listed("instagram", accounts.USER_ID)
    return [o for o in every if o.extra["product"] == "STORY" and o.created_at > alive]


def found(world: World, media_id: str) -> PublicObject | None:
    """The medium ``media_id`` if it can be read now (a lagging one cannot)."""
    return next((o for o in world.listed("instagram", accounts.USER_ID) if o.id == media_id), None)


def listing(
    world: World, objects: list[PublicObject], query: Mapping[str, str], *, hide_caption: bool
) -> dict[str, Any]:
    """One page of ``objects``: since, until, limit (25, at most 100), after; cursors are opaque to clients."""
    since, until = moment(query.get("since"), "since"), moment(query.get("until"), "until")
    kept = [
        o for o in objects if (not since or o.created_at >= since) and (not until or o.created_at < until)
    ]
    if setting(world, "media_order") == "oldest-first":
        kept.reverse()
    limit = min(_number(query.get("limit", "25"), "limit"), 100)
    ids = [o.id for o in kept]
    start = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
    page = kept[start : start + limit]
    nodes = [medium(world, o, query.get("fields"), hide_caption=hide_caption) for o in page]
    if not page:
        return {"data": []}
    cursors = {"before": page[0].id, "after": page[-1].id}
    more = start + limit < len(kept)
    onward = (
        {"next": f"{world.base_url}/instagram/v26.0/{accounts.USER_ID}/media?after={page[-1].id}"}
        if more
        else {}
    )
    return {"data": nodes, "paging": {"cursors": cursors, **onward}}


def medium(world: World, shown: PublicObject, fields: str | None, *, hide_caption: bool) -> dict[str, Any]:
    """One post, reel or story as GET shows it; without ``fields`` its id alone."""
    product, is_film = shown.extra["product"], any(m.type.startswith("video") for m in shown.media)
    kind = "CAROUSEL_ALBUM" if shown.extra["kind"] == "CAROUSEL" else "VIDEO" if is_film else "IMAGE"
    single = kind != "CAROUSEL_ALBUM"
    node: dict[str, Any] = {
        "id": shown.id,
        "caption": None if hide_caption else shown.text or None,
        "timestamp": shown.created_at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "permalink": shown.extra["permalink"],
        "shortcode": shown.extra["shortcode"],
        "media_type": kind,
        "media_product_type": product,
        "media_url": _url(world, shown, 0),
        "thumbnail_url": _url(world, shown, 0) if kind == "VIDEO" else None,
        "alt_text": shown.media[0].alt if single and shown.media else None,
        "username": accounts.USERNAME,
        "owner": {"id": accounts.USER_ID},
        "is_comment_enabled": True,
        "is_shared_to_feed": shown.extra["share_to_feed"] if product == "REELS" else None,
        "like_count": 0,
        "comments_count": 0,
        "children": _children(world, shown) if not single else None,
    }
    return chosen(node, field_names(fields or "id"), kind="IGMedia")


def _children(world: World, shown: PublicObject) -> dict[str, Any]:
    nodes = [
        {
            "id": child,
            "media_type": "VIDEO" if item.type.startswith("video") else "IMAGE",
            "media_url": _url(world, shown, place),
            **({"alt_text": item.alt} if item.alt else {}),
        }
        for place, (child, item) in enumerate(zip(shown.extra["children"], shown.media, strict=True))
    ]
    return {"data": nodes}


def _url(world: World, shown: PublicObject, place: int) -> str:
    return f"{world.base_url}/instagram/cdn/{shown.id}/{place}"


def publishing_limit(gallery: Gallery, query: Mapping[str, str]) -> dict[str, Any]:
    """How much of the day's quota is used, and with ``fields=config`` what it is."""
    since = moment(query.get("since"), "since")
    if since and gallery.world.now() - since > timedelta(hours=24):
        raise invalid("Param since must be within the last 24 hours.")
    total = int(gallery.option("quota_total"))
    known = {"quota_usage": gallery.used(since), "config": {"quota_total": total, "quota_duration": 86_400}}
    for name in (names := field_names(query.get("fields") or "quota_usage")):
        if name not in known:
            raise invalid(
                f"Tried accessing nonexisting field ({name}) on node type (ContentPublishingLimitResponse)"
            )
    return {"data": [{name: known[name] for name in names}]}


def insights(metric: str | None) -> dict[str, Any]:
    """No figures yet: Meta gives an empty data set for up to 48 h; an unknown metric fails the whole call."""
    names = field_names(metric or "")
    if not names or set(names) - _METRICS:
        raise invalid(f"metric[0] must be one of the following values: {', '.join(sorted(_METRICS))}")
    return {"data": []}


def moment(spelled: str | None, name: str) -> datetime | None:
    """Unix seconds or an ISO time as a moment; None when it is not given."""
    if not spelled:
        return None
    try:
        if spelled.isdecimal():
            return datetime.fromtimestamp(int(spelled), UTC)
        read = datetime.fromisoformat(spelled)
    except (ValueError, OverflowError, OSError) as bad:
        raise invalid(f"Param {name} must be a valid date/time.") from bad
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _number(spelled: str, name: str) -> int:
    if not spelled.isdecimal() or int(spelled) < 1:
        raise invalid(f"Param {name} must be a positive number.")
    return int(spelled)
