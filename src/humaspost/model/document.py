"""The body of a post as neutral blocks; each channel prints them in its own way."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LEADING_SPACES = re.compile(r"\A[^\S\n]+")
_LINE_END_SPACES = re.compile(r"[ \t]+\n")


@dataclass(frozen=True, slots=True)
class Text:
    """Plain characters."""

    value: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Bold text."""

    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Italic text."""

    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Strike:
    """Struck-through text."""

    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Code:
    """Verbatim characters within a line."""

    value: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its own text."""

    href: str
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Break:
    """A line break that the author wrote on purpose."""


Inline = Text | Strong | Emphasis | Strike | Code | Link | Break


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of inlines."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 6."""

    level: int
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A list; ``start`` is the first number, None for bullets.

    ``marks`` are the items' marks as they were typed (``3.``, ``7)``); without them the numbers count on.
    """

    start: int | None
    items: "tuple[tuple[Block, ...], ...]"
    marks: tuple[str, ...] = ()

    def mark(self, index: int) -> str:
        """Return the mark of one item."""
        if index < len(self.marks):
            return self.marks[index]
        return "-" if self.start is None else f"{self.start + index}."


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation."""

    children: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Verbatim lines."""

    value: str


@dataclass(frozen=True, slots=True)
class PartBreak:
    """``<!-- part -->``: the start of the thread's next part."""


Block = Paragraph | Heading | ListBlock | Quote | CodeBlock | PartBreak
Document = tuple[Block, ...]


def split_parts(document: Document) -> tuple[Document, ...]:
    """Split the document at its part breaks; return at least one piece, and drop empty ones."""
    pieces: list[list[Block]] = [[]]
    for block in document:
        if isinstance(block, PartBreak):
            pieces.append([])
        else:
            pieces[-1].append(block)
    return tuple(tuple(piece) for piece in pieces if piece) or ((),)


def to_plain_text(document: Document) -> str:
    """Return the document without markup; an empty line separates paragraphs.

    The address of a link follows in brackets.
    """
    return strip_line_ends("\n\n".join(text for text in _block_texts(document) if text))


def strip_paragraph(text: str) -> str:
    """Return the text without space around it.

    A line break that begins it stays: in a list it keeps the text off the line of its mark.
    """
    return _LEADING_SPACES.sub("", text.rstrip())


def strip_line_ends(text: str) -> str:
    """Return the text without spaces before its line breaks: a screen shows none."""
    return _LINE_END_SPACES.sub("\n", text)


def inlines_to_plain_text(children: tuple[Inline, ...]) -> str:
    """Return one line of text without markup; a link's address follows if its text differs."""
    return "".join(_inline_text(child) for child in children)


def _inline_text(child: Inline) -> str:
    match child:
        case Text(value) | Code(value):
            return value
        case Break():
            return "\n"
        case Link(href, children):
            label = inlines_to_plain_text(children)
            return label if label == href or not href else f"{label} ({href})"
        case Strong(children) | Emphasis(children) | Strike(children):
            return inlines_to_plain_text(children)


def _block_texts(document: Document) -> Iterator[str]:
    for block in document:
        match block:
            case Paragraph(children) | Heading(_, children):
                yield strip_paragraph(inlines_to_plain_text(children))
            case CodeBlock(value):
                yield value.rstrip("\n")
            case Quote(children):
                yield to_plain_text(children)
            case ListBlock():
                yield "\n".join(_item_text(block.mark(n), item) for n, item in enumerate(block.items))
            case PartBreak():
                continue


def _item_text(mark: str, item: tuple[Block, ...]) -> str:
    return join_mark(mark, "\n".join(_block_texts(item)))


def join_mark(mark: str, text: str) -> str:
    """Return a list item: its mark, and its text with later lines indented."""
    separator = " " if text and not text.startswith("\n") else ""
    return mark + separator + text.replace("\n", "\n  ")
