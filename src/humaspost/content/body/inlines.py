"""The content of a line: the parser's inline tokens as the model's inlines."""

from collections.abc import Callable, Sequence

from markdown_it.token import Token

from humaspost.model.document import Break, Code, Emphasis, Inline, Link, Strike, Strong, Text

Inlines = tuple[Inline, ...]

_OPEN: dict[str, Callable[[Inlines], Inline]] = {"strong_open": Strong, "em_open": Emphasis, "s_open": Strike}


def read_inlines(tokens: Sequence[Token]) -> Inlines:
    """Return the inlines of one line or paragraph; join neighbouring texts into one."""
    return _InlineReader(tokens).read_level()


class _InlineReader:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
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
            inlines.append(Code(token.content))
        elif token.type == "hardbreak":
            inlines.append(Break())
        else:
            _append_inline(inlines, " " if token.type == "softbreak" else token.content)

    def _read_nested(self, token: Token) -> Inline:
        children = self.read_level()
        if token.type == "link_open":
            return _build_link(token, children)
        return _OPEN[token.type](children)


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
