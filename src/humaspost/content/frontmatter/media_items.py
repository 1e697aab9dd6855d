"""The items of ``media:``."""

from collections.abc import Iterator
from pathlib import Path

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.content.frontmatter.fields import FieldReader, KeyMapping
from humaspost.content.frontmatter.hints import shorten, write_line_hint
from humaspost.content.frontmatter.keys import MEDIUM_KEYS, NameIndex, suggested_medium_key
from humaspost.content.frontmatter.post_fields import read_owners
from humaspost.model.post import Medium


def read_media(fields: FieldReader, names: NameIndex, *, folder: Path) -> tuple[Medium, ...]:
    """Return every item that names a file; the files themselves are not opened here."""
    return tuple(_read_items(fields, names, folder))


def _read_items(fields: FieldReader, names: NameIndex, folder: Path) -> Iterator[Medium]:
    value = fields.front_matter.data.get("media")
    if value is None:
        return
    if not isinstance(value, list):
        _report_not_list(fields, value)
        return
    for index, item in enumerate(value):
        medium = _read_item(fields, names, item, index=index, folder=folder)
        if medium:
            yield medium


def _report_not_list(fields: FieldReader, value: Json) -> None:
    file = value.get("file") if isinstance(value, dict) else value
    name = file if isinstance(file, str) and "\n" not in file else "media/a.jpg"
    hint = write_line_hint(f"media: [{{file: {name}, alt: ...}}]")
    fields.add_error("value-shape", _("'media' must be a list"), hint=hint, path="media")


def _read_item(
    fields: FieldReader, names: NameIndex, item: Json, *, index: int, folder: Path
) -> Medium | None:
    path = f"media.{index}"
    mapping: KeyMapping = item if isinstance(item, dict) else {"file": item}
    for key in mapping:
        if key not in MEDIUM_KEYS:
            message = _("there is no key {key!r} in an item of 'media'").format(key=shorten(key))
            fields.report_unknown(
                f"{path}.{key}", message, suggestion=suggested_medium_key(key), allowed_keys=MEDIUM_KEYS
            )
    item_path = path if isinstance(item, dict) else ""
    file = fields.read_single_line(mapping, "file", path=f"{item_path}.file" if item_path else path)
    if not file:
        _report_missing_file(fields, path)
        return None
    cover, captions = (
        fields.read_single_line(mapping, key, path=f"{path}.{key}") for key in ("cover", "captions")
    )
    return Medium(
        file=file,
        path=folder / file,
        index=index,
        alt=fields.read_text(mapping, "alt", path=f"{path}.alt"),
        only_for=read_owners(fields, mapping, "only", names=names, path=f"{path}.only"),
        part=fields.read_number(mapping, "part", path=f"{path}.part"),
        cover=folder / cover if cover else None,
        captions=folder / captions if captions else None,
    )


def _report_missing_file(fields: FieldReader, path: str) -> None:
    at = fields.position_of(path)
    if any(problem.position and problem.position.line == at.line for problem in fields.report.problems):
        return
    message = _("this item of 'media' names no file")
    fields.add_error("media-without-file", message, hint=write_line_hint("- file: media/a.jpg"), path=path)
