"""The body: CommonMark and ``~~strike~~``, as the model's blocks."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from humaspost.base.i18n import _
from humaspost.content.body import inlines
from humaspost.content.body.comments import Piece, pieces
from humaspost.content.report import Page
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
from humaspost.model.problem import Place

#: Lists and quotes within each other; a post has no use for more, and each level costs the parser.
_DEEPEST = 10
#: Where the parser itself stops, in its own levels: a list has two of them, so that one level more than is
#: allowed still reaches the reader, which reports it.
_PARSER_LEVELS = 2 * _DEEPEST + 4
#: Signs that may be more than bold or italic; a body without any is paragraphs, most of them plain text.
_SIGN = re.compile(r"[\\`~\[<&\t\x0b\x0c\x1c-\x1f\x85\u2028\u2029]|\n[ ]*(?:\*(?!\S)|(?:[*_][ ]*){3})")
_BEGINNING = re.compile(r"\n[ ]*(?:[-+=>#]|[0-9]+[.)])|\n[ ]{4}|[ ]{2}\n")
_BLANK = re.compile(r"\n(?:[ ]*\n)+")
_SOFT = re.compile(r"[ ]*\n[ ]*")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:[ \t][^<>\n]{0,200})?/?>")


def document(body: str, page: Page, *, first_line: int) -> Document:
    """The body's blocks, with a part break between the pieces of a thread."""
    blocks: list[Block] = []
    for number, piece in enumerate(pieces(body, page, first_line=first_line)):
        if number:
            blocks.append(PartBreak())
        blocks.extend(_blocks(piece, page))
    return tuple(blocks)


def _blocks(piece: Piece, page: Page) -> Iterator[Block]:
    whole = f"\n{piece.text}\n"
    if not _SIGN.search(whole) and not _BEGINNING.search(whole):
        return _paragraphs(piece.text)
    for tag in _TAG.finditer(piece.text):
        _html(piece, tag, page)
        break
    return _Reader(_parser().parse(piece.text), piece, page).blocks()


def _paragraphs(text: str) -> Iterator[Block]:
    """What the parser would say of a text without any mark but ``*`` and ``_``, for a part of its time."""
    for block in _BLANK.split(text):
        words = block.strip(" \n")
        if "*" in words or "_" in words:
            (line,) = _parser().parseInline(words.strip())
            yield Paragraph(inlines.read(line.children or []))
        elif words:
            yield Paragraph((Text(_SOFT.sub(" ", words)),))


class _Markdown(MarkdownIt):
    """CommonMark that leaves addresses as they were written."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's own name, overridden
        return url


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return _Markdown("commonmark", {"html": False, "maxNesting": _PARSER_LEVELS}).enable("strikethrough")


class _Reader:
    """Walks the parser's flat tokens once."""

    def __init__(self, tokens: Sequence[Token], piece: Piece, page: Page) -> None:
        self.tokens = tokens
        self.piece = piece
        self.page = page
        self.at = 0
        self.depth = 0

    def blocks(self, closing: str = "") -> Iterator[Block]:
        """The blocks up to the token that closes this level."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.type == closing:
                return
            yield from self._block(token)

    def _nested(self, token: Token) -> Iterator[Block]:
        """Yield the list or quote that the token opens, or report that it is one level too many."""
        if self.depth == _DEEPEST:
            _too_deep(self._line(token), self.page)
            self.at = len(self.tokens)
            return
        self.depth += 1
        if token.type == "blockquote_open":
            yield Quote(tuple(self.blocks("blockquote_close")))
        elif token.type == "bullet_list_open":
            yield ListBlock(None, tuple(self._items("bullet_list_close")))
        else:
            start = token.attrGet("start")
            yield ListBlock(1 if start is None else int(start), tuple(self._items("ordered_list_close")))
        self.depth -= 1

    def _block(self, token: Token) -> Iterator[Block]:
        match token.type:
            case "paragraph_open":
                yield Paragraph(self._inlines())
            case "heading_open":
                yield Heading(int(token.tag[1]), self._inlines())
            case "fence" | "code_block":
                yield CodeBlock(token.content)
            case "blockquote_open" | "bullet_list_open" | "ordered_list_open":
                yield from self._nested(token)

    def _items(self, closing: str) -> Iterator[tuple[Block, ...]]:
        while self.tokens[self.at].type != closing:
            self.at += 1
            yield tuple(self.blocks("list_item_close"))
            if self.at >= len(self.tokens):
                return
        self.at += 1

    def _inlines(self) -> inlines.Inlines:
        token = self.tokens[self.at]
        self.at += 2
        children = token.children or []
        if any(child.type == "image" for child in children):
            self._image(token)
        return inlines.read(children)

    def _line(self, token: Token) -> int:
        return self.piece.line + (token.map[0] if token.map else 0)

    def _image(self, token: Token) -> None:
        line = self._line(token)
        column = self.page.line(line).find("![") + 1
        message = _("a picture in the text is not published; pictures stand under 'media'")
        hint = _("write above: media: [{file: ..., alt: ...}]")
        self.page.error("body-image", message, hint=hint, at=Place(line, max(1, column), 2), field="body")


def _too_deep(line: int, page: Page) -> None:
    message = _("lists and quotes stand more than {count} levels deep within each other").format(
        count=_DEEPEST
    )
    page.error("body-nesting", message, hint=_("write it flat"), at=Place(line, 1), field="body")


def _html(piece: Piece, tag: "re.Match[str]", page: Page) -> None:
    line = piece.line + piece.text.count("\n", 0, tag.start())
    column = page.line(line).find(tag[0]) + 1
    message = _("{tag} would be published as it stands; HTML means nothing here").format(tag=tag[0][:40])
    hint = _("for bold write **bold**; for a line break end the line with a backslash")
    page.warning(
        "html-ignored", message, hint=hint, at=Place(line, max(1, column), len(tag[0])), field="body"
    )
