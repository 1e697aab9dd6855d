"""What Instagram takes, as data: each figure with the page that says so and the day it was read."""

import re
from dataclasses import replace
from datetime import date

from humaspost.base.i18n import _
from humaspost.model.post import Kind
from humaspost.model.rules import Cannot, FilmRules, Limit, MediaRules, Quota, Rules, Source, TextRules

_READ = date(2026, 11, 23)
_BASE = "https://developers.facebook.com/docs/instagram-platform/"
MEDIA = Source(_BASE + "instagram-graph-api/reference/ig-user/media", _READ)
PUBLISHING = Source(_BASE + "content-publishing", _READ)
QUOTA = Source(_BASE + "instagram-graph-api/reference/ig-user/content_publishing_limit", _READ)
CHANGES = Source(_BASE + "changelog", _READ)
FEWER_HASHTAGS = Source("https://routenote.com/blog/Instagram-hashtags", _READ)

FORMATS = ("feed", "reel", "story")
CAROUSEL = (2, 10)
HASHTAGS = Limit(30, "hashtags", MEDIA)
#: Announced 2025-12-19 for the app; its effect through the API is not confirmed, so it only warns.
HASHTAGS_ADVISED = Limit(5, "hashtags", FEWER_HASHTAGS)
MENTIONS = Limit(20, "mentions", MEDIA)
COLLABORATORS = Limit(3, "accounts", MEDIA)
TAGGED = Limit(20, "accounts", MEDIA)

#: Those that are written together, ``#a#b``, are one each.
_HASHTAGS = re.compile(r"(?<![\w&])(?:#\w+)+")
_MENTION = re.compile(r"(?<![\w@])@\w")


def hashtags(text: str) -> int:
    """How many hashtags a caption has."""
    return sum(together.count("#") for together in _HASHTAGS.findall(text))


def mentions(text: str) -> int:
    """How many people a caption names with ``@``."""
    return len(_MENTION.findall(text))


def rules(*, login: str) -> Rules:
    """Everything Instagram refuses; deleting needs Facebook Login."""
    return Rules(
        public=True,
        text=TextRules(Limit(2200, "characters", MEDIA), len),
        media={Kind.IMAGE: _image(CAROUSEL[1]), Kind.VIDEO: _video(CAROUSEL[1])},
        max_media=CAROUSEL[1],
        alt=Limit(1000, "characters", MEDIA),
        needs_media=True,
        public_url=True,
        quotas=(
            Quota("posts", 50, 86_400, QUOTA),
            Quota("containers", 400, 86_400, MEDIA, preparing=True),
        ),
        cannot=_cannot(login),
        keys=_keys(),
        uses={
            "story": {Kind.IMAGE: _any_shape(), Kind.VIDEO: _story_video()},
            "cover": {Kind.IMAGE: _any_shape()},
        },
    )


def _keys() -> dict[str, str]:
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


def _image(most: int) -> MediaRules:
    """The page says 8 MB, the error message 8 MiB; the smaller of the two always fits."""
    return MediaRules(
        mimes=("image/jpeg",),
        max_bytes=Limit(8_000_000, "bytes", MEDIA),
        source=MEDIA,
        convert_to="image/jpeg",
        ratio=(0.8, 1.91),
        width=(320, 1440),
        max_count=most,
    )


def _any_shape() -> MediaRules:
    """A story or a reel's cover; 9:16 is advised, and nothing is refused."""
    return replace(_image(1), ratio=None, width=(1, 1440), described=False)


def _video(most: int) -> MediaRules:
    return MediaRules(
        mimes=("video/mp4", "video/quicktime"),
        max_bytes=Limit(300_000_000, "bytes", MEDIA),
        source=MEDIA,
        ratio=(0.01, 10.0),
        width=(1, 1920),
        duration=(3.0, 900.0),
        described=False,
        max_count=most,
        film=FilmRules(
            codecs=("h264", "hevc"),
            pixels=("yuv420p", "yuvj420p"),
            audio=("aac",),
            frame_rate=(23.0, 60.0),
            bit_rate=25_000_000,
            sample_rate=48_000,
            channels=2,
            index_first=True,
        ),
    )


def _story_video() -> MediaRules:
    size = Limit(100_000_000, "bytes", MEDIA)
    return replace(_video(1), max_bytes=size, ratio=(0.1, 10.0), duration=(3.0, 60.0))


def _cannot(login: str) -> tuple[Cannot, ...]:
    always = (
        Cannot("text-only", _("every Instagram post has an image or a video"), PUBLISHING),
        Cannot("edit", _("the API cannot change a caption once it is published"), MEDIA),
        Cannot("links", _("an address in a caption cannot be clicked"), PUBLISHING),
        Cannot("captions", _("the API takes no subtitles of a video; burn them into it"), MEDIA),
        Cannot("reply", _("a post cannot answer another post"), PUBLISHING),
    )
    if login == "facebook":
        return always
    return (*always, Cannot("retract", _("deleting through the API needs Facebook Login"), CHANGES))
