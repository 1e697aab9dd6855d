"""One file's bytes as a post, or as the problems that keep it from being one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from humaspost.base.i18n import _
from humaspost.content import characters, source
from humaspost.content.body import markdown
from humaspost.content.frontmatter import media_items, post_fields, yaml_loader
from humaspost.content.frontmatter.fields import Fields
from humaspost.content.frontmatter.hints import clipped, listed, write
from humaspost.content.frontmatter.keys import POST, SAME, Known, meant
from humaspost.content.frontmatter.positions import FIRST_LINE
from humaspost.content.report import Page
from humaspost.model.document import Document
from humaspost.model.post import Post, Visibility, When
from humaspost.model.problem import Place, Problem


@dataclass(frozen=True, slots=True)
class Broken:
    """What could be read of a post with errors; "" and None = that could not."""

    id: str = ""
    date: When | None = None
    draft: bool = False

    def is_due(self, now: datetime) -> bool:
        """Whether it would be sent by now; one whose date cannot be read may be."""
        return not self.draft and (self.date is None or self.date.utc <= now)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one file is: a ``post``, or what is left of one with errors."""

    file: str
    post: Post | None
    problems: tuple[Problem, ...] = ()
    broken: Broken = Broken()

    @property
    def id(self) -> str:
        """The post's id, "" where it could not be read."""
        return self.post.id if self.post else self.broken.id


def parse(raw: bytes, *, file: str, folder: Path, known: Known) -> Parsed:
    """The post that the bytes are; never raises.

    ``file`` is relative to the project; media are relative to ``folder``.
    """
    page = Page(file)
    halves = source.split(raw, page)
    front = _front(halves, page) if halves else None
    if halves is None or front is None:
        return Parsed(file, None, tuple(page.problems))
    body = markdown.document(halves.body, page, first_line=halves.body_line)
    front.places.put("body", Place(halves.body_line, 1))
    post = _post(Fields(front, page), known, body=body, folder=folder, digest=hashlib.sha256(raw).hexdigest())
    found = tuple(page.problems)
    if page.broken:
        return Parsed(file, None, found, Broken(post.id, post.date, post.draft))
    return Parsed(file, post, found)


def _front(halves: source.Source, page: Page) -> yaml_loader.Front | None:
    characters.look(halves.body, page, first_line=halves.body_line)
    clean = characters.look(halves.front, page, first_line=FIRST_LINE)
    return yaml_loader.load(halves.front, page) if clean else None


def _post(fields: Fields, known: Known, *, body: Document, folder: Path, digest: str) -> Post:
    _unknown_keys(fields, known)
    data = fields.front.data
    draft = fields.flag(data, "draft")
    date = post_fields.date(fields, known.zone, draft=draft)
    return Post(
        id=post_fields.post_id(fields, fields.page.file.rpartition("/")[2].rpartition(".")[0]),
        file=fields.page.file,
        title=_title(fields),
        body=body,
        date=date,
        expires=post_fields.expires(fields, known.zone, date),
        channels=_channels(fields, known, draft=draft),
        audiences=post_fields.audiences(fields, known.audiences),
        type=fields.line(data, "type"),
        tags=post_fields.tags(fields),
        link=post_fields.link(fields),
        visibility=Visibility(fields.choice(data, "visibility", _VISIBILITIES) or "public"),
        media=media_items.media(fields, known, folder=folder),
        corrects=fields.line(data, "corrects") or None,
        repeats=fields.line(data, "repeats") or None,
        draft=draft,
        late=post_fields.late(fields),
        own=post_fields.own(fields, known),
        places=fields.front.places,
        lines=fields.page.lines,
        digest=digest,
    )


_VISIBILITIES: Sequence[str] = [choice.value for choice in Visibility]


def _title(fields: Fields) -> str:
    title = fields.line(fields.front.data, "title")
    if not title and fields.front.data.get("title") is None:
        fields.missing(
            "title-missing", _("the post has no title"), hint=_('write: title: "..."'), key="title"
        )
    return title


def _channels(fields: Fields, known: Known, *, draft: bool) -> tuple[str, ...]:
    found = post_fields.owners(fields, fields.front.data, "channels", known=known.channels)
    if not found and not draft and not fields.front.data.get("channels"):
        message = _("the post does not say where to publish it")
        hint = write(f"channels: [{listed(known.channels) or 'x'}]")
        fields.missing("channels-missing", message, hint=hint, key="channels")
    return found


def _unknown_keys(fields: Fields, known: Known) -> None:
    seen: dict[str, str] = {}
    for key in fields.front.data:
        name = SAME.get(key, key)
        if name != key:
            fields.front.places.also(key, name)
        if name not in POST and name not in known.owners:
            near = meant(key, known.owners)
            fields.meant.add(near)
            message = _("there is no key {key!r} in a post").format(key=clipped(key))
            fields.unknown(key, message, near=near, known=POST)
        elif name in seen:
            message = _("{key!r} and {other!r} are the same key").format(key=key, other=seen[name])
            hint = _("keep one of the two")
            fields.page.error("duplicate-key", message, hint=hint, at=fields.front.keys[key], field=key)
        seen[name] = key
