"""The items of ``media:``."""

from collections.abc import Iterator
from pathlib import Path

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.content.frontmatter.fields import Fields, Holder
from humaspost.content.frontmatter.hints import clipped, write
from humaspost.content.frontmatter.keys import MEDIUM, Known, meant_of_medium
from humaspost.content.frontmatter.post_fields import owners
from humaspost.model.post import Medium


def media(fields: Fields, known: Known, *, folder: Path) -> tuple[Medium, ...]:
    """Every item that names a file; what the files are is not looked at here."""
    return tuple(_media(fields, known, folder))


def _media(fields: Fields, known: Known, folder: Path) -> Iterator[Medium]:
    value = fields.front.data.get("media")
    if value is None:
        return
    if not isinstance(value, list):
        _no_list(fields, value)
        return
    for index, item in enumerate(value):
        medium = _medium(fields, known, item, index=index, folder=folder)
        if medium:
            yield medium


def _no_list(fields: Fields, value: Json) -> None:
    file = value.get("file") if isinstance(value, dict) else value
    name = file if isinstance(file, str) and "\n" not in file else "media/a.jpg"
    hint = write(f"media: [{{file: {name}, alt: ...}}]")
    fields.error("value-shape", _("'media' must be a list"), hint=hint, path="media")


def _medium(fields: Fields, known: Known, item: Json, *, index: int, folder: Path) -> Medium | None:
    path = f"media.{index}"
    holder: Holder = item if isinstance(item, dict) else {"file": item}
    for key in holder:
        if key not in MEDIUM:
            message = _("there is no key {key!r} in an item of 'media'").format(key=clipped(key))
            fields.unknown(f"{path}.{key}", message, near=meant_of_medium(key), known=MEDIUM)
    below = path if isinstance(item, dict) else ""
    file = fields.line(holder, "file", path=f"{below}.file" if below else path)
    if not file:
        _no_file(fields, path)
        return None
    cover, captions = (fields.line(holder, key, path=f"{path}.{key}") for key in ("cover", "captions"))
    return Medium(
        file=file,
        path=folder / file,
        index=index,
        alt=fields.text(holder, "alt", path=f"{path}.alt"),
        only=owners(fields, holder, "only", known=known.channels, path=f"{path}.only"),
        part=fields.number(holder, "part", path=f"{path}.part"),
        cover=folder / cover if cover else None,
        captions=folder / captions if captions else None,
    )


def _no_file(fields: Fields, path: str) -> None:
    at = fields.place(path)
    if any(problem.place and problem.place.line == at.line for problem in fields.page.problems):
        return
    message = _("this item of 'media' names no file")
    fields.error("media-without-file", message, hint=write("- file: media/a.jpg"), path=path)
