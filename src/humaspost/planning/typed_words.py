"""The check that every letter and digit goes out as it was typed, on its line.

It reads the file itself and knows no Markdown, so that no fault of the parser can hide from it. Free to differ
are: comments, the address behind ``[words](url)``, and the counters of a thread.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from humaspost.base.i18n import _
from humaspost.model.document import (
    Document,
    Emphasis,
    Heading,
    Inline,
    Link,
    ListBlock,
    Paragraph,
    Quote,
    Strike,
    Strong,
    inlines_to_plain_text,
)
from humaspost.model.post import Post
from humaspost.model.problem import Position, Problem, channel_problem
from humaspost.model.rendition import Rendition

_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_ADDRESS = re.compile(r"\]\(\s*(<[^<>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\s*\)")
#: Everything but letters, digits and the marks that belong to letters.
_NOT_LETTER = re.compile(
    "(?:_|[^\\w\n\v\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06ed\u0900-\u0dff"
    "\u0e31-\u0e4e\u1a00-\u1bff\ua980-\ua9ff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f])+"
)
_WORD = re.compile(r"\S+")
_EMPTY_LINES = re.compile(r"\n{2,}")
#: The end of a part, in the text that is compared: a line may go on behind it.
_PART_END = "\f"
#: A part break in the body, which ends a line without being one.
_PART_BREAK = "\v"
_LINE_BREAKS = f"\n{_PART_BREAK}"
_LINE_ENDS = f"\n{_PART_END}"
_LONGEST_WORD = 40


def check_typed_words(post: Post, rendition: Rendition, account: str) -> Iterator[Problem]:
    """Yield the problems that the rendition changes the words of the body, or what they mean.

    A text that the post has for this channel alone takes the body's place. A channel that shows no text at all
    has a problem of its own.
    """
    texts = [part.text for part in rendition.parts]
    has_own_text = isinstance(post.keys_for(rendition.channel, account).get("text"), str)
    if has_own_text or "body" not in post.positions or not any(texts):
        return
    body = _body_text(post)
    change = _find_change(body, texts, joins_lines=post.joins_lines)
    if change is not None:
        yield _changed_words(post, rendition, body, change)
    # A template's value is plain text: what is struck out in the message is not in the template.
    values = [value for part in rendition.parts if part.fallback for value in part.fallback.params]
    for words in _deleted_words(post.body):
        if any(words in text and f"~{words}~" not in text for text in (*texts, *values)):
            yield _deleted_problem(post, rendition, body, words)
            break


def _body_text(post: Post) -> str:
    """Return the text below the keys, with its comments blanked, of the same length and lines."""
    text = "\n".join(post.lines[post.positions["body"].line - 1 :])
    return _COMMENT.sub(_blank_comment, text) if "<!--" in text else text


def _blank_comment(comment: re.Match[str]) -> str:
    blank = re.sub(r"[^\n]", " ", comment[0])
    return f"{_PART_BREAK}{blank[1:]}" if comment[1].strip().casefold() == "part" else blank


def _find_change(body: str, texts: Sequence[str], *, joins_lines: bool) -> int | None:
    """Return where in the body the first letter stands that is not rendered as typed, or None."""
    counted = [_without_counter(text, number, len(texts)) for number, text in enumerate(texts, start=1)]
    rendered = list(dict.fromkeys(_rendered_letters(parts) for parts in (texts, counted)))
    if joins_lines:
        rendered = [letters.replace("\n", _PART_END) for letters in rendered]
    typed = _rendered_letters([body.replace(_PART_BREAK, "\n")])
    if not typed or (not joins_lines and any(f"\n{typed}\n" in f"\n{letters}\n" for letters in rendered)):
        return None
    segments = list(_split_segments(body, joins_lines))
    changes = [_compare(segments, letters) for letters in rendered]
    return None if None in changes else max(change for change in changes if change is not None)


def _rendered_letters(texts: Sequence[str]) -> str:
    return _PART_END.join(_EMPTY_LINES.sub("\n", _NOT_LETTER.sub("", text)).strip("\n") for text in texts)


def _without_counter(text: str, number: int, count: int) -> str:
    """Return the text of an automatic thread's part without its last ``1/4``."""
    found = re.search(rf"(.*)(?:\s|^){number}/{count}(?=\n|$)", text, re.DOTALL) if count > 1 else None
    return found[1] + text[found.end() :] if found else text


@dataclass(frozen=True, slots=True)
class _Segment:
    """Typed letters with their offsets in the body; the ``others`` may replace them."""

    letters: str
    offsets: tuple[int, ...]
    others: tuple[str, ...] = ()


def _split_segments(body: str, joins_lines: bool) -> Iterator[_Segment]:
    start = 0
    for address in _ADDRESS.finditer(body):
        yield _segment(body, start, address.start(), joins_lines)
        rendered = (_NOT_LETTER.sub("", html.unescape(address[1])), "")
        yield replace(_segment(body, address.start(1), address.end(1), joins_lines), others=rendered)
        start = address.end()
    yield _segment(body, start, len(body), joins_lines)


