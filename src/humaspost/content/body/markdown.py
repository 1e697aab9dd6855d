"""The parser of the body: CommonMark, and the marks of WhatsApp, as the model's blocks."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from humaspost.base.i18n import _
from humaspost.content.body import inlines
from humaspost.content.body.comments import BodyPart, split_parts
from humaspost.content.body.literal_marks import add_literal_rules
from humaspost.content.report import FileReport
from humaspost.model.document import (
    Block,
    Break,
    CodeBlock,
    Document,
    Heading,
    Inline,
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
    r"[\\`~\[<\t\x0b\x0c\x1c-\x1f\x85\u2028\u2029]|\n[ ]*(?:\*(?!\S)|(?:[*_][ ]*){3})"
)
_BLOCK_START = re.compile(r"\n[ ]*(?:[-+>#]|[0-9]+[.)])|[ ]{2}\n")
_BLANK_LINES = re.compile(r"\n(?:[ ]*\n)+")
_LINE_BREAK = re.compile(r"[ ]*\n[ ]*")
#: Longest divider line that is Markdown's own; a longer one was typed to be seen.
_MAX_DIVIDER = 3
_TAG = re.compile(
    r"</?[A-Za-z][A-Za-z0-9-]*(?:[ \t][^<>\n]{0,200})?/?>|&(?:[A-Za-z]{2,8}|#[0-9]{2,6});|\[\^[^\]\s]{1,20}\]"
)


def parse_document(body: str, report: FileReport, *, first_line: int, joins_lines: bool = False) -> Document:
    """Return the body's blocks, with a part break between the parts of a thread.

    A line break is a line break; with ``joins_lines`` it is a space.
    """
    blocks: list[Block] = []
    line_break = Text(" ") if joins_lines else Break()
    for number, body_part in enumerate(split_parts(body, report, first_line=first_line)):
        if number:
            blocks.append(PartBreak())
        blocks.extend(_parse_blocks(body_part, report, line_break))
    return tuple(blocks)


def _parse_blocks(body_part: BodyPart, report: FileReport, line_break: Inline) -> Iterator[Block]:
    for tag in _TAG.finditer(body_part.text):
        _report_html(body_part, tag, report)
        break
    padded_text = f"\n{body_part.text}\n"
    if not _MARKUP_CHARACTER.search(padded_text) and not _BLOCK_START.search(padded_text):
        return _parse_paragraphs(body_part.text, line_break)
    tokens = _parser().parse(body_part.text)
    return _TokenReader(tokens, body_part, report, line_break).read_blocks()


def _parse_paragraphs(text: str, line_break: Inline) -> Iterator[Block]:
    """Yield the parser's paragraphs for a text whose only markup is ``*`` and ``_``.

    This is much faster than the full parser.
    """
    for block in _BLANK_LINES.split(text):
        words = block.strip()
        if "*" in words or "_" in words:
            (line,) = _parser().parseInline(words)
            yield Paragraph(inlines.read_inlines(line.children or [], line_break))
        elif words:
            yield Paragraph(inlines.join_lines(_LINE_BREAK.split(words), line_break))


class _Markdown(MarkdownIt):
    """A CommonMark parser that keeps addresses as they were written."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's own name, overridden
        return url


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = _Markdown("commonmark", {"html": False, "maxNesting": _PARSER_LEVELS}).enable("strikethrough")
    add_literal_rules(parser)
    return parser


class _TokenReader:
    """A single pass over the parser's flat tokens."""

    def __init__(
        self, tokens: Sequence[Token], piece: BodyPart, page: FileReport, line_break: Inline
    ) -> None:
        self.tokens = tokens
        self.body_part = piece
        self.report = page
        self.line_break = line_break
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
        else:
            yield self._read_list(token)
        self.depth -= 1

    def _read_list(self, token: Token) -> ListBlock:
        """Return the list with its numbers as they were typed, which Markdown would count anew."""
        marks: list[str] = []
        items = tuple(self._read_items(token.type.replace("_open", "_close"), marks))
        if token.type == "bullet_list_open":
            return ListBlock(None, items, tuple(marks) if token.markup == "+" else ())
        return ListBlock(int(marks[0][:-1]) if marks else 1, items, tuple(marks))

    def _read_block(self, token: Token) -> Iterator[Block]:
        match token.type:
            case "paragraph_open":
                yield Paragraph(self._read_inlines())
            case "heading_open":
                yield Heading(int(token.tag[1]), self._read_inlines())
            case "fence":
                yield CodeBlock(token.content.expandtabs(4))
            case "hr" if len(token.markup) > _MAX_DIVIDER + 1:
                yield Paragraph((Text(token.markup[1:]),))  # the parser counts one sign too many
            case "hr":
                self._report_divider(token)
            case "blockquote_open" | "bullet_list_open" | "ordered_list_open":
                yield from self._nested(token)

    def _read_items(self, closing: str, marks: list[str]) -> Iterator[tuple[Block, ...]]:
        while self.tokens[self.index].type != closing:
            token = self.tokens[self.index]
            marks.append(token.info + token.markup)
            self.index += 1
            first = self.tokens[self.index]
            blocks = tuple(self.read_blocks("list_item_close"))
            # The mark stands alone on its line where the words begin on the next one.
            is_below = first.type == "fence" or (first.map or [0])[0] > (token.map or [0])[0]
            yield (Paragraph(()), *blocks) if blocks and is_below else blocks
            if self.index >= len(self.tokens):
                return
        self.index += 1

    def _read_inlines(self) -> inlines.Inlines:
        token = self.tokens[self.index]
        self.index += 2
        children = token.children or []
        if any(child.type == "image" for child in children):
            self._report_image(token)
        return inlines.read_inlines(children, self.line_break)

    def _file_line(self, token: Token) -> int:
        return self.body_part.first_line + (token.map[0] if token.map else 0)

    def _report_divider(self, token: Token) -> None:
        line = self._file_line(token)
        message = _("this line is not published: it only divides the text")
        hint = _("for the next part of a thread write <!-- part -->; else take the line out")
        position = Position(line, 1, max(1, len(self.report.line_text(line))))
        self.report.add_warning("divider-line", message, hint=hint, position=position, field="body")

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
    message = _("{tag} would be published as it stands; HTML and footnotes mean nothing here")
    message = message.format(tag=tag[0][:40])
    hint = _("for bold write **bold**; for a sign or a note write the sign or the words themselves")
    report.add_warning(
        "html-ignored", message, hint=hint, position=Position(line, max(1, column), len(tag[0])), field="body"
    )
