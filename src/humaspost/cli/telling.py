"""What happens while sending, line by line."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from humaspost.app.office import Office
from humaspost.cli.console import ReaderGone, give_line, say
from humaspost.delivery.happened import Happened
from humaspost.ledger import queries
from humaspost.model.delivery import State
from humaspost.views.deliveries import counted_words
from humaspost.views.happening import happened_json, happened_line
from humaspost.views.rows import counted
from humaspost.views.schedule import next_line
from humaspost.views.times import Clock

#: Seconds of silence after which it is said what comes next.
SILENCE = 1.5
#: Seconds in which what happens to many recipients is gathered into one line.
GATHER = 0.7


class Teller:
    """Prints each thing as it happens; lanes tell from their own threads, so one at a time.

    What goes to many people is told as ``12 of 17``, not person by person. ``coming`` = in every lull
    it is said what comes next.
    """

    def __init__(
        self, office: Office, *, quiet: bool = False, jsonl: bool = False, coming: bool = False
    ) -> None:
        self._office = office
        self._quiet = quiet
        self._jsonl = jsonl
        self._lock = threading.Lock()
        self._gathered: dict[tuple[str, str, str], Happened] = {}
        self._timer: threading.Timer | None = None
        self._coming = coming and not jsonl
        self._lull: threading.Timer | None = None
        self._next = ""
        self._crowds = {
            account.name
            for account in office.settings.accounts
            if office.channels[account.channel].rules(account.config).audience
        }

    def tell(self, what: Happened) -> None:
        """The line is on standard output, at once or with its like."""
        if self._quiet:
            return
        with self._lock:
            if what.account in self._crowds and what.post:
                self._gather(what)
            else:
                self._show(what)
            self._await_lull()

    def text(self, words: str) -> None:
        """A sentence of our own, with the time before it."""
        now = self._office.now()
        with self._lock:
            self._show(Happened(now, "text", detail=words))

    def __enter__(self) -> "Teller":
        with self._lock:
            self._await_lull()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Everything gathered is told."""
        with self._lock:
            for timer in (self._timer, self._lull):
                if timer:
                    timer.cancel()
            self._coming = False
            self._flush()

    def closing(self, rows: Iterable[Row[Any]]) -> list[str]:
        """What became of everything that was touched, in one line; nothing touched is no line."""
        counts = counted(rows)
        return [counted_words(dict(counts)) + "."] if counts else []

    def _gather(self, what: Happened) -> None:
        key = (what.kind, what.post, what.account)
        before = self._gathered.get(key)
        self._gathered[key] = replace(what, count=before.count + 1) if before else what
        if self._timer is None:
            self._timer = threading.Timer(GATHER, self._flush_soon)
            self._timer.daemon = True
            self._timer.start()

    def _await_lull(self) -> None:
        if not self._coming:
            return
        if self._lull:
            self._lull.cancel()
        self._lull = threading.Timer(SILENCE, self._say_next)
        self._lull.daemon = True
        self._lull.start()

    def _say_next(self) -> None:
        clock = Clock(self._office.settings.timezone, self._office.now())
        with self._lock, self._office.ledger().read() as conn:
            line = next_line(conn, clock)
            if self._coming and line != self._next:
                self._next = line
                self._show(Happened(clock.now, "text", detail=line))

    def _flush_soon(self) -> None:
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        gathered, self._gathered, self._timer = self._gathered, {}, None
        for what in gathered.values():
            self._show(self._of_total(what) if what.kind == State.PUBLISHED else what)

    def _of_total(self, what: Happened) -> Happened:
        """How many have it now, of how many."""
        with self._office.ledger().read() as conn:
            for entry in queries.counts_by_post(conn, post_id=what.post):
                if entry["account"] == what.account:
                    counts = entry["counts"]
                    return replace(what, count=counts[State.PUBLISHED], total=sum(counts.values()))
        return what

    def _show(self, what: Happened) -> None:
        """A terminal that is gone must never stop what is being sent."""
        try:
            self._print(what)
        except (ReaderGone, OSError, ValueError):
            self._quiet = True

    def _print(self, what: Happened) -> None:
        if self._jsonl:
            give_line(happened_json(what))
            return
        line = happened_line(what, clock=Clock(self._office.settings.timezone, what.at))
        if line:
            say(line)
