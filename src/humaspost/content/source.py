"""The bytes of a post as text, cut at its fences into front matter and body."""

import codecs
import re
from dataclasses import dataclass

from humaspost.base.i18n import _
from humaspost.content.report import Page
from humaspost.model.problem import Place

#: Longest front matter and body, in characters; both far beyond any post that a platform takes, and short
#: enough for the quadratic corners of Markdown.
FRONT_LIMIT = 64 * 1024
BODY_LIMIT = 32 * 1024
#: Most bytes of a file that are ever read.
FILE_LIMIT = 4 * (FRONT_LIMIT + BODY_LIMIT)

_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
#: An empty line, or one that begins at the margin and is no key: the text has begun.
_NOT_FRONT = re.compile(r"[ \t]*|[^ \t#-][^:]*")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Source:
    """Front matter from line 2 on, and the body from ``body_line`` on, with ``\\n`` at every line's end."""

    front: str
    body: str
    body_line: int


def split(raw: bytes, page: Page) -> Source | None:
    """The two halves, and ``page`` knows its lines; None where a problem says why there are none."""
    text = _decode(raw, page)
    if text is None:
        return None
    page.lines = tuple(text.split("\n"))
    if not text.strip():
        page.error("empty-file", _("the file is empty"), hint=_("write the post, or delete the file"))
        return None
    if not _FENCE.match(text):
        _no_front(text, page)
        return None
    return _cut(text, page, whole=len(raw) <= FILE_LIMIT)


def _decode(raw: bytes, page: Page) -> str | None:
    try:
        # Of a file that is too large in any case only the beginning is here, perhaps cut within a character.
        text = raw.removeprefix(codecs.BOM_UTF8).decode(
            errors="strict" if len(raw) <= FILE_LIMIT else "replace"
        )
    except UnicodeDecodeError as error:
        _not_utf8(raw, error.object[: error.start].decode(), page)
        return None
    return _newlines(text)


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _not_utf8(raw: bytes, good: str, page: Page) -> None:
    lines = _newlines(good).split("\n")
    page.lines = (*lines[:-1], lines[-1] + "\ufffd")
    wide = raw.startswith(_WIDE)
    message = _("the file is UTF-16 text, not UTF-8") if wide else _("this byte is not UTF-8 text")
    hint = _("save the file as UTF-8 (in the editor: Save as, Encoding: UTF-8)")
    page.error("invalid-utf8", message, hint=hint, at=Place(len(lines), len(lines[-1]) + 1))


def _no_front(text: str, page: Page) -> None:
    first = page.lines[0].strip()
    if _FENCE.match(text.lstrip()):
        hint = _("delete the empty lines above ---")
    elif len(first) > 1 and set(first) <= set("-–—+=_*~"):
        hint = _("write: ---")
    else:
        hint = _("begin the file with a line --- and end the keys with another line ---")
    message = _("a post begins with a line of three hyphens, its keys, and three hyphens again")
    page.error("front-matter-missing", message, hint=hint, at=Place(1, 1, max(1, len(page.lines[0]))))


def _cut(text: str, page: Page, *, whole: bool) -> Source | None:
    start = text.find("\n") + 1 or len(text)
    end = _FENCE.search(text, start)
    size = (end.start() if end else len(text)) - start
    if size > FRONT_LIMIT:
        _front_too_large(page)
        return None
    if end is None:
        _no_end(page)
        return None
    body_line = 2 + text.count("\n", start, end.end())
    body = text[end.end() + 1 :]
    if len(body) > BODY_LIMIT or not whole:
        _body_too_large(page, body_line + 1)
        return None
    return Source(text[start : end.start()], body, body_line + 1)


def _front_too_large(page: Page) -> None:
    message = _("the keys between the --- lines are longer than {limit} KiB").format(
        limit=FRONT_LIMIT // 1024
    )
    hint = _("keep the keys short; long text belongs below the second ---")
    page.error("front-matter-too-large", message, hint=hint)


def _body_too_large(page: Page, line: int) -> None:
    message = _("the text is longer than {limit} KiB, more than any channel takes").format(
        limit=BODY_LIMIT // 1024
    )
    page.error("body-too-large", message, hint=_("shorten it"), at=Place(line, 1), field="body")


def _no_end(page: Page) -> None:
    rest = enumerate(page.lines[1:], start=2)
    line = next((number for number, text in rest if _NOT_FRONT.fullmatch(text)), len(page.lines) + 1)
    page.error(
        "front-matter-open",
        _("the line --- that ends the keys is missing"),
        hint=_("write a line --- after the last key, before line {line}").format(line=line),
        at=Place(1, 1, 3),
    )
