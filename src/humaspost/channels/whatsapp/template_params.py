"""Which template a post takes outside the window, and what fills it: its own words, else the account's."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from humaspost.base.canonical_json import Json
from humaspost.model.document import plain
from humaspost.model.post import Kind, Post
from humaspost.model.rendition import Fallback

Texts = Sequence[str] | Mapping[str, str]
#: Media that a template's header can carry; a post with a sound sends a template without it.
HEADERS = (Kind.IMAGE, Kind.VIDEO, Kind.DOCUMENT)

#: Meta's categories for what an office sends; its decision, and it decides the price.
CATEGORIES = ("MARKETING", "UTILITY")

_SPACE = re.compile(r"\s+")
_PLACEHOLDER = re.compile(r"\{(title|text|link)\}")


class Choice(Protocol):
    """One template of the config: its name and what fills it."""

    @property
    def name(self) -> str: ...
    @property
    def params(self) -> Texts: ...
    @property
    def header(self) -> str | Mapping[str, str]: ...
    @property
    def buttons(self) -> Sequence[str | Mapping[str, str]]: ...
    @property
    def category(self) -> str: ...


def flat(text: str) -> str:
    """The text on one line: a template's parameter may hold no line break, tab or run of spaces (132018)."""
    return _SPACE.sub(" ", text).strip()


def chosen(
    post: Post,
    keys: Mapping[str, Json],
    templates: Mapping[Kind | None, Choice],
    *,
    kind: Kind | None,
    language: str,
) -> Fallback | None:
    """The template, filled in; None where neither the post nor the account names one.

    A template of the account that the post names is filled as the account fills it, unless the post says how.
    """
    name = keys.get("template")
    if isinstance(name, str):
        usual = next((choice for choice in templates.values() if choice.name == name), None)
    else:
        usual = templates.get(kind)
    if usual is None and not isinstance(name, str):
        return None
    params, header, buttons = (_own_or(usual, keys, key) for key in ("params", "header", "buttons"))
    own = keys.get("template_language")
    return Fallback(
        usual.name if usual else str(name),
        own if isinstance(own, str) else language,
        params=tuple(_filled(text, post) for text in _values(params)),
        header=kind in HEADERS,
        names=tuple(params) if isinstance(params, Mapping) else (),
        top=next((_filled(text, post) for text in _values(header)), ""),
        top_name=next(iter(header), "") if isinstance(header, Mapping) else "",
        buttons=tuple(_button(button, post) for button in buttons),
        category=str(_own_or(usual, keys, "category") or ""),
    )


def _own_or(usual: Choice | None, keys: Mapping[str, Json], key: str) -> Any:
    return keys[key] if key in keys and SHAPES[key](keys[key]) else getattr(usual, key, ())


def _values(given: Any) -> Sequence[str]:
    if isinstance(given, str):
        return [given] if given else []
    return list(given.values()) if isinstance(given, Mapping) else list(given)


def _button(given: Any, post: Post) -> tuple[str, str]:
    """What it takes; "" where the post has nothing for a placeholder in it: half an address leads nowhere."""
    kind, text = next(iter(given.items()), ("", "")) if isinstance(given, Mapping) else ("", "")
    values = _values_of(post)
    lacks = any(not values[name].strip() for name in _PLACEHOLDER.findall(text))
    return str(kind), "" if lacks else _put(text, values)


def _filled(text: str, post: Post) -> str:
    # WhatsApp refuses an empty parameter, and many a post has no link.
    values = _values_of(post)
    return _put(text, {**values, "link": values["link"] or "-"})


def _values_of(post: Post) -> Mapping[str, str]:
    return {"title": post.title, "text": plain(post.body), "link": post.link}


def _put(text: str, values: Mapping[str, str]) -> str:
    return flat(_PLACEHOLDER.sub(lambda found: values[found[1]], text))


# -- the shapes that a post may write ------------------------------------------------------------------


def is_texts(value: Json) -> bool:
    """A list of texts, or texts by their names."""
    if isinstance(value, dict):
        return bool(value) and all(isinstance(text, str) for text in value.values())
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def is_header(value: Json) -> bool:
    """A text, or one text by its name."""
    return isinstance(value, str) or (isinstance(value, dict) and len(value) == 1 and is_texts(value))


def is_buttons(value: Json) -> bool:
    """A list of ``{url: …}``, ``{payload: …}`` or "" for one that takes nothing."""
    return isinstance(value, list) and all(map(is_button, value))


def is_button(value: object) -> bool:
    """One button's filling."""
    if value == "":
        return True
    return (
        isinstance(value, dict)
        and len(value) == 1
        and set(value) <= {"url", "payload"}
        and all(map(_is_text, value.values()))
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


SHAPES: Mapping[str, Callable[[Json], bool]] = {
    "template": _is_text,
    "template_language": _is_text,
    "params": is_texts,
    "header": is_header,
    "buttons": is_buttons,
    "category": lambda value: value in CATEGORIES,
}
