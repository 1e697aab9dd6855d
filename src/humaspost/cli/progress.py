"""What happens while sending, line by line."""

import contextlib
import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from humaspost.app.office import Office
from humaspost.cli.terminal import ReaderGone, give_line, leave_behind, note, say
from humaspost.delivery.events import Happened
from humaspost.ledger.queries import totals
from humaspost.model.delivery import State
from humaspost.views.deliveries import counted_words
from humaspost.views.events import happened_json, happened_line
from humaspost.views.json_output import counted
from humaspost.views.schedule import next_line
from humaspost.views.times import Clock

#: Seconds of silence after which it is said what comes next.
SILENCE = 1.5
#: Seconds in which what happens to many recipients is gathered into one line.
GATHER = 0.7
#: Seconds after which the same trouble is told again.
STALE = 60.0
#: Seconds that a terminal has, when everything is over, to take what is still to be said.
PATIENCE = 5.0
_NEVER = float("inf")
#: What keeps somebody waiting who watches one post.
TROUBLES = frozenset({"problem", "limit", "login", "prepare-failed", "retry"})


class Teller:
    """Prints each thing as it happens, in a thread of its own: who sends never waits for a terminal.

    ``only`` = nothing but these kinds is told, beside the answer proper (on standard error).
    What goes to many people is told as ``12 of 17``, not person by person. ``coming`` = in every lull
    it is said what comes next.
    """

    def __init__(
        self,
        office: Office,
        *,
        quiet: bool = False,
        jsonl: bool = False,
        coming: bool = False,
        only: frozenset[str] = frozenset(),
    ) -> None:
        self._office = office
        self._quiet = quiet
        self._jsonl = jsonl
        self._only = only
        self._told: queue.SimpleQueue[Happened | None] = queue.SimpleQueue()
        self._gathered: dict[tuple[str, str, str], Happened] = {}
        self._coming = coming and not jsonl
        self._flush_at = self._lull_at = _NEVER
        self._next = ""
        self._troubles: dict[tuple[str, str, str], float] = {}
        self._crowds = {
            account.name
            for account in office.settings.accounts
            if office.channels[account.channel].rules(account.config).audience
        }
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)

    def tell(self, what: Happened) -> None:
        """It will be told, at once or with its like; whoever tells goes on."""
        if not self._quiet and (not self._only or what.kind in self._only):
            self._told.put(what)

    def text(self, words: str) -> None:
        """A sentence of our own, with the time before it."""
        what = Happened(self._office.now(), "text", detail=words)
        if self._thread.is_alive():
            self.tell(what)
        else:
            self._show(what)

    def __enter__(self) -> "Teller":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Everything is told; a terminal that takes nothing is left behind after ``PATIENCE``."""
        self._told.put(None)
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            leave_behind()

    def closing(self, rows: Iterable[Row[Any]]) -> list[str]:
        """What became of everything that was touched, in one line; nothing touched is no line."""
        counts = counted(rows)
        return [counted_words(dict(counts)) + "."] if counts else []

    # -- the telling thread ----------------------------------------------------------------------

    def _run(self) -> None:
        self._await_lull()
        while True:
            with contextlib.suppress(queue.Empty):
                what = self._told.get(timeout=self._idle())
                if what is None:
                    self._flush()
                    return
                self._take(what)
            if time.monotonic() >= self._flush_at:
                self._flush()
            if time.monotonic() >= self._lull_at:
                self._say_next()

    def _idle(self) -> float | None:
        first = min(self._flush_at, self._lull_at)
        return None if first == _NEVER else max(0.0, first - time.monotonic())

    def _take(self, what: Happened) -> None:
        if what.account in self._crowds and what.post:
            key = (what.kind, what.post, what.account)
            before = self._gathered.get(key)
            self._gathered[key] = replace(what, count=before.count + 1) if before else what
            self._flush_at = min(self._flush_at, time.monotonic() + GATHER)
        else:
            self._show(what)
        self._await_lull()

    def _await_lull(self) -> None:
        if self._coming:
            self._lull_at = time.monotonic() + SILENCE

    def _say_next(self) -> None:
        self._lull_at = _NEVER
        clock = Clock(self._office.settings.timezone, self._office.now())
        try:
            with self._office.ledger().read() as conn:
                line = next_line(conn, clock)
        except SQLAlchemyError:
            return  # whoever sends meets it too, and says so
        if line != self._next:
            self._next = line
            self._show(Happened(clock.now, "text", detail=line))

    def _flush(self) -> None:
        gathered, self._gathered, self._flush_at = self._gathered, {}, _NEVER
        for what in gathered.values():
            self._show(self._of_total(what) if what.kind == State.PUBLISHED else what)

    def _of_total(self, what: Happened) -> Happened:
        """How many have it now, of how many."""
        try:
            with self._office.ledger().read() as conn:
                entries = totals.by_post(conn, post_id=what.post)
        except SQLAlchemyError:
            return what
        for entry in entries:
            if entry["account"] == what.account:
                counts = entry["counts"]
                return replace(what, count=counts[State.PUBLISHED], total=sum(counts.values()))
        return what

    def _show(self, what: Happened) -> None:
        """A terminal that is gone must never stop what is being sent."""
        if self._is_stale(what):
            return
        try:
            self._print(what)
        except (ReaderGone, OSError, ValueError):
            self._quiet = True

    def _is_stale(self, what: Happened) -> bool:
        """Whether it is trouble that was told a moment ago: a full disk is met by every lane, every second."""
        if what.kind != "problem":
            return False
        key, now = (what.post, what.account, what.detail), time.monotonic()
        stale = now - self._troubles.get(key, -STALE) < STALE
        if not stale:
            self._troubles[key] = now
        return stale

    def _print(self, what: Happened) -> None:
        if self._jsonl:
            give_line(happened_json(what))
            return
        line = happened_line(what, clock=Clock(self._office.settings.timezone, what.at))
        if line and self._only:
            note(line)
        elif line:
            say(line)
