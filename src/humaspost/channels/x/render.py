"""Rendition of a post for X: one part, a manual thread, or one long part to split."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from humaspost.base.canonical_json import Json
from humaspost.channels.x.rules import REFUSED_KEYS
from humaspost.model.document import split_parts, to_plain_text
from humaspost.model.hashtags import format_missing_hashtags
from humaspost.model.post import MediaKind, Post
from humaspost.model.rendition import Attachment, Part, Rendition, attachments_for

_PART_BREAK = re.compile(r"[ \t]*\n?[ \t]*<!--\s*part\s*-->[ \t]*\n?", re.IGNORECASE)
_DURATION = re.compile(r"(\d{1,6})\s*([mhd]?)")
_MINUTES = {"": 1, "m": 1, "h": 60, "d": 1440}
_FLAGS = ("made_with_ai", "paid_partnership")


@dataclass(frozen=True, slots=True)
class _AssignedMedium:
    part: int
    media: Attachment


def render_post(post: Post, *, account: str) -> Rendition:
    """Return the parts of a post on X; ``extra.wrong`` lists the invalid keys for ``check``."""
    channel_keys = post.keys_for("x", account)
    texts = _part_texts(post, channel_keys)
    closing = _closing_text(post, "\n".join(texts))
    media = _assigned_media(post, account)
    if len(texts) == 1 and channel_keys.get("thread") == "auto":
        parts: tuple[Part, ...] = (_unsplit_part(texts[0], closing, media, channel_keys),)
    else:
        parts = tuple(_build_part(n, texts, closing, media, channel_keys) for n in range(1, len(texts) + 1))
    return Rendition("x", parts, replies_to=post.corrects)


def _part_texts(post: Post, channel_keys: Mapping[str, Json]) -> list[str]:
    words = channel_keys.get("text")
    if isinstance(words, str):
        pieces = [piece.strip() for piece in _PART_BREAK.split(words)]
        return [piece for piece in pieces if piece] or [""]
    return [to_plain_text(body_part) for body_part in split_parts(post.body)]


def _closing_text(post: Post, text: str) -> str:
    return "\n".join(line for line in (post.link, format_missing_hashtags(post.tags, text)) if line)


def _assigned_media(post: Post, account: str) -> list[_AssignedMedium]:
    parts = {medium.index: medium.part or 1 for medium in post.media}
    selected = attachments_for(post, channel="x", account=account)
    if post.keys_for("x", account).get("amplify") in (True, "true"):
        selected = tuple(
            replace(item, use="amplify") if item.kind is MediaKind.VIDEO else item for item in selected
        )
    return [_AssignedMedium(parts[item.index], item) for item in selected]


def _build_part(
    number: int,
    texts: list[str],
    closing: str,
    media: list[_AssignedMedium],
    channel_keys: Mapping[str, Json],
) -> Part:
    is_last = number == len(texts)
    text = "\n".join(line for line in (texts[number - 1], closing if is_last else "") if line)
    own_media = tuple(item.media for item in media if item.part == number)
    return Part(number, text, own_media, _build_extra(channel_keys, first=number == 1))


def _unsplit_part(
    text: str, closing: str, media: list[_AssignedMedium], channel_keys: Mapping[str, Json]
) -> Part:
    """Return one part with all text, and with the data that ``planning.fit`` needs to split it."""
    whole_text = "\n".join(line for line in (text, closing) if line)
    media_parts: list[Json] = [item.part for item in media]
    later_extra: Json = {**_build_extra(channel_keys, first=False)}
    split_data: dict[str, Json] = {
        "thread": "auto",
        "closing": closing,
        "media_parts": media_parts,
        "later": later_extra,
    }
    return Part(
        1,
        whole_text,
        tuple(item.media for item in media),
        {**_build_extra(channel_keys, first=True), **split_data},
    )


def _build_extra(channel_keys: Mapping[str, Json], *, first: bool) -> dict[str, Json]:
    """Return the extras of X: flags on every part, poll and reply settings on the first."""
    extra: dict[str, Json] = {flag: True for flag in _FLAGS if channel_keys.get(flag) in (True, "true")}
    if not first:
        return extra
    if channel_keys.get("poll") is not None:
        extra["poll"] = _parse_poll(channel_keys["poll"])
    settings = channel_keys.get("reply_settings")
    if isinstance(settings, str) and settings != "everyone":
        extra["reply_settings"] = settings
    if invalid_keys := _invalid_keys(channel_keys):
        extra["wrong"] = invalid_keys
    refused: list[Json] = [key for key in REFUSED_KEYS if channel_keys.get(key) is not None]
    if refused:
        extra["refused"] = refused
    return extra


def _parse_poll(value: Json) -> Json:
    options_given = value if isinstance(value, dict) else {}
    options = options_given.get("options")
    texts: list[Json] = [_poll_option(option) for option in options] if isinstance(options, list) else []
    return {"options": texts, "duration_minutes": _parse_minutes(options_given.get("duration", "1d"))}


def _poll_option(value: Json) -> str:
    """Return an option as X shows it, without the space around it; "" for no text."""
    return "" if value is None else str(value).strip()


def _parse_minutes(value: Json) -> int:
    """Return the minutes of ``3d``, ``12h``, ``90m`` or a number, or 0 for any other value."""
    match = _DURATION.fullmatch(str(value).strip().lower())
    return int(match[1]) * _MINUTES[match[2]] if match else 0


def _invalid_keys(channel_keys: Mapping[str, Json]) -> list[Json]:
    """Return the keys whose values have the wrong type."""
    invalid = [
        flag
        for flag in (*_FLAGS, "amplify")
        if channel_keys.get(flag) not in (None, True, False, "true", "false")
    ]
    if not isinstance(channel_keys.get("text", ""), str):
        invalid.append("text")
    if channel_keys.get("thread") not in (None, "auto", "never"):
        invalid.append("thread")
    if not isinstance(channel_keys.get("reply_settings", ""), str):
        invalid.append("reply_settings")
    poll = channel_keys.get("poll", {})
    if not isinstance(poll, dict) or not set(poll) <= {"options", "duration"}:
        invalid.append("poll")
    return list(invalid)
