"""What stands within a line: the parser's inline tokens as the model's inlines."""

from collections.abc import Callable, Sequence

from markdown_it.token import Token

from humaspost.model.document import Break, Code, Emphasis, Inline, Link, Strike, Strong, Text

Inlines = tuple[Inline, ...]

_OPEN: dict[str, Callable[[Inlines], Inline]] = {"strong_open": Strong, "em_open": Emphasis, "s_open": Strike}


def read(tokens: Sequence[Token]) -> Inlines:
    """The inlines of one line or paragraph; neighbouring texts are one text."""
    return _Line(tokens).inlines()


class _Line:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def inlines(self) -> Inlines:
        """Everything up to the token that closes this level."""
        found: list[Inline] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.nesting < 0:
                break
            self._add(token, found)
        return tuple(found)

    def _add(self, token: Token, found: list[Inline]) -> None:
        if token.nesting > 0:
            nested = self._nested(token)
            if isinstance(nested, Text):
                _append(found, nested.value)
            else:
                found.append(nested)
        elif token.type == "code_inline":
            found.append(Code(token.content))
        elif token.type == "hardbreak":
            found.append(Break())
        else:
            _append(found, " " if token.type == "softbreak" else token.content)

    def _nested(self, token: Token) -> Inline:
        inside = self.inlines()
        if token.type == "link_open":
            return _link(token, inside)
        return _OPEN[token.type](inside)


def _link(token: Token, inside: Inlines) -> Inline:
    href = str(token.attrGet("href") or "")
    if token.info == "auto" and href.startswith("mailto:") and isinstance(inside[0], Text):
        return inside[0]
    return Link(href, inside)


def _append(found: list[Inline], value: str) -> None:
    last = found[-1] if found else None
    if isinstance(last, Text):
        found[-1] = Text(last.value + value)
    elif value:
        found.append(Text(value))
