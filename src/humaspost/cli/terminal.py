"""Output to the terminal and questions to the user."""

import os
import sys
import threading
from collections.abc import Iterable
from typing import TextIO

import typer

from humaspost.base.i18n import _
from humaspost.cli.options import current_options
from humaspost.views.text import escape_unsafe

_ASCII_REPLACEMENTS = str.maketrans(
    {"…": "...", "–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "•": "*", "·": "-"}
)

_output_detached = threading.Event()


class OutputClosed(Exception):
    """The reader of our output closed it (``| head``); this is no error, and output stops."""


def print_text(lines: Iterable[str] | str = "", *, error: bool = False) -> None:
    """Print the lines, escaped and without secrets; ``error`` selects standard error."""
    text_lines = [lines] if isinstance(lines, str) else list(lines)
    if not text_lines or (current_options.quiet and not error):
        return
    text = "\n".join(text_lines)
    _write_text(sys.stderr if error else sys.stdout, text)


def print_note(lines: Iterable[str] | str) -> None:
    """Print a note to standard error, so that pipes and ``--json`` stay clean."""
    if not current_options.quiet:
        print_text(lines, error=True)


def print_json(document: object) -> None:
    """Print one JSON document in ASCII, so that no terminal or encoding can damage it."""
    from humaspost.cli.json_text import format_json

    _write_line(sys.stdout, format_json(document))


def print_json_list(document: dict[str, object], name: str, entries: Iterable[object]) -> None:
    """Print the document with a list as its last value, entry by entry: the list may be long."""
    from humaspost.cli.json_text import format_json

    head = format_json(document).removesuffix("\n}")
    pending = f"{head},\n  {format_json(name)}: ["
    end = "]\n}"
    for entry in entries:
        _write_line(sys.stdout, pending)
        # A line is complete only when it is known whether another entry follows.
        pending, end = f"    {format_json(entry, indent=4)},", "\n  ]\n}"
    _write_line(sys.stdout, pending.removesuffix(",") + end)


def print_json_line(document: object) -> None:
    """Print one JSON document on one line, at once."""
    import json

    from humaspost.cli.json_text import redact_document

    _write_line(sys.stdout, json.dumps(redact_document(document)))


def terminal_columns() -> int:
    """Return the width of a line: 40 to 120 cells."""
    import shutil

    return max(40, min(shutil.get_terminal_size((80, 24)).columns, 120))


def confirm(question: str, *, flag: str, command: str) -> bool:
    """Return True if the person confirms; raise a usage error with the flag without a terminal."""
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
    from humaspost.cli.colour import colourize  # rich: only if colours are visible

    _write_line(stream, colourize(text, terminal_columns()))


def detach() -> None:
    """Stop all output to standard output, and wait for none of it."""
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
