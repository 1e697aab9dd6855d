"""A post's body in WhatsApp's markup: ``*bold*``, ``_italic_``, ``~strike~``, lists, quotes.

https://faq.whatsapp.com/539178204879377 (read 2026-11-23). A mark must touch the words that it
encloses and ends with its line, so spaces are moved out of it and each line gets its own pair.
"""

from collections.abc import Iterator

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
    join_mark,
    strip_line_ends,
    strip_paragraph,
)

_CODE_FENCE = "```"


def format_document(document: Document) -> str:
    """Return the document in WhatsApp's markup, with an empty line between the blocks."""
    return strip_line_ends("\n\n".join(text for text in map(_format_block, document) if text))


def enclose_lines(text: str, mark: str) -> str:
    """Return the text with each line in a pair of marks that touch its words; empty lines stay."""
    return "\n".join(_enclose_line(line, mark) for line in text.split("\n"))


def _enclose_line(line: str, mark: str) -> str:
    text = line.strip()
    if not text:
        return line
    leading = line[: len(line) - len(line.lstrip())]
    trailing = line[len(line.rstrip()) :]
    return f"{leading}{mark}{text}{mark}{trailing}"


def _format_inlines(children: tuple[Inline, ...]) -> str:
    return "".join(map(_format_inline, children))


def _format_inline(child: Inline) -> str:
    match child:
        case Text(value):
            return value
        case Code(value):
            return enclose_lines(value, _CODE_FENCE)
        case Break():
            return "\n"
        case Link(href, children):
            text = _format_inlines(children)
            return text if text == href or not href else f"{text} ({href})"
        case Strong(children):
            return enclose_lines(_format_inlines(children), "*")
        case Emphasis(children):
            return enclose_lines(_format_inlines(children), "_")
        case Strike(children):
            return enclose_lines(_format_inlines(children), "~")


def _format_block(block: Block) -> str:
    match block:
        case Paragraph(children):
            return strip_paragraph(_format_inlines(children))
        case Heading(_, children):
            return enclose_lines(_format_inlines(_without_bold(children)).strip(), "*")
        case CodeBlock(value):
            return f"{_CODE_FENCE}{value.rstrip(chr(10))}{_CODE_FENCE}"
        case Quote(children):
            return "\n".join(f"> {line}".rstrip() for line in format_document(children).split("\n"))
        case ListBlock():
            return "\n".join(_format_items(block))
        case PartBreak():
            return ""


def _without_bold(children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Return a heading's content without bold.

    A heading is bold already: a second pair of stars would be displayed as stars.
    """
    flat: list[Inline] = []
    for child in children:
        flat.extend(_without_bold(child.children) if isinstance(child, Strong) else (child,))
    return tuple(flat)


def _format_items(block: ListBlock) -> Iterator[str]:
    for index, item in enumerate(block.items):
        # An empty first paragraph leaves the mark alone on its line.
        texts = [text for number, text in enumerate(map(_format_block, item)) if text or not number]
        yield join_mark(block.mark(index), "\n".join(texts))
