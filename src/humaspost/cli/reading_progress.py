"""A bar on a terminal while thousands of posts are read for the first time."""

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from humaspost.base.i18n import _
from humaspost.cli.options import current_options

# Loaded only where there is a bar: most readings end before it.
if TYPE_CHECKING:
    from rich.progress import Progress

#: Seconds after which a reading has a bar.
DELAY = 1.0
#: Seconds between two changes of the bar.
_INTERVAL = 0.1


class ReadingProgress:
    """The bar of the first reading, on standard error; later readings of a process have none."""

    def __init__(self, stream: TextIO | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._next_at: float | None = None
        self._bar: Progress | None = None
        self._is_closed = (
            current_options.quiet or not self._stream.isatty() or os.environ.get("TERM") == "dumb"
        )

    def report(self, done: int, total: int) -> None:
        """Draw the bar if it is time to; remove it at the end."""
        if self._is_closed:
            return
        if done >= total:
            self.close()
            return
        now = self._clock()
        if self._next_at is None:
            self._next_at = now + DELAY
        elif now >= self._next_at:
            self._next_at = now + _INTERVAL
            self._draw(done, total)

    def close(self) -> None:
        """Remove the bar, and draw no other."""
        self._is_closed = True
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _draw(self, done: int, total: int) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress

            # Without a thread of its own, and without a hold on what others print.
            self._bar = Progress(
                console=Console(file=self._stream),
                transient=True,
                auto_refresh=False,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._bar.add_task(_("Reading the posts"), total=total)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=done, total=total, refresh=True)
