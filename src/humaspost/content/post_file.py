"""One file's bytes as a post, or as the problems that prevent one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from humaspost.base.i18n import _
from humaspost.content import characters, conflict_marks, placeholders, source
from humaspost.content.body import markdown
from humaspost.content.body.comments import blank_comments
from humaspost.content.body.layout_checks import check_layout
from humaspost.content.body.pasted import normalize_pasted, normalize_spaces
from humaspost.content.frontmatter import media_items, post_fields, yaml_loader
from humaspost.content.frontmatter.fields import FieldReader
from humaspost.content.frontmatter.hints import join_names, shorten, write_line_hint
from humaspost.content.frontmatter.keys import POST_KEYS, NameIndex, suggested_key
from humaspost.content.frontmatter.positions import FRONT_MATTER_LINE
from humaspost.content.report import FileReport
from humaspost.model.document import Document
from humaspost.model.post import Post, PublishTime, Visibility
from humaspost.model.problem import Position, Problem


@dataclass(frozen=True, slots=True)
class BrokenPost:
    """The readable fields of a post with errors; "" or None for an unreadable field."""

    id: str = ""
    date: PublishTime | None = None
    draft: bool = False
    channels: tuple[str, ...] = ()

    def is_due(self, now: datetime) -> bool:
        """Return True if the post is due by ``now``; a post with an unreadable date counts as due."""
        return not self.draft and (self.date is None or self.date.utc <= now)


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The result of one file: a ``post``, or the readable fields of a post with errors.

    ``is_copy`` = a copy of another file, so no post at all.
    """

    file: str
    post: Post | None
    problems: tuple[Problem, ...] = ()
    broken_post: BrokenPost = BrokenPost()
    is_copy: bool = False

    @property
    def id(self) -> str:
        """Return the post's id, "" if it could not be read."""
        return self.post.id if self.post else self.broken_post.id


def parse_post_file(raw: bytes, *, file: str, folder: Path, names: NameIndex) -> ParsedFile:
    """Return the post in the bytes, or its problems; never raises.

    ``file`` is relative to the project; media are relative to ``folder``.
    """
    report = FileReport(file)
    source_text = source.split_source(raw, report)
    if conflict_marks.report_conflict_marks("\n".join(report.lines), report):
        return ParsedFile(file, None, tuple(report.problems))
    front_matter = _load_front_matter(source_text, report) if source_text else None
    if source_text is None or front_matter is None:
        return ParsedFile(file, None, tuple(report.problems))
    front_matter.value_positions.add("body", Position(source_text.body_line, 1))
    post = _build_post(
        FieldReader(front_matter, report),
        names,
        body=_parse_body(source_text, report, joins_lines=names.joins_lines),
        folder=folder,
        digest=hashlib.sha256(raw).hexdigest(),
    )
    placeholders.report_placeholders(post, source_text.body, source_text.body_line, report)
    problems = tuple(report.problems)
    if report.has_errors:
        broken_post = BrokenPost(post.id, post.date, post.draft, post.channels)
        return ParsedFile(file, None, problems, broken_post)
    return ParsedFile(file, post, problems)


def _parse_body(source_text: source.SourceText, page: FileReport, *, joins_lines: bool) -> Document:
    body, line = normalize_pasted(source_text.body), source_text.body_line
    check_layout(blank_comments(source_text.body), page, first_line=line, joins_lines=joins_lines)
    return markdown.parse_document(body, page, first_line=line, joins_lines=joins_lines)


def _load_front_matter(source_text: source.SourceText, page: FileReport) -> yaml_loader.FrontMatter | None:
    characters.check(normalize_pasted(source_text.body), page, first_line=source_text.body_line)
    keys = normalize_spaces(source_text.front_matter)
    is_clean = characters.check(keys, page, first_line=FRONT_MATTER_LINE)
    return yaml_loader.load_front_matter(keys, page) if is_clean else None


def _build_post(fields: FieldReader, names: NameIndex, *, body: Document, folder: Path, digest: str) -> Post:
    _report_unknown_keys(fields, names)
    data = fields.front_matter.data
    draft = fields.read_flag(data, "draft")
    date = post_fields.read_date(fields, names.zone, draft=draft)
    return Post(
        id=post_fields.read_post_id(fields, fields.report.file.rpartition("/")[2].rpartition(".")[0]),
        file=fields.report.file,
        title=_read_title(fields),
        body=body,
        date=date,
        expires=post_fields.read_expires(fields, names.zone, date),
        channels=_read_channels(fields, names, draft=draft),
        audiences=post_fields.read_audiences(fields, names.audiences),
        type=fields.read_single_line(data, "type"),
        tags=post_fields.read_tags(fields),
        link=post_fields.read_link(fields),
        visibility=Visibility(fields.read_enum(data, "visibility", _VISIBILITIES) or "public"),
        media=media_items.read_media(fields, names, folder=folder),
        corrects=fields.read_single_line(data, "corrects") or None,
        repeats=fields.read_single_line(data, "repeats") or None,
        draft=draft,
        late=post_fields.read_late_policy(fields),
        allow=post_fields.read_allowed(fields),
        joins_lines=names.joins_lines,
        channel_keys=post_fields.read_channel_keys(fields, names),
        positions=fields.front_matter.value_positions,
        lines=fields.report.lines,
        digest=digest,
    )


_VISIBILITIES: Sequence[str] = [choice.value for choice in Visibility]


def _read_title(fields: FieldReader) -> str:
    title = fields.read_single_line(fields.front_matter.data, "title")
    if not title and fields.front_matter.data.get("title") is None:
        fields.report_missing(
            "title-missing", _("the post has no title"), hint=_('write: title: "..."'), key="title"
        )
    return title


def _read_channels(fields: FieldReader, names: NameIndex, *, draft: bool) -> tuple[str, ...]:
    owners = post_fields.read_owners(fields, fields.front_matter.data, "channels", names=names)
    if not owners and not draft and not fields.front_matter.data.get("channels"):
        message = _("the post does not say where to publish it")
        hint = write_line_hint(f"channels: [{join_names(names.channels) or 'x'}]")
        fields.report_missing("channels-missing", message, hint=hint, key="channels")
    return owners


def _report_unknown_keys(fields: FieldReader, index: NameIndex) -> None:
    reported: dict[str, str] = {}
    for key in fields.front_matter.data:
        name = index.resolve_alias(key)
        if name != key:
            fields.front_matter.value_positions.copy_prefix(key, name)
        if name not in POST_KEYS and name not in index.owners:
            suggestion = suggested_key(key, index.owners)
            fields.suggested_keys.add(suggestion)
            message = _("there is no key {key!r} in a post").format(key=shorten(key))
            fields.report_unknown(key, message, suggestion=suggestion, allowed_keys=POST_KEYS)
        elif name in reported:
            message = _("{key!r} and {other!r} are the same key").format(key=key, other=reported[name])
            hint = _("keep one of the two")
            fields.report.add_error(
                "duplicate-key",
                message,
                hint=hint,
                position=fields.front_matter.key_positions[key],
                field=key,
            )
        reported[name] = key
