"""The bytes of a post as text, split at its fences into front matter and body."""

import codecs
import re
from dataclasses import dataclass

from humaspost.base.i18n import _
from humaspost.content.report import FileReport
from humaspost.model.problem import Position

#: Longest front matter and body, in characters. Both are far above any post that a platform accepts, and
#: small enough for the inputs on which Markdown needs quadratic time.
FRONT_LIMIT = 64 * 1024
BODY_LIMIT = 32 * 1024
#: Most bytes of a file that are ever read.
FILE_LIMIT = 4 * (FRONT_LIMIT + BODY_LIMIT)

_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
#: An empty line, or a line at the margin that is not a key: the body begins here.
_NOT_FRONT_MATTER = re.compile(r"[ \t]*|[^ \t#-][^:]*")
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class SourceText:
    """The front matter from line 2, and the body from ``body_line``; every line ends in ``\\n``."""

    front_matter: str
    body: str
    body_line: int


def split_source(raw: bytes, report: FileReport) -> SourceText | None:
    """Return front matter and body, or None after reporting why; sets the report's lines."""
    text = _decode(raw, report)
    if text is None:
        return None
    report.lines = tuple(text.split("\n"))
    if not text.strip():
        report.add_error("empty-file", _("the file is empty"), hint=_("write the post, or delete the file"))
        return None
    if not _FENCE.match(text):
        _report_missing_front_matter(text, report)
        return None
    return _split_at_fences(text, report, is_whole=len(raw) <= FILE_LIMIT)


def _decode(raw: bytes, report: FileReport) -> str | None:
    try:
        # Only the beginning of a file that is too large is here. The end may be inside a character.
        text = raw.removeprefix(codecs.BOM_UTF8).decode(
            errors="strict" if len(raw) <= FILE_LIMIT else "replace"
        )
    except UnicodeDecodeError as error:
        _report_encoding(raw, error.object[: error.start].decode(), report)
        return None
    return _normalize_newlines(text)


def _normalize_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _report_encoding(raw: bytes, valid_bytes: str, report: FileReport) -> None:
    lines = _normalize_newlines(valid_bytes).split("\n")
    report.lines = (*lines[:-1], lines[-1] + "\ufffd")
    is_utf16 = raw.startswith(_UTF16_BOMS)
    message = _("the file is UTF-16 text, not UTF-8") if is_utf16 else _("this byte is not UTF-8 text")
    hint = _("save the file as UTF-8 (in the editor: Save as, Encoding: UTF-8)")
    report.add_error("invalid-utf8", message, hint=hint, position=Position(len(lines), len(lines[-1]) + 1))


def _report_missing_front_matter(text: str, report: FileReport) -> None:
    first = report.lines[0].strip()
    if _FENCE.match(text.lstrip()):
        hint = _("delete the empty lines above ---")
    elif len(first) > 1 and set(first) <= set("-–—+=_*~"):
        hint = _("write: ---")
    else:
        hint = _("begin the file with a line --- and end the keys with another line ---")
    message = _("a post begins with a line of three hyphens, its keys, and three hyphens again")
    report.add_error(
        "front-matter-missing", message, hint=hint, position=Position(1, 1, max(1, len(report.lines[0])))
    )


def _split_at_fences(text: str, report: FileReport, *, is_whole: bool) -> SourceText | None:
    start = text.find("\n") + 1 or len(text)
    end = _FENCE.search(text, start)
    size = (end.start() if end else len(text)) - start
    if size > FRONT_LIMIT:
        _report_front_matter_size(report)
        return None
    if end is None:
        _report_unclosed_fence(report)
        return None
    body_line = 2 + text.count("\n", start, end.end())
    body = text[end.end() + 1 :]
    if len(body) > BODY_LIMIT or not is_whole:
        _report_body_size(report, body_line + 1)
        return None
    return SourceText(text[start : end.start()], body, body_line + 1)


def _report_front_matter_size(report: FileReport) -> None:
    message = _("the keys between the --- lines are longer than {limit} KiB").format(
        limit=FRONT_LIMIT // 1024
    )
    hint = _("keep the keys short; long text belongs below the second ---")
    report.add_error("front-matter-too-large", message, hint=hint)


def _report_body_size(report: FileReport, line: int) -> None:
    message = _("the text is longer than {limit} KiB, more than any channel takes").format(
        limit=BODY_LIMIT // 1024
    )
    report.add_error(
        "body-too-large", message, hint=_("shorten it"), position=Position(line, 1), field="body"
    )


def _report_unclosed_fence(report: FileReport) -> None:
    remainder = enumerate(report.lines[1:], start=2)
    line = next(
        (number for number, text in remainder if _NOT_FRONT_MATTER.fullmatch(text)), len(report.lines) + 1
    )
    report.add_error(
        "front-matter-open",
        _("the line --- that ends the keys is missing"),
        hint=_("write a line --- after the last key, before line {line}").format(line=line),
        position=Position(1, 1, 3),
    )
