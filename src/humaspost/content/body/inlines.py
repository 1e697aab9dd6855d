"""The content of a line: the parser's inline tokens as the model's inlines."""

from collections.abc import Sequence

from markdown_it.token import Token

from humaspost.model.document import Break, Code, Emphasis, Inline, Link, Strike, Strong, Text

Inlines = tuple[Inline, ...]


def read_inlines(tokens: Sequence[Token], line_break: Inline) -> Inlines:
    """Return the inlines of one line or paragraph; join neighbouring texts into one.

    ``line_break`` is what a line break in the file becomes.
    """
    return _InlineReader(tokens, line_break).read_level()


def join_lines(lines: Sequence[str], line_break: Inline) -> Inlines:
    """Return the lines of plain text with the break between them."""
    if isinstance(line_break, Text):
        return (Text(line_break.value.join(lines)),)
    return tuple(inline for line in lines for inline in (line_break, Text(line)))[1:]


class _InlineReader:
    def __init__(self, tokens: Sequence[Token], line_break: Inline) -> None:
        self.tokens = tokens
        self.line_break = line_break
        self.index = 0

    def read_level(self) -> Inlines:
        """Return every inline up to the token that closes this level."""
        inlines: list[Inline] = []
        while self.index < len(self.tokens):
            token = self.tokens[self.index]
            self.index += 1
            if token.nesting < 0:
                break
            self._append_token(token, inlines)
        return tuple(inlines)

    def _append_token(self, token: Token, inlines: list[Inline]) -> None:
        if token.nesting > 0:
            nested = self._read_nested(token)
            if isinstance(nested, Text):
                _append_inline(inlines, nested.value)
            else:
                inlines.append(nested)
        elif token.type == "code_inline":
            inlines.append(Code(self._code_text(token.content)))
        elif token.type == "hardbreak" or (token.type == "softbreak" and self.line_break == Break()):
            inlines.append(Break())
        else:
            _append_inline(inlines, " " if token.type == "softbreak" else token.content)

    def _code_text(self, text: str) -> str:
        text = text.expandtabs(4)
        return text if self.line_break == Break() else text.replace("\n", " ")

    def _read_nested(self, token: Token) -> Inline:
        children = self.read_level()
        if token.type == "link_open":
            return _build_link(token, children)
        # One asterisk is bold, as in WhatsApp; Markdown's italic has its underscore.
        if token.type == "strong_open" or (token.type == "em_open" and token.markup == "*"):
            return Strong(_without_bold(children))
        return Emphasis(children) if token.type == "em_open" else Strike(children)


def _without_bold(children: Inlines) -> Inlines:
    """Return the content of bold text without bold inside it: its marks would be displayed."""
    flat: list[Inline] = []
    for child in children:
        for inline in child.children if isinstance(child, Strong) else (child,):
            if isinstance(inline, Text):
                _append_inline(flat, inline.value)
            else:
                flat.append(inline)
    return tuple(flat)


def _build_link(token: Token, children: Inlines) -> Inline:
    href = str(token.attrGet("href") or "")
    if token.info == "auto" and href.startswith("mailto:") and isinstance(children[0], Text):
        return children[0]
    return Link(href, children)


def _append_inline(inlines: list[Inline], value: str) -> None:
    previous = inlines[-1] if inlines else None
    if isinstance(previous, Text):
        inlines[-1] = Text(previous.value + value)
    elif value:
        inlines.append(Text(value))
