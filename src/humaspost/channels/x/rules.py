"""Limits of X as data, each with its source page and day of reading."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from humaspost.base.i18n import _
from humaspost.channels.x.text_length import has_link, upper_bound, weighted_length
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Part
from humaspost.model.rules import (
    Limit,
    MediaRules,
    Price,
    Quota,
    Rate,
    Rules,
    Source,
    TextRules,
    Unsupported,
    VideoRules,
)

_READ_ON = date(2026, 11, 23)
_BASE = "https://docs.x.com/"
COUNTING = Source(_BASE + "fundamentals/counting-characters", _READ_ON)
LONGFORM = Source(_BASE + "changelog", _READ_ON)
POSTING = Source(_BASE + "x-api/posts/manage-tweets/introduction", _READ_ON)
CREATING = Source(_BASE + "x-api/posts/create-post", _READ_ON)
MEDIA = Source(_BASE + "x-api/media/introduction", _READ_ON)
VIDEOS = Source(_BASE + "x-api/media/quickstart/best-practices", _READ_ON)
CAPTIONS = Source(_BASE + "x-api/media/create-media-subtitles", _READ_ON)
ALT = Source(_BASE + "x-api/media/create-media-metadata", _READ_ON)
PRICES = Source(_BASE + "x-api/getting-started/pricing", _READ_ON)
RATE_LIMITS = Source(_BASE + "x-api/fundamentals/rate-limits", _READ_ON)

POLL_OPTIONS = (2, 4)
POLL_OPTION_LENGTH = Limit(25, "characters", CREATING)
#: Five minutes to seven days.
POLL_MINUTES = (5, 10_080)
MAX_CASHTAGS = Limit(1, "cashtags", POSTING)
#: Keys that people write for features that X's self-serve plans refuse since April 2026; the problem says why.
REFUSED_KEYS = ("reply_to", "quote")
REPLY_SETTINGS = ("everyone", "following", "mentionedUsers", "subscribers", "verified")
#: X names no limit; a longer thread should be a press release.
MAX_THREAD_PARTS = 25

_MEGABYTE = 1024 * 1024
_MAX_TEXT_LENGTHS = {
    False: Limit(280, "weighted characters", COUNTING),
    True: Limit(25_000, "characters", LONGFORM),
}


def build_rules(*, premium: bool = False) -> Rules:
    """Return all limits of X, for a plain or a Premium account."""
    return Rules(
        is_public=True,
        text=TextRules(_MAX_TEXT_LENGTHS[premium], weighted_length, upper_bound),
        media={MediaKind.IMAGE: _image_rules(), MediaKind.GIF: _gif_rules(), MediaKind.VIDEO: _video_rules()},
        max_media=4,
        alt=Limit(1000, "characters", ALT),
        max_parts=MAX_THREAD_PARTS,
        rates=(Rate("posts", 100, 900, 100, RATE_LIMITS),),
        quotas=(Quota("app posts", 10_000, 86_400, RATE_LIMITS),),
        unsupported=_unsupported(),
        keys=_channel_keys(),
        describe_extras=_describe_extras,
        price=_post_price(),
        placement_rules={
            "captions": {MediaKind.DOCUMENT: _caption_rules()},
            "amplify": {MediaKind.VIDEO: _video_rules()},
        },
    )


def _image_rules() -> MediaRules:
    return MediaRules(
        mimes=("image/jpeg", "image/png", "image/webp"),
        max_bytes=Limit(5 * _MEGABYTE, "bytes", MEDIA),
        source=MEDIA,
        max_count=4,
    )


def _gif_rules() -> MediaRules:
    return MediaRules(
        mimes=("image/gif",),
        max_bytes=Limit(15 * _MEGABYTE, "bytes", MEDIA),
        source=MEDIA,
        width=(1, 1280),
        height=(1, 1080),
        video=VideoRules(frames=350, max_total_pixels=300_000_000),
    )


def _video_rules() -> MediaRules:
    return MediaRules(
        mimes=("video/mp4", "video/quicktime"),
        max_bytes=Limit(512 * _MEGABYTE, "bytes", MEDIA),
        source=VIDEOS,
        ratio=(1 / 3, 3.0),
        width=(32, 1280),
        height=(32, 1280),
        max_sides=(1280, 1024),
        duration=(0.5, 140),
        alt_required=False,
        video=VideoRules(
            codecs=("h264",), pixel_formats=("yuv420p", "yuvj420p"), audio_codecs=("aac",), frame_rate=(1, 60)
        ),
    )


def _caption_rules() -> MediaRules:
    return MediaRules(("text/srt", "text/vtt"), Limit(512 * 1024, "bytes", CAPTIONS), CAPTIONS)


def _post_price() -> Price:
    """Return the price of a post: pay-per-use, the default since February 2026.

    An older plan pays nothing for a post.
    """
    return Price(
        plain_part=Decimal("0.015"),
        linked_part=Decimal("0.200"),
        alt=Decimal("0.005"),
        alt_kinds=(MediaKind.IMAGE, MediaKind.GIF),
        has_link=has_link,
        source=PRICES,
    )


def _unsupported() -> tuple[Unsupported, ...]:
    return (
        Unsupported(
            "alt of a video", _("alternative text is for pictures and GIFs; a video has captions"), ALT
        ),
        Unsupported("edit", _("only Premium accounts, and only within an hour"), LONGFORM),
        Unsupported("quote", _("taken out of the self-serve API in April 2026"), LONGFORM),
        Unsupported("reply to others", _("only where their author mentioned you first"), POSTING),
    )


def _channel_keys() -> dict[str, str]:
    return {
        "text": _("the words, instead of the body"),
        "thread": _("auto splits a text that is too long; without it that is a problem"),
        "poll": _("{options: [A, B], duration: 3d}, on the first part"),
        "reply_to": _(
            "refused: X takes a reply only where its author mentioned you; to your own post write corrects:"
        ),
        "quote": _("refused: X took quotes out of its self-serve programs in April 2026"),
        "reply_settings": _("who may reply: everyone, following, mentionedUsers, subscribers, verified"),
        "made_with_ai": _("true where the pictures were made with AI"),
        "amplify": _("true shows the video as an Amplify publisher's, where X agreed to that"),
        "paid_partnership": _("true where somebody paid for it"),
    }


def _describe_extras(part: Part) -> Sequence[str]:
    extra, sentences = part.extra, []
    if (reply_setting := extra.get("reply_settings")) is not None:
        sentences.append(_("who may reply: {who}").format(who=_describe_reply_setting(str(reply_setting))))
    if extra.get("made_with_ai") is True:
        sentences.append(_("labelled as made with AI"))
    if extra.get("paid_partnership") is True:
        sentences.append(_("labelled as a paid partnership"))
    return sentences


def _describe_reply_setting(setting: str) -> str:
    return {
        "following": _("accounts that this one follows"),
        "mentionedUsers": _("accounts that it mentions"),
        "subscribers": _("subscribers"),
        "verified": _("verified accounts"),
    }.get(setting, setting)
