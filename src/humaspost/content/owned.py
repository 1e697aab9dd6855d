"""Keys that only one channel or account reads: ``x:``, ``instagram:``, an account's name."""

from collections.abc import Mapping

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.content.frontmatter.fields import Fields
from humaspost.content.frontmatter.hints import clipped, listed, quoted, write
from humaspost.content.frontmatter.keys import SAME, Known


def own(fields: Fields, known: Known) -> dict[str, Mapping[str, Json]]:
    """Per channel or account its own keys, as written; a key without a value is left out."""
    found: dict[str, Mapping[str, Json]] = {}
    for key, value in fields.front.data.items():
        name = SAME.get(key, key)
        if name not in known.owners:
            continue
        if isinstance(value, dict):
            found[name] = _checked(fields, key, value, known.owners[name])
        elif value is not None:
            message = _("{key!r} must hold keys of its own").format(key=key)
            hint = _own_hint(key, value, known.owners[name])
            fields.error("value-shape", message, hint=hint, path=key)
    return found


def _own_hint(key: str, value: Json, allowed: Mapping[str, str]) -> str:
    if isinstance(value, str) and "text" in allowed:
        return write(f"{key}: {{text: {quoted(value)}}}")
    return _("known keys: {keys}").format(keys=listed(allowed))


def _checked(
    fields: Fields, owner: str, value: Mapping[str, Json], allowed: Mapping[str, str]
) -> dict[str, Json]:
    for key in value:
        if key not in allowed:
            message = _("there is no key {key!r} under {owner!r}").format(key=clipped(key), owner=owner)
            near = nearest(key, allowed)
            fields.unknown(f"{owner}.{key}", message, near=near, known=sorted(allowed))
    return {key: item for key, item in value.items() if item is not None}
