"""Choice of a post's template outside the window, and of the values that fill it.

The post's own values count, else the account's.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from humaspost.base.canonical_json import Json
from humaspost.model.document import to_plain_text
from humaspost.model.post import MediaKind, Post
from humaspost.model.rendition import Fallback

TemplateTexts = Sequence[str] | Mapping[str, str]
#: Media that a template's header can carry; a post with audio sends a template without it.
HEADERS = (MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.DOCUMENT)

#: Meta's categories for an office's messages; Meta decides the category, which decides the price.
CATEGORIES = ("MARKETING", "UTILITY")

_SPACE = re.compile(r"\s+")
_PLACEHOLDER = re.compile(r"\{(title|text|link)\}")


class TemplateSettings(Protocol):
    """A template of the config: its name and its values."""

    @property
    def name(self) -> str: ...
    @property
    def params(self) -> TemplateTexts: ...
    @property
    def header(self) -> str | Mapping[str, str]: ...
    @property
    def buttons(self) -> Sequence[str | Mapping[str, str]]: ...
    @property
    def category(self) -> str: ...


def to_single_line(text: str) -> str:
    """Return the text on one line.

    A template's parameter may contain no line break, tab or run of spaces (132018).
    """
    return _SPACE.sub(" ", text).strip()


def choose_template(
    post: Post,
    keys: Mapping[str, Json],
    templates: Mapping[MediaKind | None, TemplateSettings],
    *,
    kind: MediaKind | None,
    language: str,
) -> Fallback | None:
    """Return the template with its values, or None if neither post nor account names one.

    A template of the account that the post names gets the account's values, unless the post gives its own.
    """
    name = keys.get("template")
    if isinstance(name, str):
        account_template = next((choice for choice in templates.values() if choice.name == name), None)
    else:
        account_template = templates.get(kind)
    if account_template is None and not isinstance(name, str):
        return None
    params, header, buttons = (
        _own_value_or(account_template, keys, key) for key in ("params", "header", "buttons")
    )
    own = keys.get("template_language")
    return Fallback(
        account_template.name if account_template else str(name),
        own if isinstance(own, str) else language,
        params=tuple(_fill(text, post) for text in _text_values(params)),
        header=kind in HEADERS,
        names=tuple(params) if isinstance(params, Mapping) else (),
        top=next((_fill(text, post) for text in _text_values(header)), ""),
        top_name=next(iter(header), "") if isinstance(header, Mapping) else "",
        buttons=tuple(_button_value(button, post) for button in buttons),
        category=str(_own_value_or(account_template, keys, "category") or ""),
    )


def _own_value_or(account_template: TemplateSettings | None, keys: Mapping[str, Json], key: str) -> Any:
    return keys[key] if key in keys and VALUE_CHECKS[key](keys[key]) else getattr(account_template, key, ())


def _text_values(texts: Any) -> Sequence[str]:
    if isinstance(texts, str):
        return [texts] if texts else []
    return list(texts.values()) if isinstance(texts, Mapping) else list(texts)


def _button_value(button: Any, post: Post) -> tuple[str, str]:
    """Return the kind and value of a button.

    The value is "" if the post lacks the value of one of its placeholders.
    Half an address leads to no page.
    """
    kind, text = next(iter(button.items()), ("", "")) if isinstance(button, Mapping) else ("", "")
    values = _placeholder_values(post)
    is_missing = any(not values[name].strip() for name in _PLACEHOLDER.findall(text))
    return str(kind), "" if is_missing else _replace_placeholders(text, values)


def _fill(text: str, post: Post) -> str:
    # WhatsApp refuses an empty parameter, and many posts have no link.
    values = _placeholder_values(post)
    return _replace_placeholders(text, {**values, "link": values["link"] or "-"})


def _placeholder_values(post: Post) -> Mapping[str, str]:
    return {"title": post.title, "text": to_plain_text(post.body), "link": post.link}


def _replace_placeholders(text: str, values: Mapping[str, str]) -> str:
    return to_single_line(_PLACEHOLDER.sub(lambda found: values[found[1]], text))


# -- the types that a post may write -------------------------------------------------------------------


def is_texts(value: Json) -> bool:
    """Return True if the value is a list of texts, or texts by name."""
    if isinstance(value, dict):
        return bool(value) and all(isinstance(text, str) for text in value.values())
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def is_header(value: Json) -> bool:
    """Return True if the value is a text, or one text by name."""
    return isinstance(value, str) or (isinstance(value, dict) and len(value) == 1 and is_texts(value))


def is_buttons(value: Json) -> bool:
    """Return True if the value is a list of ``{url: …}``, ``{payload: …}`` or "" for no value."""
    return isinstance(value, list) and all(map(is_button, value))


def is_button(value: object) -> bool:
    """Return True if the value is valid for one button."""
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


VALUE_CHECKS: Mapping[str, Callable[[Json], bool]] = {
    "template": _is_text,
    "template_language": _is_text,
    "params": is_texts,
    "header": is_header,
    "buttons": is_buttons,
    "category": lambda value: value in CATEGORIES,
}
