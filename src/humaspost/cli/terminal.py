"""Output to the terminal and questions to the user."""

import os
import sys
import threading
from collections.abc import Iterable
from typing import Any, TextIO

import typer

from humaspost.base.i18n import _
from humaspost.cli.options import current_options
from humaspost.views.text import escape_unsafe

_ASCII_REPLACEMENTS = str.maketrans(
    {"…": "...", "–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "•": "*", "·": "-"}
)

_output_detached = threading.Event()


class OutputClosed(Exception):
    """Whoever read our output closed it (``| head``): nothing is wrong, and nothing more is said."""


def print_text(lines: Iterable[str] | str = "", *, error: bool = False) -> None:
    """The lines are on standard output (``error``: standard error), safe, without secrets; no lines, nothing."""
    text_lines = [lines] if isinstance(lines, str) else list(lines)
    if not text_lines or (current_options.quiet and not error):
        return
    text = "\n".join(text_lines)
    _write_text(sys.stderr if error else sys.stdout, text)


def print_note(lines: Iterable[str] | str) -> None:
    """A message beside the data: on standard error, so that pipes and --json stay clean."""
    if not current_options.quiet:
        print_text(lines, error=True)


def print_json(document: object) -> None:
    """One JSON document is on standard output; ASCII, so that no terminal or encoding can spoil it."""
    import json

    _write_line(sys.stdout, json.dumps(_redact_document(document), indent=2, sort_keys=False))


def print_json_line(document: object) -> None:
    """One JSON document on one line, at once."""
    import json

    _write_line(sys.stdout, json.dumps(_redact_document(document)))


def _redact_document(document: Any) -> Any:
    from humaspost.base.redaction import redact_output

    match document:
        case str():
            return redact_output(document)
        case dict():
            return {key: _redact_document(value) for key, value in document.items()}
        case list() | tuple():
            return [_redact_document(value) for value in document]
        case _:
            return document


def terminal_columns() -> int:
    """How wide a line may be: 40 to 120 cells."""
    import shutil

    return max(40, min(shutil.get_terminal_size((80, 24)).columns, 120))


def confirm(question: str, *, flag: str, command: str) -> bool:
    """Whether the person said yes; without a terminal nobody is asked and the flag is named."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        message = _("{command} asks first; in a script add {flag}").format(command=command, flag=flag)
        raise typer.BadParameter(message)
    sys.stderr.write(f"{escape_unsafe(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes", "ya"}


def _write_text(stream: TextIO, text: str) -> None:
    from humaspost.base.redaction import redact_output

    text = _to_encodable(redact_output(escape_unsafe(text)), stream)
    if not _supports_colour(stream):
        _write_line(stream, text)
        return
    from humaspost.cli.colour import colourize  # rich: only where somebody sees the colours

    _write_line(stream, colourize(text, terminal_columns()))


def detach() -> None:
    """Who reads standard output takes nothing any more: nothing else is said there, nothing waits for it."""
    _output_detached.set()


def is_detached() -> bool:
    """Return True after ``detach``."""
    return _output_detached.is_set()


def _write_line(stream: TextIO, text: str) -> None:
    if stream is sys.stdout and _output_detached.is_set():
        return
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        raise OutputClosed from None


def _to_encodable(text: str, stream: TextIO) -> str:
    if text.isascii() or (stream.encoding or "").lower().replace("-", "") == "utf8":
        return text
    return (
        text.translate(_ASCII_REPLACEMENTS)
        .encode(stream.encoding or "ascii", "replace")
        .decode(stream.encoding or "ascii")
    )


def _supports_colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
