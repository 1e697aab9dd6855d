"""The terminal: what is printed, what is asked, and the one place where every error ends."""

import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TextIO

import typer
from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.text import Text
from rich.theme import Theme

from humaspost.base.i18n import _
from humaspost.cli.options import flags
from humaspost.views.text import safe

_PLAIN = str.maketrans(
    {"…": "...", "–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "•": "*", "·": "-"}
)

_left_behind = threading.Event()


class ReaderGone(Exception):
    """Whoever read our output closed it (``| head``): nothing is wrong, and nothing more is said."""


def say(lines: Iterable[str] | str = "", *, error: bool = False) -> None:
    """The lines are on standard output (``error``: standard error), safe, without secrets; no lines, nothing."""
    told = [lines] if isinstance(lines, str) else list(lines)
    if not told or (flags.quiet and not error):
        return
    text = "\n".join(told)
    _write(sys.stderr if error else sys.stdout, text)


def note(lines: Iterable[str] | str) -> None:
    """A message beside the data: on standard error, so that pipes and --json stay clean."""
    if not flags.quiet:
        say(lines, error=True)


def give(document: object) -> None:
    """One JSON document is on standard output; ASCII, so that no terminal or encoding can spoil it."""
    import json

    _raw(sys.stdout, json.dumps(_hidden(document), indent=2, sort_keys=False))


def give_line(document: object) -> None:
    """One JSON document on one line, at once."""
    import json

    _raw(sys.stdout, json.dumps(_hidden(document)))


def _hidden(document: Any) -> Any:
    from humaspost.base.redaction import redact

    match document:
        case str():
            return redact(document)
        case dict():
            return {key: _hidden(value) for key, value in document.items()}
        case list() | tuple():
            return [_hidden(value) for value in document]
        case _:
            return document


def columns() -> int:
    """How wide a line may be: 40 to 120 cells."""
    import shutil

    return max(40, min(shutil.get_terminal_size((80, 24)).columns, 120))


def ask(question: str, *, flag: str, command: str) -> bool:
    """Whether the person said yes; without a terminal nobody is asked and the flag is named."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        message = _("{command} asks first; in a script add {flag}").format(command=command, flag=flag)
        raise typer.BadParameter(message)
    sys.stderr.write(f"{safe(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes", "ya"}


def _write(stream: TextIO, text: str) -> None:
    from humaspost.base.redaction import redact

    text = _encodable(redact(safe(text)), stream)
    if not _coloured(stream):
        _raw(stream, text)
        return

    _raw(stream, painted(text, columns()))


def leave_behind() -> None:
    """Who reads standard output takes nothing any more: nothing else is said there, nothing waits for it."""
    _left_behind.set()


def _raw(stream: TextIO, text: str) -> None:
    if stream is sys.stdout and _left_behind.is_set():
        return
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        raise ReaderGone from None


def _encodable(text: str, stream: TextIO) -> str:
    if text.isascii() or (stream.encoding or "").lower().replace("-", "") == "utf8":
        return text
    return (
        text.translate(_PLAIN)
        .encode(stream.encoding or "ascii", "replace")
        .decode(stream.encoding or "ascii")
    )


def _coloured(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def run(root: Callable[[], Any]) -> NoReturn:
    """The command is run; whatever happens, the process ends with a code and never with a trace."""
    from humaspost.cli import errors

    code = errors.guard(root)
    if _left_behind.is_set():
        os._exit(int(code))  # a thread holds standard output, and the interpreter would wait for it
    _let_go_of_stdout()
    sys.exit(int(code))


def _let_go_of_stdout() -> None:
    """A reader that closed its end must not make the interpreter complain while it ends."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


_THEME = Theme(
    {
        "h.bad": "bold red",
        "h.warn": "yellow",
        "h.good": "green",
        "h.dim": "dim",
        "h.head": "bold",
        "h.caret": "bold red",
    }
)


class _Words(RegexHighlighter):
    base_style = "h."
    highlights = (
        r"(?P<bad>\b(?:error|galat)\[[a-z-]+\]|\b(?:failed|gagal|unknown|perlu diperiksa|NOT RUNNING|TIDAK BERJALAN)\b)",
        r"(?P<warn>\b(?:warning|peringatan)\[[a-z-]+\]|\b(?:missed|terlewat|held|ditahan|changed|berubah)\b)",
        r"(?P<good>\b(?:published|terbit|ok)\b)",
        r"(?P<head>^[A-Z][A-Z0-9 ]+(?: \(\d+\))?$)",
        r"(?P<caret>^ *\| *\^+$)",
    )


def painted(text: str, columns: int) -> str:
    """The text with colours put in, its lines as they are."""
    console = Console(theme=_THEME, highlight=False, force_terminal=True, width=columns)
    with console.capture() as captured:
        for line in text.split("\n"):
            console.print(_Words()(Text(line)), soft_wrap=True)
    return captured.get().removesuffix("\n")
