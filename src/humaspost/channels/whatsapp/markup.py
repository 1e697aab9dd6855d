"""The body of a post in WhatsApp's own marks: ``*bold*``, ``_italic_``, ``~strike~``, lists, quotes.

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
)

_CODE = "```"


def marked(document: Document) -> str:
    """The document as WhatsApp prints it, an empty line between the blocks."""
    return "\n\n".join(text for text in map(_block, document) if text)


def enclosed(text: str, mark: str) -> str:
    """Each line between a pair of marks that touch its words; empty lines stay as they are."""
    return "\n".join(_line(line, mark) for line in text.split("\n"))


def _line(line: str, mark: str) -> str:
    words = line.strip()
    if not words:
        return line
    before = line[: len(line) - len(line.lstrip())]
    after = line[len(line.rstrip()) :]
    return f"{before}{mark}{words}{mark}{after}"


def _inlines(children: tuple[Inline, ...]) -> str:
    return "".join(map(_inline, children))


def _inline(child: Inline) -> str:
    match child:
        case Text(value):
            return value
        case Code(value):
            return enclosed(value, _CODE)
        case Break():
            return "\n"
        case Link(href, children):
            words = _inlines(children)
            return words if words == href or not href else f"{words} ({href})"
        case Strong(children):
            return enclosed(_inlines(children), "*")
        case Emphasis(children):
            return enclosed(_inlines(children), "_")
        case Strike(children):
            return enclosed(_inlines(children), "~")


def _block(block: Block) -> str:
    match block:
        case Paragraph(children):
            return _inlines(children).strip()
        case Heading(_, children):
            return enclosed(_inlines(_unbold(children)).strip(), "*")
        case CodeBlock(value):
            return f"{_CODE}{value.rstrip(chr(10))}{_CODE}"
        case Quote(children):
            return "\n".join(f"> {line}".rstrip() for line in marked(children).split("\n"))
        case ListBlock(start, items):
            return "\n".join(_items(start, items))
        case PartBreak():
            return ""


def _unbold(children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """A heading is bold already: a second pair of stars would show as stars."""
    flat: list[Inline] = []
    for child in children:
        flat.extend(_unbold(child.children) if isinstance(child, Strong) else (child,))
    return tuple(flat)


def _items(start: int | None, items: tuple[tuple[Block, ...], ...]) -> Iterator[str]:
    for index, item in enumerate(items):
        mark = "-" if start is None else f"{start + index}."
        text = "\n".join(text for text in map(_block, item) if text)
        yield f"{mark} " + text.replace("\n", "\n  ")
