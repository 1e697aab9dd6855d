"""What X will show of a post: one part, a thread by hand, or one long part that is to be split."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from humaspost.base.canonical_json import Json
from humaspost.channels.x.rules import REFUSED
from humaspost.model.document import plain, split_parts
from humaspost.model.post import Kind, Post
from humaspost.model.rendition import Attachment, Part, Rendition, attachments

_BREAK = re.compile(r"[ \t]*\n?[ \t]*<!--\s*part\s*-->[ \t]*\n?", re.IGNORECASE)
_DURATION = re.compile(r"(\d{1,6})\s*([mhd]?)")
_MINUTES = {"": 1, "m": 1, "h": 60, "d": 1440}
_FLAGS = ("made_with_ai", "paid_partnership")


@dataclass(frozen=True, slots=True)
class _Placed:
    part: int
    media: Attachment


def render(post: Post, *, account: str) -> Rendition:
    """The parts of a post on X; keys with impossible values stand in ``extra.wrong`` for ``check``."""
    own = post.keys("x", account)
    texts = _texts(post, own)
    closing = _closing(post)
    media = _media(post, account)
    if len(texts) == 1 and own.get("thread") == "auto":
        parts: tuple[Part, ...] = (_to_split(texts[0], closing, media, own),)
    else:
        parts = tuple(_part(n, texts, closing, media, own) for n in range(1, len(texts) + 1))
    return Rendition("x", parts, replies_to=post.corrects)


def _texts(post: Post, own: Mapping[str, Json]) -> list[str]:
    words = own.get("text")
    if isinstance(words, str):
        pieces = [piece.strip() for piece in _BREAK.split(words)]
        return [piece for piece in pieces if piece] or [""]
    return [plain(piece) for piece in split_parts(post.body)]


def _closing(post: Post) -> str:
    hashtags = " ".join(f"#{tag.lstrip('#')}" for tag in post.tags)
    return "\n".join(line for line in (post.link, hashtags) if line)


def _media(post: Post, account: str) -> list[_Placed]:
    parts = {medium.index: medium.part or 1 for medium in post.media}
    shown = attachments(post, channel="x", account=account)
    if post.keys("x", account).get("amplify") in (True, "true"):
        shown = tuple(replace(item, use="amplify") if item.kind is Kind.VIDEO else item for item in shown)
    return [_Placed(parts[item.index], item) for item in shown]


def _part(number: int, texts: list[str], closing: str, media: list[_Placed], own: Mapping[str, Json]) -> Part:
    last = number == len(texts)
    text = "\n".join(line for line in (texts[number - 1], closing if last else "") if line)
    here = tuple(item.media for item in media if item.part == number)
    return Part(number, text, here, _extra(own, first=number == 1))


def _to_split(text: str, closing: str, media: list[_Placed], own: Mapping[str, Json]) -> Part:
    """All in one part, with what ``planning.fit`` needs to split it: see there."""
    whole = "\n".join(line for line in (text, closing) if line)
    places: list[Json] = [item.part for item in media]
    later: Json = {**_extra(own, first=False)}
    auto: dict[str, Json] = {"thread": "auto", "closing": closing, "media_parts": places, "later": later}
    return Part(1, whole, tuple(item.media for item in media), {**_extra(own, first=True), **auto})


def _extra(own: Mapping[str, Json], *, first: bool) -> dict[str, Json]:
    """What only X has: flags on every part, poll and reply settings on the first."""
    extra: dict[str, Json] = {flag: True for flag in _FLAGS if own.get(flag) in (True, "true")}
    if not first:
        return extra
    if own.get("poll") is not None:
        extra["poll"] = _poll(own["poll"])
    settings = own.get("reply_settings")
    if isinstance(settings, str) and settings != "everyone":
        extra["reply_settings"] = settings
    if wrong := _wrong(own):
        extra["wrong"] = wrong
    refused: list[Json] = [key for key in REFUSED if own.get(key) is not None]
    if refused:
        extra["refused"] = refused
    return extra


def _poll(value: Json) -> Json:
    given = value if isinstance(value, dict) else {}
    options = given.get("options")
    texts: list[Json] = [_option(option) for option in options] if isinstance(options, list) else []
    return {"options": texts, "duration_minutes": _minutes(given.get("duration", "1d"))}


def _option(value: Json) -> str:
    """As X shows it, without the space around it; nothing where nothing stands."""
    return "" if value is None else str(value).strip()


def _minutes(value: Json) -> int:
    """``3d``, ``12h``, ``90m`` or minutes; 0 where it is none of these."""
    found = _DURATION.fullmatch(str(value).strip().lower())
    return int(found[1]) * _MINUTES[found[2]] if found else 0


def _wrong(own: Mapping[str, Json]) -> list[Json]:
    """The keys whose values are of the wrong kind."""
    bad = [flag for flag in (*_FLAGS, "amplify") if own.get(flag) not in (None, True, False, "true", "false")]
    if not isinstance(own.get("text", ""), str):
        bad.append("text")
    if own.get("thread") not in (None, "auto", "never"):
        bad.append("thread")
    if not isinstance(own.get("reply_settings", ""), str):
        bad.append("reply_settings")
    poll = own.get("poll", {})
    if not isinstance(poll, dict) or not set(poll) <= {"options", "duration"}:
        bad.append("poll")
    return list(bad)
