"""Limits of Instagram as data, each with its source page and day of reading."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from humaspost.base.i18n import _
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Part
from humaspost.model.rules import Limit, MediaRules, Quota, Rules, Source, TextRules, Unsupported, VideoRules

_READ_ON = date(2026, 11, 23)
_BASE = "https://developers.facebook.com/docs/instagram-platform/"
MEDIA = Source(_BASE + "instagram-graph-api/reference/ig-user/media", _READ_ON)
PUBLISHING = Source(_BASE + "content-publishing", _READ_ON)
QUOTA = Source(_BASE + "instagram-graph-api/reference/ig-user/content_publishing_limit", _READ_ON)
CHANGES = Source(_BASE + "changelog", _READ_ON)
FEWER_HASHTAGS = Source("https://routenote.com/blog/Instagram-hashtags", _READ_ON)

FORMATS = ("feed", "reel", "story")
CAROUSEL_SIZE = (2, 10)
MAX_HASHTAGS = Limit(30, "hashtags", MEDIA)
#: Announced 2025-12-19 for the app; the effect through the API is not confirmed, so it only warns.
ADVISED_HASHTAGS = Limit(5, "hashtags", FEWER_HASHTAGS)
MAX_MENTIONS = Limit(20, "mentions", MEDIA)
MAX_COLLABORATORS = Limit(3, "accounts", MEDIA)
MAX_TAGS = Limit(20, "accounts", MEDIA)

#: Adjacent hashtags, ``#a#b``, count one by one.
_HASHTAG_RUN = re.compile(r"(?<![\w&])(?:#\w+)+")
_MENTION = re.compile(r"(?<![\w@])@\w")


def count_hashtags(text: str) -> int:
    """Return how many hashtags a caption has."""
    return sum(adjacent.count("#") for adjacent in _HASHTAG_RUN.findall(text))


def count_mentions(text: str) -> int:
    """Return how many people a caption mentions with ``@``."""
    return len(_MENTION.findall(text))


def build_rules(*, login: str) -> Rules:
    """Return all limits of Instagram; a deletion needs Facebook Login."""
    return Rules(
        is_public=True,
        text=TextRules(Limit(2200, "characters", MEDIA), len),
        media={
            MediaKind.IMAGE: _image_rules(CAROUSEL_SIZE[1]),
            MediaKind.VIDEO: _video_rules(CAROUSEL_SIZE[1]),
        },
        max_media=CAROUSEL_SIZE[1],
        alt=Limit(1000, "characters", MEDIA),
        media_required=True,
        public_url_required=True,
        quotas=(
            Quota("posts", 50, 86_400, QUOTA),
            Quota("containers", 400, 86_400, MEDIA, counts_preparation=True),
        ),
        unsupported=_unsupported(login),
        keys=_channel_keys(),
        describe_extras=_describe_extras,
        placement_rules={
            "story": {MediaKind.IMAGE: _any_geometry_rules(), MediaKind.VIDEO: _story_video_rules()},
            "cover": {MediaKind.IMAGE: _any_geometry_rules()},
        },
    )


def _channel_keys() -> dict[str, str]:
    return {
        "text": _("the caption, instead of the body"),
        "format": _("feed, reel or story"),
        "share_to_feed": _("false keeps a reel out of the feed"),
        "thumb_offset": _("which moment of a reel is its cover, in milliseconds; a cover: wins"),
        "collaborators": _("up to three accounts that are asked to show the post as theirs too"),
        "user_tags": _("who is in the pictures: a list of {username, x, y, media}, x and y from 0 to 1"),
        "location_id": _("the number of a Facebook page that has a place"),
        "made_with_ai": _("true: labelled as made with AI"),
    }


def _image_rules(max_bytes: int) -> MediaRules:
    """Return the limits of images.

    The page says 8 MB, the error message 8 MiB; the smaller of the two always fits.
    """
    return MediaRules(
        mimes=("image/jpeg",),
        max_bytes=Limit(8_000_000, "bytes", MEDIA),
        source=MEDIA,
        convert_to="image/jpeg",
        ratio=(0.8, 1.91),
        width=(320, 1440),
        max_count=max_bytes,
    )


def _any_geometry_rules() -> MediaRules:
    """Return the limits of a story or a reel's cover; 9:16 is advised, but nothing is refused."""
    return replace(_image_rules(1), ratio=None, width=(1, 1440), alt_required=False)


def _video_rules(max_bytes: int) -> MediaRules:
    return MediaRules(
        mimes=("video/mp4", "video/quicktime"),
        max_bytes=Limit(300_000_000, "bytes", MEDIA),
        source=MEDIA,
        ratio=(0.01, 10.0),
        width=(1, 1920),
        duration=(3.0, 900.0),
        alt_required=False,
        max_count=max_bytes,
        video=VideoRules(
            codecs=("h264", "hevc"),
            pixel_formats=("yuv420p", "yuvj420p"),
            audio_codecs=("aac",),
            frame_rate=(23.0, 60.0),
            bit_rate=25_000_000,
            sample_rate=48_000,
            audio_channels=2,
            index_first=True,
        ),
    )


def _story_video_rules() -> MediaRules:
    size = Limit(100_000_000, "bytes", MEDIA)
    return replace(_video_rules(1), max_bytes=size, ratio=(0.1, 10.0), duration=(3.0, 60.0))


def _unsupported(login: str) -> tuple[Unsupported, ...]:
    always = (
        Unsupported("text-only", _("every Instagram post has an image or a video"), PUBLISHING),
        Unsupported("edit", _("the API cannot change a caption once it is published"), MEDIA),
        Unsupported("links", _("an address in a caption cannot be clicked"), PUBLISHING),
        Unsupported("captions", _("the API takes no subtitles of a video; burn them into it"), MEDIA),
        Unsupported("reply", _("a post cannot answer another post"), PUBLISHING),
    )
    if login == "facebook":
        return always
    return (*always, Unsupported("retract", _("deleting through the API needs Facebook Login"), CHANGES))


def _describe_extras(part: Part) -> Sequence[str]:
    return list(_extra_sentences(part))


def _extra_sentences(part: Part) -> Iterator[str]:
    extra = part.extra
    if extra.get("format") in ("reel", "story"):
        yield _("as a reel") if extra["format"] == "reel" else _("as a story")
    if extra.get("share_to_feed") is False:
        yield _("not shown in the feed")
    if (offset_ms := extra.get("thumb_offset")) is not None and not any(item.cover for item in part.media):
        yield _("cover: its picture at {moment} ms").format(moment=offset_ms)
    if names := _as_list(extra.get("collaborators")):
        yield _("asked to show it as theirs too: {names}").format(
            names=", ".join(f"@{name}" for name in names)
        )
    for tag in _as_list(extra.get("user_tags")):
        yield _describe_tag(tag, with_number=len(part.media) > 1)
    if location_id := extra.get("location_id"):
        yield _("place: Facebook page {number}").format(number=location_id)
    if extra.get("made_with_ai") is True:
        yield _("labelled as made with AI")


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _describe_tag(tag: Mapping[str, Any], *, with_number: bool) -> str:
    has_position = tag["x"] is not None and tag["y"] is not None
    words = _("tagged: @{name} at {x:g}, {y:g}") if has_position else _("tagged: @{name}")
    text = words.format(name=tag["username"], x=tag["x"], y=tag["y"])
    return _("{tag} in medium {number}").format(tag=text, number=tag["media"]) if with_number else text
