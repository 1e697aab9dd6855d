"""A parsed file as JSON, for the next process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.content.frontmatter.positions import PositionIndex
from humaspost.content.post_file import BrokenPost, ParsedFile
from humaspost.model.compact import pack_problem, pack_time, unpack_problem, unpack_time
from humaspost.model.document import (
    Block,
    Break,
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Inline,
    Link,
    ListBlock,
    Paragraph,
    PartBreak,
    Quote,
    Strike,
    Strong,
    Text,
)
from humaspost.model.post import Late, Medium, Post, Visibility


def pack_file(parsed: ParsedFile) -> list[Json]:
    """Return the parsed file, but its path, as JSON; ``unpack_file`` is the inverse."""
    broken = parsed.broken_post
    return [
        _pack_post(parsed.post) if parsed.post else None,
        [pack_problem(problem) for problem in parsed.problems],
        [broken.id, pack_time(broken.date), broken.draft, list(broken.channels)],
    ]


def unpack_file(data: Sequence[Any], file: str) -> ParsedFile:
    """Return the parsed ``file`` that ``pack_file`` packed."""
    post, problems, (id_, date, draft, channels) = data
    return ParsedFile(
        file,
        _unpack_post(post, file) if post else None,
        tuple(unpack_problem(problem) for problem in problems),
        BrokenPost(id_, unpack_time(date), draft, tuple(channels)),
    )


def _pack_post(post: Post) -> list[Any]:
    if not isinstance(post.positions, PositionIndex):
        raise TypeError(post.positions)
    return [
        post.id,
        post.title,
        [_pack_block(block) for block in post.body],
        pack_time(post.date),
        pack_time(post.expires),
        post.channels,
        post.audiences,
        post.type,
        post.tags,
        post.link,
        post.visibility.value,
        [_pack_medium(medium) for medium in post.media],
        post.corrects,
        post.repeats,
        post.draft,
        post.late.value if post.late else None,
        post.allow,
        post.joins_lines,
        post.channel_keys,
        post.positions.spans,
        "\n".join(post.lines) if post.lines else None,
        post.digest,
    ]


def _unpack_post(data: Sequence[Any], file: str) -> Post:
    (
        id_, title, body, date, expires, channels, audiences, type_, tags, link, visibility, media,
        corrects, repeats, draft, late, allow, joins_lines, channel_keys, spans, lines, digest,
    ) = data  # fmt: skip
    return Post(
        id_,
        file,
        title,
        tuple([_unpack_block(block) for block in body]),
        unpack_time(date),
        unpack_time(expires),
        tuple(channels),
        tuple(audiences),
        type_,
        tuple(tags),
        link,
        Visibility(visibility),
        tuple([_unpack_medium(medium) for medium in media]),
        corrects,
        repeats,
        draft,
        Late(late) if late else None,
        tuple(allow),
        joins_lines,
        channel_keys,
        PositionIndex(spans),
        tuple(lines.split("\n")) if lines is not None else (),
        digest,
    )


def _pack_medium(medium: Medium) -> list[Any]:
    """Return the entry of a medium that was not probed yet."""
    cover, captions = medium.cover, medium.captions
    return [
        medium.file,
        str(medium.path),
        medium.index,
        medium.alt,
        medium.only_for,
        medium.part,
        str(cover) if cover else None,
        str(captions) if captions else None,
    ]


def _unpack_medium(data: Sequence[Any]) -> Medium:
    file, path, index, alt, only_for, part, cover, captions = data
    return Medium(
        file,
        Path(path),
        index,
        alt,
        tuple(only_for),
        part,
        Path(cover) if cover else None,
        Path(captions) if captions else None,
    )


# -- the body: plain text is a string, everything else a list that begins with its kind -----------


def _pack_inlines(children: Sequence[Inline]) -> list[Any]:
    return [_pack_inline(child) for child in children]


def _pack_inline(child: Inline) -> Any:
    match child:
        case Text(value):
            return value
        case Code(value):
            return ["code", value]
        case Break():
            return ["break"]
        case Link(href, children):
            return ["link", href, _pack_inlines(children)]
        case Strong(children) | Emphasis(children) | Strike(children):
            return [_SPANS_BY_CLASS[type(child)], _pack_inlines(children)]


_SPANS: dict[str, type[Strong | Emphasis | Strike]] = {
    "strong": Strong,
    "emphasis": Emphasis,
    "strike": Strike,
}
_SPANS_BY_CLASS = {kind: name for name, kind in _SPANS.items()}


def _unpack_inlines(data: Sequence[Any]) -> tuple[Inline, ...]:
    return tuple([Text(item) if isinstance(item, str) else _unpack_inline(item) for item in data])


def _unpack_inline(data: Sequence[Any]) -> Inline:
    match data:
        case ["code", value]:
            return Code(value)
        case ["break"]:
            return Break()
        case ["link", href, children]:
            return Link(href, _unpack_inlines(children))
        case [kind, children]:
            return _SPANS[kind](_unpack_inlines(children))
    raise ValueError(data)


def _pack_block(block: Block) -> list[Any]:
    match block:
        case Paragraph(children):
            return ["p", _pack_inlines(children)]
        case Heading(level, children):
            return ["h", level, _pack_inlines(children)]
        case ListBlock(start, items, marks):
            return ["list", start, [[_pack_block(block) for block in item] for item in items], marks]
        case Quote(blocks):
            return ["quote", [_pack_block(block) for block in blocks]]
        case CodeBlock(value):
            return ["code", value]
        case PartBreak():
            return ["part"]


def _unpack_block(data: Sequence[Any]) -> Block:
    match data:
        case ["p", children]:
            return Paragraph(_unpack_inlines(children))
        case ["h", level, children]:
            return Heading(level, _unpack_inlines(children))
        case ["list", start, items, marks]:
            return ListBlock(start, tuple(_unpack_document(item) for item in items), tuple(marks))
        case ["quote", blocks]:
            return Quote(_unpack_document(blocks))
        case ["code", value]:
            return CodeBlock(value)
        case ["part"]:
            return PartBreak()
    raise ValueError(data)


def _unpack_document(data: Sequence[Any]) -> Document:
    return tuple(_unpack_block(block) for block in data)
