"""The parser of the body: CommonMark and ``~~strike~~``, as the model's blocks."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from humaspost.base.i18n import _
from humaspost.content.body import inlines
from humaspost.content.body.comments import BodyPart, split_parts
from humaspost.content.report import FileReport
from humaspost.model.document import (
    Block,
    CodeBlock,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    PartBreak,
    Quote,
    Text,
)
from humaspost.model.problem import Position

#: Levels of lists and quotes inside each other. A post needs no more, and each level costs parser time.
_MAX_DEPTH = 10
#: The parser's own limit. The parser counts two levels for a list, so this limit lets one level more than
#: allowed reach the reader, which reports it.
_PARSER_LEVELS = 2 * _MAX_DEPTH + 4
#: Characters that may be more than bold or italic. A body without any consists of paragraphs, most of them
#: plain text.
_MARKUP_CHARACTER = re.compile(
    r"[\\`~\[<&\t\x0b\x0c\x1c-\x1f\x85\u2028\u2029]|\n[ ]*(?:\*(?!\S)|(?:[*_][ ]*){3})"
)
_BLOCK_START = re.compile(r"\n[ ]*(?:[-+=>#]|[0-9]+[.)])|\n[ ]{4}|[ ]{2}\n")
_BLANK_LINES = re.compile(r"\n(?:[ ]*\n)+")
_SOFT_BREAK = re.compile(r"[ ]*\n[ ]*")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:[ \t][^<>\n]{0,200})?/?>")


def parse_document(body: str, report: FileReport, *, first_line: int) -> Document:
    """Return the body's blocks, with a part break between the parts of a thread."""
    blocks: list[Block] = []
    for number, body_part in enumerate(split_parts(body, report, first_line=first_line)):
        if number:
            blocks.append(PartBreak())
        blocks.extend(_parse_blocks(body_part, report))
    return tuple(blocks)


def _parse_blocks(body_part: BodyPart, report: FileReport) -> Iterator[Block]:
    padded_text = f"\n{body_part.text}\n"
    if not _MARKUP_CHARACTER.search(padded_text) and not _BLOCK_START.search(padded_text):
        return _parse_paragraphs(body_part.text)
    for tag in _TAG.finditer(body_part.text):
        _report_html(body_part, tag, report)
        break
    return _TokenReader(_parser().parse(body_part.text), body_part, report).read_blocks()


def _parse_paragraphs(text: str) -> Iterator[Block]:
    """Yield the parser's paragraphs for a text whose only markup is ``*`` and ``_``.

    This is much faster than the full parser.
    """
    for block in _BLANK_LINES.split(text):
        words = block.strip(" \n")
        if "*" in words or "_" in words:
            (line,) = _parser().parseInline(words.strip())
            yield Paragraph(inlines.read_inlines(line.children or []))
        elif words:
            yield Paragraph((Text(_SOFT_BREAK.sub(" ", words)),))


class _Markdown(MarkdownIt):
    """A CommonMark parser that keeps addresses as they were written."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's own name, overridden
        return url


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return _Markdown("commonmark", {"html": False, "maxNesting": _PARSER_LEVELS}).enable("strikethrough")


class _TokenReader:
    """A single pass over the parser's flat tokens."""

    def __init__(self, tokens: Sequence[Token], piece: BodyPart, page: FileReport) -> None:
        self.tokens = tokens
        self.body_part = piece
        self.report = page
        self.index = 0
        self.depth = 0

    def read_blocks(self, closing: str = "") -> Iterator[Block]:
        """Yield the blocks up to the token that closes this level."""
        while self.index < len(self.tokens):
            token = self.tokens[self.index]
            self.index += 1
            if token.type == closing:
                return
            yield from self._read_block(token)

    def _nested(self, token: Token) -> Iterator[Block]:
        """Yield the list or quote that the token opens; report a level that is too deep."""
        if self.depth == _MAX_DEPTH:
            _report_too_deep(self._file_line(token), self.report)
            self.index = len(self.tokens)
            return
        self.depth += 1
        if token.type == "blockquote_open":
            yield Quote(tuple(self.read_blocks("blockquote_close")))
        elif token.type == "bullet_list_open":
            yield ListBlock(None, tuple(self._read_items("bullet_list_close")))
        else:
            start = token.attrGet("start")
            yield ListBlock(1 if start is None else int(start), tuple(self._read_items("ordered_list_close")))
        self.depth -= 1

    def _read_block(self, token: Token) -> Iterator[Block]:
        match token.type:
            case "paragraph_open":
                yield Paragraph(self._read_inlines())
            case "heading_open":
                yield Heading(int(token.tag[1]), self._read_inlines())
            case "fence" | "code_block":
                yield CodeBlock(token.content)
            case "blockquote_open" | "bullet_list_open" | "ordered_list_open":
                yield from self._nested(token)

    def _read_items(self, closing: str) -> Iterator[tuple[Block, ...]]:
        while self.tokens[self.index].type != closing:
            self.index += 1
            yield tuple(self.read_blocks("list_item_close"))
            if self.index >= len(self.tokens):
                return
        self.index += 1

    def _read_inlines(self) -> inlines.Inlines:
        token = self.tokens[self.index]
        self.index += 2
        children = token.children or []
        if any(child.type == "image" for child in children):
            self._report_image(token)
        return inlines.read_inlines(children)

    def _file_line(self, token: Token) -> int:
        return self.body_part.first_line + (token.map[0] if token.map else 0)

    def _report_image(self, token: Token) -> None:
        line = self._file_line(token)
        column = self.report.line_text(line).find("![") + 1
        message = _("a picture in the text is not published; pictures stand under 'media'")
        hint = _("write above: media: [{file: ..., alt: ...}]")
        self.report.add_error(
            "body-image", message, hint=hint, position=Position(line, max(1, column), 2), field="body"
        )


def _report_too_deep(line: int, report: FileReport) -> None:
    message = _("lists and quotes stand more than {count} levels deep within each other").format(
        count=_MAX_DEPTH
    )
    report.add_error(
        "body-nesting", message, hint=_("write it flat"), position=Position(line, 1), field="body"
    )


def _report_html(body_part: BodyPart, tag: "re.Match[str]", report: FileReport) -> None:
    line = body_part.first_line + body_part.text.count("\n", 0, tag.start())
    column = report.line_text(line).find(tag[0]) + 1
    message = _("{tag} would be published as it stands; HTML means nothing here").format(tag=tag[0][:40])
    hint = _("for bold write **bold**; for a line break end the line with a backslash")
    report.add_warning(
        "html-ignored", message, hint=hint, position=Position(line, max(1, column), len(tag[0])), field="body"
    )
