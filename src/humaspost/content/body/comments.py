"""Part breaks (``<!-- part -->``) and other comments, removed from the body before parsing."""

import re
from dataclasses import dataclass

from humaspost.base.i18n import _
from humaspost.content.report import FileReport
from humaspost.model.problem import Position

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PART_BREAK = re.compile(r"\s*part\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BodyPart:
    """The text between two part breaks, and the file line on which it begins."""

    text: str
    first_line: int


def split_parts(body: str, report: FileReport, *, first_line: int) -> tuple[BodyPart, ...]:
    """Return the body split at its part breaks; other comments become their line breaks."""
    if "<!--" not in body:
        return (BodyPart(body, first_line),)
    parts: list[BodyPart] = []
    text, line, at = "", first_line, 0
    while (start := body.find("<!--", at)) >= 0:
        end = body.find("-->", start + 4)
        if end < 0:
            _report_unclosed(body, start, report, first_line)
            break
        comment_text = body[start + 4 : end]
        text += body[at:start] + "\n" * comment_text.count("\n")
        at = end + 3
        if _PART_BREAK.fullmatch(comment_text):
            parts.append(BodyPart(text, line))
            line += text.count("\n")
            text = ""
    return (*parts, BodyPart(text + body[at:], line))


def blank_comments(body: str) -> str:
    """Return the body with spaces for its comments; every other character keeps its place."""
    return _COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), body) if "<!--" in body else body


def _report_unclosed(body: str, start: int, report: FileReport, first_line: int) -> None:
    at = Position(first_line + body.count("\n", 0, start), start - body.rfind("\n", 0, start), 4)
    message = _("the comment that begins here is not closed, so the rest of the text would be lost")
    report.add_error("comment-open", message, hint=_("write --> where it ends"), position=at, field="body")
