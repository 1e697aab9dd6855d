"""``humaspost schedule``: the daemon in the foreground."""

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.terminal import print_text, terminal_columns

if TYPE_CHECKING:
    from humaspost.app.office import Office


def schedule(
    post: Annotated[str | None, typer.Argument(metavar="", hidden=True)] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help=_("one event per line, in JSON"))] = False,
) -> ExitCode:
    """Watch posts/ and send every post when it is due, until stopped (Ctrl-C, SIGTERM)."""
    if post is not None:
        raise typer.BadParameter(_reject_post_argument(post))
    from humaspost.cli.office import sole_sender

    stop = StopSignal()
    with sole_sender() as office:
        from humaspost.app import verbs
        from humaspost.cli.progress import ProgressPrinter

        with ProgressPrinter(office, jsonl=jsonl, show_next=True) as printer, stop:
            office.emit = printer.emit
            office.ledger(write=True, upgrade=True)  # the header reads it
            if not jsonl:
                _print_header(office)
            remaining = verbs.schedule(office, stop.requested)
    printer.print_text(_print_stopped(remaining))
    return ExitCode.INTERRUPTED if stop.interrupted else ExitCode.OK


class StopSignal:
    """A handler that requests a stop at the first SIGTERM or Ctrl-C; a second ends the process."""

    def __init__(self) -> None:
        self.requested = threading.Event()
        self.interrupted = False
        self._previous_handlers: dict[int, object] = {}

    def __enter__(self) -> "StopSignal":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous_handlers[number] = signal.signal(number, self._handle_signal)
        return self

    def __exit__(self, *_error: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _handle_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.requested.is_set():
            raise KeyboardInterrupt
        self.interrupted = number == signal.SIGINT
        self.requested.set()


def _reject_post_argument(post: str) -> str:
    return "\n".join(
        [
            _("`schedule` takes no post: a post is scheduled by its own `date:`"),
            _("when will it go out?  humaspost plan {post}").format(post=post),
            _("send it now?          humaspost publish {post}").format(post=post),
        ]
    )


def _print_header(office: "Office") -> None:
    from humaspost.app.folder.scan import scan_folder
    from humaspost.cli.office import time_formatter
    from humaspost.reports.schedule import schedule_start
    from humaspost.views.schedule import format_header

    start = schedule_start(office, scan_folder(office))
    print_text(format_header(start, clock=time_formatter(office), columns=terminal_columns()))


def _print_stopped(remaining: int) -> str:
    if remaining:
        message = _("stopping: {count} still in flight; they are unknown until looked up: humaspost status")
        return message.format(count=remaining)
    return _("stopping: 0 in flight. Safe to close; what waits: humaspost status")
