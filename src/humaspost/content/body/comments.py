"""``<!-- part -->`` and other comments, taken out of the body before anything else reads it."""

import re
from dataclasses import dataclass

from humaspost.base.i18n import _
from humaspost.content.report import Page
from humaspost.model.problem import Place

_PART = re.compile(r"\s*part\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two part breaks, and the line of the file on which it begins."""

    text: str
    line: int


def pieces(body: str, page: Page, *, first_line: int) -> tuple[Piece, ...]:
    """The body cut at its part breaks; other comments leave only their line breaks behind."""
    if "<!--" not in body:
        return (Piece(body, first_line),)
    found: list[Piece] = []
    text, line, at = "", first_line, 0
    while (start := body.find("<!--", at)) >= 0:
        end = body.find("-->", start + 4)
        if end < 0:
            _open(body, start, page, first_line)
            break
        inside = body[start + 4 : end]
        text += body[at:start] + "\n" * inside.count("\n")
        at = end + 3
        if _PART.fullmatch(inside):
            found.append(Piece(text, line))
            line += text.count("\n")
            text = ""
    return (*found, Piece(text + body[at:], line))


def _open(body: str, start: int, page: Page, first_line: int) -> None:
    at = Place(first_line + body.count("\n", 0, start), start - body.rfind("\n", 0, start), 4)
    message = _("the comment that begins here is not closed, so the rest of the text would be lost")
    page.error("comment-open", message, hint=_("write --> where it ends"), at=at, field="body")
