"""What only one channel shows of a part, or does with it, beside text and media: a line for each thing."""

from collections.abc import Iterator, Mapping
from typing import Any

from humaspost.base.i18n import _
from humaspost.model.rendition import Part
from humaspost.views.text import wrap


def particulars(part: Part, columns: int) -> list[str]:
    """Who is named, where it is, who may reply, and how it is labelled; nothing where nothing was asked for."""
    return [line for words in _said(part) for line in wrap(words, columns, indent="  ")]


def _said(part: Part) -> Iterator[str]:
    extra = part.extra
    if extra.get("format") in ("reel", "story"):
        yield _("as a reel") if extra["format"] == "reel" else _("as a story")
    if extra.get("share_to_feed") is False:
        yield _("not shown in the feed")
    if (moment := extra.get("thumb_offset")) is not None and not any(item.cover for item in part.media):
        yield _("cover: its picture at {moment} ms").format(moment=moment)
    if names := _list(extra.get("collaborators")):
        yield _("asked to show it as theirs too: {names}").format(
            names=", ".join(f"@{name}" for name in names)
        )
    for tag in _list(extra.get("user_tags")):
        yield _tag(tag, several=len(part.media) > 1)
    if place := extra.get("location_id"):
        yield _("place: Facebook page {number}").format(number=place)
    if (who := extra.get("reply_settings")) is not None:
        yield _("who may reply: {who}").format(who=_who(str(who)))
    if extra.get("made_with_ai") is True:
        yield _("labelled as made with AI")
    if extra.get("paid_partnership") is True:
        yield _("labelled as a paid partnership")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _tag(tag: Mapping[str, Any], *, several: bool) -> str:
    placed = tag["x"] is not None and tag["y"] is not None
    words = _("tagged: @{name} at {x:g}, {y:g}") if placed else _("tagged: @{name}")
    shown = words.format(name=tag["username"], x=tag["x"], y=tag["y"])
    return _("{tag} in medium {number}").format(tag=shown, number=tag["media"]) if several else shown


def _who(setting: str) -> str:
    """X's own words, in a person's."""
    return {
        "following": _("accounts that this one follows"),
        "mentionedUsers": _("accounts that it mentions"),
        "subscribers": _("subscribers"),
        "verified": _("verified accounts"),
    }.get(setting, setting)
