"""What X takes, as data: each figure with the page that says so and the day it was read."""

from datetime import date
from decimal import Decimal

from humaspost.base.i18n import _
from humaspost.channels.x.text_length import bound, has_link, weighted
from humaspost.model.post import Kind
from humaspost.model.rules import (
    Cannot,
    FilmRules,
    Limit,
    MediaRules,
    Price,
    Quota,
    Rate,
    Rules,
    Source,
    TextRules,
)

_READ = date(2026, 11, 23)
_BASE = "https://docs.x.com/"
COUNTING = Source(_BASE + "fundamentals/counting-characters", _READ)
LONGFORM = Source(_BASE + "changelog", _READ)
POSTING = Source(_BASE + "x-api/posts/manage-tweets/introduction", _READ)
CREATING = Source(_BASE + "x-api/posts/create-post", _READ)
MEDIA = Source(_BASE + "x-api/media/introduction", _READ)
FILMS = Source(_BASE + "x-api/media/quickstart/best-practices", _READ)
CAPTIONS = Source(_BASE + "x-api/media/create-media-subtitles", _READ)
ALT = Source(_BASE + "x-api/media/create-media-metadata", _READ)
PRICES = Source(_BASE + "x-api/getting-started/pricing", _READ)
RATES = Source(_BASE + "x-api/fundamentals/rate-limits", _READ)

POLL_OPTIONS = (2, 4)
POLL_OPTION_LENGTH = Limit(25, "characters", CREATING)
#: Five minutes to seven days.
POLL_MINUTES = (5, 10_080)
CASHTAGS = Limit(1, "cashtags", POSTING)
#: What people write for what X's self-serve programs refuse since April 2026; it is told with the reason.
REFUSED = ("reply_to", "quote")
REPLY_SETTINGS = ("everyone", "following", "mentionedUsers", "subscribers", "verified")
#: X names no limit; a longer thread is a press release that lost its way.
LONGEST_THREAD = 25

_MEGABYTE = 1024 * 1024
_LENGTHS = {False: Limit(280, "weighted characters", COUNTING), True: Limit(25_000, "characters", LONGFORM)}


def rules(*, premium: bool = False) -> Rules:
    """Everything X refuses, for a plain or a Premium account."""
    return Rules(
        public=True,
        text=TextRules(_LENGTHS[premium], weighted, bound),
        media={Kind.IMAGE: _image(), Kind.GIF: _gif(), Kind.VIDEO: _video()},
        max_media=4,
        alt=Limit(1000, "characters", ALT),
        max_parts=LONGEST_THREAD,
        rates=(Rate("posts", 100, 900, 100, RATES),),
        quotas=(Quota("app posts", 10_000, 86_400, RATES),),
        cannot=_cannot(),
        keys=_keys(),
        price=_price(),
        uses={"captions": {Kind.DOCUMENT: _captions()}, "amplify": {Kind.VIDEO: _video()}},
    )


def _image() -> MediaRules:
    return MediaRules(
        mimes=("image/jpeg", "image/png", "image/webp"),
        max_bytes=Limit(5 * _MEGABYTE, "bytes", MEDIA),
        source=MEDIA,
        max_count=4,
    )


def _gif() -> MediaRules:
    return MediaRules(
        mimes=("image/gif",),
        max_bytes=Limit(15 * _MEGABYTE, "bytes", MEDIA),
        source=MEDIA,
        width=(1, 1280),
        height=(1, 1080),
        film=FilmRules(frames=350, pixels_in_all=300_000_000),
    )


def _video() -> MediaRules:
    return MediaRules(
        mimes=("video/mp4", "video/quicktime"),
        max_bytes=Limit(512 * _MEGABYTE, "bytes", MEDIA),
        source=FILMS,
        ratio=(1 / 3, 3.0),
        width=(32, 1280),
        height=(32, 1280),
        frame=(1280, 1024),
        duration=(0.5, 140),
        described=False,
        film=FilmRules(codecs=("h264",), pixels=("yuv420p", "yuvj420p"), audio=("aac",), frame_rate=(1, 60)),
    )


def _captions() -> MediaRules:
    return MediaRules(("text/srt", "text/vtt"), Limit(512 * 1024, "bytes", CAPTIONS), CAPTIONS)


def _price() -> Price:
    """Pay-per-use, the default since February 2026; whoever has an older plan pays nothing for a post."""
    return Price(
        part=Decimal("0.015"),
        linked=Decimal("0.200"),
        alt=Decimal("0.005"),
        described=(Kind.IMAGE, Kind.GIF),
        has_link=has_link,
        source=PRICES,
    )


def _cannot() -> tuple[Cannot, ...]:
    return (
        Cannot("alt of a video", _("alternative text is for pictures and GIFs; a video has captions"), ALT),
        Cannot("edit", _("only Premium accounts, and only within an hour"), LONGFORM),
        Cannot("quote", _("taken out of the self-serve API in April 2026"), LONGFORM),
        Cannot("reply to others", _("only where their author mentioned you first"), POSTING),
    )


def _keys() -> dict[str, str]:
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
