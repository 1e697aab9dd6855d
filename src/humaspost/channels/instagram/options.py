"""Values under ``instagram:`` in a rendition; invalid keys are named for ``check``."""

import math
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TypeAlias

from humaspost.base.canonical_json import Json
from humaspost.channels.instagram.rules import FORMATS

#: No share of an image is larger, so a larger number is always a mistake.
_MAX_NUMBER = 10**9


class _Invalid(Enum):
    """A marker for an invalid value."""

    VALUE = "wrong"


_INVALID = _Invalid.VALUE
_Parsed: TypeAlias = "Json | _Invalid"


def read_options(channel_keys: Mapping[str, Json]) -> dict[str, Json]:
    """Return the options, always with a ``format``; ``wrong`` lists the invalid keys.

    ``text`` is kept for a story only, which shows none: elsewhere it is the caption itself.
    """
    options: dict[str, Json] = {"format": "feed"}
    invalid_keys: list[Json] = []
    for key, parse in _PARSERS.items():
        if key not in channel_keys:
            continue
        value = parse(channel_keys[key])
        if isinstance(value, _Invalid):
            invalid_keys.append(key)
        elif key != "text":
            options[key] = value
    if options["format"] == "story" and isinstance(channel_keys.get("text"), str):
        options["text"] = channel_keys["text"]
    if "format" in invalid_keys:
        options["format"] = channel_keys["format"]
    return {**options, "wrong": invalid_keys} if invalid_keys else options


def _parse_text(value: Json) -> _Parsed:
    return value if isinstance(value, str) else _INVALID


def _parse_format(value: Json) -> _Parsed:
    return value if value in FORMATS else _INVALID


def _parse_flag(value: Json) -> _Parsed:
    return {"true": True, "false": False}.get(str(value).lower(), _INVALID)


def _parse_count(value: Json) -> _Parsed:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else _INVALID


def _parse_number(value: Json) -> _Parsed:
    text = str(value).strip()
    return text if text.isascii() and text.isdigit() and len(text) <= 32 else _INVALID


def _parse_names(value: Json) -> _Parsed:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return _INVALID
    return [str(item).strip().removeprefix("@") for item in items]


def _parse_tags(value: Json) -> _Parsed:
    items = value if isinstance(value, list) else [value]
    tags: list[Json] = []
    for tag in map(_parse_tag, items):
        if isinstance(tag, _Invalid):
            return _INVALID
        tags.append(tag)
    return tags


def _parse_tag(value: Json) -> _Parsed:
    """Return ``{"username", "x", "y", "media"}``.

    ``media`` counts from 1; absent x and y are None.
    """
    item: Mapping[str, Json] = {"username": value} if isinstance(value, str) else _as_mapping(value)
    name, media = item.get("username"), _parse_count(item.get("media", 1))
    x, y = _parse_share(item.get("x")), _parse_share(item.get("y"))
    if isinstance(x, _Invalid) or isinstance(y, _Invalid) or isinstance(media, _Invalid):
        return _INVALID
    if not isinstance(name, str) or set(item) - {"username", "x", "y", "media"}:
        return _INVALID
    return {"username": name.strip().removeprefix("@"), "x": x, "y": y, "media": media}


def _as_mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _parse_share(value: Json) -> _Parsed:
    """Return a float of any size, or None."""
    if value is None:
        return None
    try:
        number = float(str(value))
    except ValueError:
        return _INVALID
    return number if math.isfinite(number) and abs(number) < _MAX_NUMBER else _INVALID


_PARSERS: Mapping[str, Callable[[Json], _Parsed]] = {
    "text": _parse_text,
    "format": _parse_format,
    "share_to_feed": _parse_flag,
    "thumb_offset": _parse_count,
    "collaborators": _parse_names,
    "user_tags": _parse_tags,
    "location_id": _parse_number,
    "made_with_ai": _parse_flag,
}
