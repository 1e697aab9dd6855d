"""Limits of the WhatsApp Cloud API as data, each with its source page and day of reading."""

import math
from datetime import date

from humaspost.base.i18n import _
from humaspost.model.post import MediaKind
from humaspost.model.rules import (
    Limit,
    MediaRules,
    Quota,
    Rate,
    Rules,
    Source,
    TextRules,
    Unsupported,
    VideoRules,
)

_READ_ON = date(2026, 11, 23)
_BASE = "https://developers.facebook.com/documentation/business-messaging/whatsapp/"
MESSAGES = Source(_BASE + "messages/send-messages", _READ_ON)
MEDIA = Source(_BASE + "business-phone-numbers/media", _READ_ON)
THROUGHPUT = Source(_BASE + "throughput", _READ_ON)
PAIR_RATE = Source(_BASE + "about-the-platform", _READ_ON)
PORTFOLIO = Source(_BASE + "messaging-limits", _READ_ON)
TEMPLATES = Source(_BASE + "templates/overview", _READ_ON)

#: No longer found on Meta's pages; every client and the app itself keep to it.
MAX_CAPTION = Limit(1024, "characters", MESSAGES)
#: The body of a template, with its parameters filled in (error 132005).
MAX_TEMPLATE_BODY = Limit(1024, "characters", TEMPLATES)
#: The same limit for a text header.
MAX_TEMPLATE_HEADER = Limit(60, "characters", TEMPLATES)
#: Values of ``whatsapp_business_manager_messaging_limit``, in people a day; unlimited is none of them.
TIERS = {
    "TIER_50": 50,
    "TIER_250": 250,
    "TIER_1K": 1000,
    "TIER_2K": 2000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
}
#: Seconds that an uploaded file may be sent by its id.
MEDIA_LIFETIME = Limit(30 * 86_400, "seconds", MEDIA)

#: Seconds of the rate that may be sent at once: a due minute is spread, never a burst.
BURST_SECONDS = 0.05

_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCUMENT_MIMES = (
    "application/pdf",
    "text/plain",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    _OFFICE + "wordprocessingml.document",
    _OFFICE + "spreadsheetml.sheet",
    _OFFICE + "presentationml.presentation",
)
AUDIO_MIMES = ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")


def build_rules(*, rate: float, daily_recipients: int) -> Rules:
    """Return all limits of WhatsApp.

    Meta grants the number ``rate`` messages per second and ``daily_recipients``.
    """
    return Rules(
        is_public=False,
        is_per_recipient=True,
        text=TextRules(Limit(4096, "characters", MESSAGES), len),
        media={
            MediaKind.IMAGE: _image_rules(),
            MediaKind.VIDEO: _video_rules(),
            MediaKind.AUDIO: _audio_rules(),
            MediaKind.DOCUMENT: MediaRules(DOCUMENT_MIMES, _megabytes(100), MEDIA),
        },
        max_media=1,
        alt=Limit(math.inf, "characters", MEDIA),
        rates=_rate_limits(rate),
        quotas=(Quota("recipients", daily_recipients, 86_400, PORTFOLIO, counts_recipients=True),),
        unsupported=_unsupported(),
        keys={
            "template": _("the approved template for people outside their 24-hour window"),
            "template_language": _("the template's language, such as id"),
            "params": _(
                "what fills the template, in order or by name; {title}, {text}, {link} may stand in it"
            ),
            "header": _("what fills the template's header, where that is a text with a gap"),
            "category": _(
                "UTILITY or MARKETING, as Meta should have the template: a warning where it has not"
            ),
            "buttons": _(
                "for each of its buttons {url: …}, the end of its address, {payload: …}, or nothing"
            ),
        },
    )


def _megabytes(count: int) -> Limit:
    return Limit(count * 1_000_000, "bytes", MEDIA)


def _image_rules() -> MediaRules:
    """Return the limits of images.

    JPEG always fits; of PNG only 8-bit RGB and RGBA are accepted, and WebP never (131053).
    """
    return MediaRules(("image/jpeg", "image/png"), _megabytes(5), MEDIA, convert_to="image/jpeg")


def _video_rules() -> MediaRules:
    """Return the limits of videos: H.264 with one AAC track or none.

    WhatsApp on Android plays neither the High profile of H.264 nor B-frames.
    """
    video = VideoRules(
        codecs=("h264",),
        pixel_formats=("yuv420p", "yuvj420p"),
        audio_codecs=("aac",),
        audio_streams=1,
        profiles=("Baseline", "Constrained Baseline", "Main"),
    )
    return MediaRules(("video/mp4", "video/3gpp"), _megabytes(16), MEDIA, video=video)


def _audio_rules() -> MediaRules:
    """Return the limits of audio; an Ogg file must contain Opus with one channel (131053)."""
    video = VideoRules(audio_codecs=("aac", "mp3", "amr_nb", "opus"), mono_audio_codecs=("opus",))
    return MediaRules(AUDIO_MIMES, _megabytes(16), MEDIA, video=video)


def _rate_limits(rate: float) -> tuple[Rate, ...]:
    return (
        Rate("messages", rate, 1.0, max(1.0, rate * BURST_SECONDS), THROUGHPUT),
        Rate("pair", 1, 6.0, 45, PAIR_RATE, per_recipient=True),
    )


def _unsupported() -> tuple[Unsupported, ...]:
    return (
        Unsupported("retract", _("a message that was sent cannot be taken back by the API"), MESSAGES),
        Unsupported("edit", _("a message that was sent cannot be changed by the API"), MESSAGES),
        Unsupported("captions", _("WhatsApp takes no subtitles of a video; burn them into it"), MEDIA),
        Unsupported("alt", _("WhatsApp shows no alternative text for images"), MEDIA),
        Unsupported("words with a sound", _("a sound has no caption, and no template carries one"), MESSAGES),
        Unsupported(
            "channels", _("there is no official API for WhatsApp Channels, Communities or Status"), PAIR_RATE
        ),
    )