def _segment(body: str, start: int, end: int, joins_lines: bool) -> _Segment:
    offsets = tuple(
        offset
        for offset in range(start, end)
        if not _NOT_LETTER.match(body[offset]) and not (joins_lines and body[offset] in _LINE_BREAKS)
    )
    return _Segment("".join(body[offset] for offset in offsets).replace(_PART_BREAK, "\n"), offsets)


def _compare(segments: Sequence[_Segment], rendered: str) -> int | None:
    """Return the offset of the first letter that differs, from the best line on, or None."""
    starts = [0, *(match.end() for match in re.finditer(f"[{_LINE_ENDS}]", rendered))]
    furthest = 0
    for start in starts:
        offset = _walk(segments, rendered, start)
        if offset is None:
            return None
        furthest = max(furthest, offset)
    return furthest


def _walk(segments: Sequence[_Segment], rendered: str, start: int) -> int | None:
    """Return the offset of the first typed letter that differs from ``start`` on, or None."""
    positions, furthest = {start}, 0
    for segment in segments:
        reached: set[int] = set()
        for position in positions:
            end, count = _advance(segment.letters, rendered, position)
            if count == len(segment.letters):
                reached.add(end)
            else:
                furthest = max(furthest, segment.offsets[count])
            others = ((len(other), _advance(other, rendered, position)) for other in segment.others)
            reached.update(end for length, (end, count) in others if count == length)
        if not reached:
            return furthest
        positions = reached
    if any(_is_line_end(rendered, position) for position in positions):
        return None
    return max(chain([furthest], *(segment.offsets for segment in segments)))


def _is_line_end(rendered: str, position: int) -> bool:
    around = rendered[max(0, position - 1) : position + 1]
    return position == len(rendered) or any(end in around for end in _LINE_ENDS)


def _advance(letters: str, rendered: str, position: int) -> tuple[int, int]:
    """Return how far ``rendered`` says the letters from ``position`` on, and how many of them."""
    for count, letter in enumerate(letters):
        at = rendered[position : position + 1]
        if letter == "\n":
            if at and at in _LINE_ENDS:
                position += 1
            elif at and position and rendered[position - 1] not in _LINE_ENDS:
                return position, count
            continue
        while rendered[position : position + 1] == _PART_END:
            position += 1
        if rendered[position : position + 1] != letter:
            return position, count
        position += 1
    return position, len(letters)


def _deleted_words(document: Document) -> Iterator[str]:
    for block in document:
        match block:
            case Quote(blocks):
                yield from _deleted_words(blocks)
            case ListBlock(_, items):
                yield from (words for item in items for words in _deleted_words(item))
            case Paragraph(children) | Heading(_, children):
                yield from _deleted_inlines(children)


def _deleted_inlines(children: tuple[Inline, ...]) -> Iterator[str]:
    for child in children:
        if isinstance(child, Strike):
            yield inlines_to_plain_text(child.children).strip()
        elif isinstance(child, Strong | Emphasis | Link):
            yield from _deleted_inlines(child.children)


def _changed_words(post: Post, rendition: Rendition, body: str, offset: int) -> Problem:
    found = next((word for word in _WORD.finditer(body) if word.end() > offset), None)
    start, word = (found.start(), found[0][:_LONGEST_WORD]) if found else (0, "")
    return _located(
        post,
        body,
        start,
        max(1, len(word)),
        channel_problem(
            rendition.channel,
            "words-changed",
            _("from {word!r} on, {channel} would not show what was typed").format(
                word=word, channel=rendition.channel
            ),
            hint=_("write this line in plain words; what goes out: humaspost preview {post}").format(
                post=post.id
            ),
            field="body",
        ),
    )


def _deleted_problem(post: Post, rendition: Rendition, body: str, words: str) -> Problem:
    found = re.search(r"~{1,2}" + re.escape(words.partition("\n")[0][:_LONGEST_WORD]), body)
    start, end = found.span() if found else (0, 1)
    return _located(
        post,
        body,
        start,
        end - start,
        channel_problem(
            rendition.channel,
            "struck-words",
            _("{channel} cannot strike words out: {words!r} would stand there as if it were valid").format(
                channel=rendition.channel, words=words[:_LONGEST_WORD]
            ),
            hint=_("delete the struck words; to correct a published post, write a new one with corrects:"),
            field="body",
        ),
    )


def _located(post: Post, body: str, start: int, length: int, problem: Problem) -> Problem:
    line = post.positions["body"].line + body.count("\n", 0, start)
    position = Position(line, start - body.rfind("\n", 0, start), length)
    text = post.lines[line - 1] if line <= len(post.lines) else ""
    return problem.with_position(post.file, position, text)
