"""The values under ``instagram:`` as a rendition keeps them; what cannot be used is named, for ``check``."""

import math
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TypeAlias

from humaspost.base.canonical_json import Json
from humaspost.channels.instagram.rules import FORMATS

#: No share of a picture is larger, however the author meant it.
_LARGEST = 10**9


class _Wrong(Enum):
    """A value that cannot be used."""

    VALUE = "wrong"


_WRONG = _Wrong.VALUE
_Read: TypeAlias = "Json | _Wrong"


def read(own: Mapping[str, Json]) -> dict[str, Json]:
    """What the keys say, always with a ``format``; ``wrong`` lists the keys whose values cannot be used.

    ``text`` is kept of a story only, which shows none: elsewhere it is the caption itself.
    """
    found: dict[str, Json] = {"format": "feed"}
    wrong: list[Json] = []
    for key, reading in _READINGS.items():
        if key not in own:
            continue
        value = reading(own[key])
        if isinstance(value, _Wrong):
            wrong.append(key)
        elif key != "text":
            found[key] = value
    if found["format"] == "story" and isinstance(own.get("text"), str):
        found["text"] = own["text"]
    if "format" in wrong:
        found["format"] = own["format"]
    return {**found, "wrong": wrong} if wrong else found


def _text(value: Json) -> _Read:
    return value if isinstance(value, str) else _WRONG


def _format(value: Json) -> _Read:
    return value if value in FORMATS else _WRONG


def _flag(value: Json) -> _Read:
    return {"true": True, "false": False}.get(str(value).lower(), _WRONG)


def _count(value: Json) -> _Read:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else _WRONG


def _number(value: Json) -> _Read:
    text = str(value).strip()
    return text if text.isascii() and text.isdigit() and len(text) <= 32 else _WRONG


def _names(value: Json) -> _Read:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return _WRONG
    return [str(item).strip().removeprefix("@") for item in items]


def _tags(value: Json) -> _Read:
    items = value if isinstance(value, list) else [value]
    tags: list[Json] = []
    for tag in map(_tag, items):
        if isinstance(tag, _Wrong):
            return _WRONG
        tags.append(tag)
    return tags


def _tag(value: Json) -> _Read:
    """``{"username", "x", "y", "media"}``; ``media`` counts from 1, x and y None where not given."""
    item: Mapping[str, Json] = {"username": value} if isinstance(value, str) else _mapping(value)
    name, media = item.get("username"), _count(item.get("media", 1))
    x, y = _share(item.get("x")), _share(item.get("y"))
    if isinstance(x, _Wrong) or isinstance(y, _Wrong) or isinstance(media, _Wrong):
        return _WRONG
    if not isinstance(name, str) or set(item) - {"username", "x", "y", "media"}:
        return _WRONG
    return {"username": name.strip().removeprefix("@"), "x": x, "y": y, "media": media}


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _share(value: Json) -> _Read:
    """A float, whatever its size; None where there is none."""
    if value is None:
        return None
    try:
        number = float(str(value))
    except ValueError:
        return _WRONG
    return number if math.isfinite(number) and abs(number) < _LARGEST else _WRONG


_READINGS: Mapping[str, Callable[[Json], _Read]] = {
    "text": _text,
    "format": _format,
    "share_to_feed": _flag,
    "thumb_offset": _count,
    "collaborators": _names,
    "user_tags": _tags,
    "location_id": _number,
    "made_with_ai": _flag,
}
