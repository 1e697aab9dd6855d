"""``humaspost schedule``: the daemon in the foreground."""

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import Exit
from humaspost.cli.terminal import columns, say

if TYPE_CHECKING:
    from humaspost.app.office import Office


def schedule(
    post: Annotated[str | None, typer.Argument(metavar="", hidden=True)] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help=_("one event per line, in JSON"))] = False,
) -> Exit:
    """Watch posts/ and send every post when it is due, until stopped (Ctrl-C, SIGTERM)."""
    if post is not None:
        raise typer.BadParameter(_not_a_post(post))
    from humaspost.cli.office import sole_sender

    stop = Stop()
    with sole_sender() as office:
        from humaspost import app
        from humaspost.cli.progress import Teller

        with Teller(office, jsonl=jsonl, coming=True) as teller, stop:
            office.tell = teller.tell
            if not jsonl:
                _head(office)
            left = app.schedule(office, stop.asked)
    teller.text(_stopped(left))
    return Exit.INTERRUPTED if stop.by_hand else Exit.OK


class Stop:
    """While inside, the first SIGTERM or Ctrl-C asks to stop; a second ends the process at once."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.by_hand = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> "Stop":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(self, *_error: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self.asked.is_set():
            raise KeyboardInterrupt
        self.by_hand = number == signal.SIGINT
        self.asked.set()


def _not_a_post(post: str) -> str:
    return "\n".join(
        [
            _("`schedule` takes no post: a post is scheduled by its own `date:`"),
            _("when will it go out?  humaspost plan {post}").format(post=post),
            _("send it now?          humaspost publish {post}").format(post=post),
        ]
    )


def _head(office: "Office") -> None:
    from humaspost.app.scan import scan
    from humaspost.cli.office import clock
    from humaspost.views.schedule import head_lines

    say(head_lines(office, scan(office), clock=clock(office), columns=columns()))


def _stopped(left: int) -> str:
    if left:
        message = _("stopping: {count} still in flight; they are unknown until looked up: humaspost status")
        return message.format(count=left)
    return _("stopping: 0 in flight. Safe to close; nothing due was lost.")
