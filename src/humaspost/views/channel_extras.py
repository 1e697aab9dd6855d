"""What only one channel shows of a part, or does with it, beside text and media: a line for each thing."""

from collections.abc import Iterator, Mapping
from typing import Any

from humaspost.base.i18n import _
from humaspost.model.rendition import Part
from humaspost.views.text import wrap_text


def format_channel_extras(part: Part, columns: int) -> list[str]:
    """Who is named, where it is, who may reply, and how it is labelled; nothing where nothing was asked for."""
    return [line for words in _extra_sentences(part) for line in wrap_text(words, columns, indent="  ")]


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
        yield _format_tag(tag, with_number=len(part.media) > 1)
    if location_id := extra.get("location_id"):
        yield _("place: Facebook page {number}").format(number=location_id)
    if (reply_setting := extra.get("reply_settings")) is not None:
        yield _("who may reply: {who}").format(who=_format_reply_setting(str(reply_setting)))
    if extra.get("made_with_ai") is True:
        yield _("labelled as made with AI")
    if extra.get("paid_partnership") is True:
        yield _("labelled as a paid partnership")


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _format_tag(tag: Mapping[str, Any], *, with_number: bool) -> str:
    has_position = tag["x"] is not None and tag["y"] is not None
    words = _("tagged: @{name} at {x:g}, {y:g}") if has_position else _("tagged: @{name}")
    text = words.format(name=tag["username"], x=tag["x"], y=tag["y"])
    return _("{tag} in medium {number}").format(tag=text, number=tag["media"]) if with_number else text


def _format_reply_setting(setting: str) -> str:
    """X's own words, in a person's."""
    return {
        "following": _("accounts that this one follows"),
        "mentionedUsers": _("accounts that it mentions"),
        "subscribers": _("subscribers"),
        "verified": _("verified accounts"),
    }.get(setting, setting)
