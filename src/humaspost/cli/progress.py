"""Events while sending, printed line by line."""

import contextlib
import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from sqlalchemy.exc import SQLAlchemyError

from humaspost.app.office import Office
from humaspost.cli.terminal import OutputClosed, detach, print_json_line, print_note, print_text
from humaspost.delivery.events import DeliveryEvent
from humaspost.model.event_kind import EventKind
from humaspost.model.records import DeliveryRecord, PostStop
from humaspost.reports.schedule import next_post, published_of_total
from humaspost.views.deliveries import format_state_counts
from humaspost.views.events import event_to_json, format_event
from humaspost.views.json_output import count_states, count_stops
from humaspost.views.schedule import format_next
from humaspost.views.times import TimeFormatter

#: Seconds without an event after which the next post is announced.
LULL_SECONDS = 1.5
#: Seconds in which events of many recipients are grouped into one line.
GROUPING_SECONDS = 0.7
#: Seconds after which the same problem is printed again.
REPEAT_SECONDS = 60.0
#: Seconds at the end in which a slow terminal can print the remaining lines.
CLOSE_TIMEOUT = 5.0
_NEVER = float("inf")


def _is_blocking(kind: EventKind) -> bool:
    match kind:
        case (
            EventKind.PROBLEM | EventKind.LIMIT | EventKind.LOGIN | EventKind.PREPARE_FAILED | EventKind.RETRY
        ):
            return True
        case (
            EventKind.SCHEDULED
            | EventKind.PREPARING
            | EventKind.SENDING
            | EventKind.UNKNOWN
            | EventKind.PUBLISHED
            | EventKind.HELD
            | EventKind.MISSED
            | EventKind.FAILED
            | EventKind.EXPIRED
            | EventKind.REFUSED
            | EventKind.CANCELLED
            | EventKind.CHECKED
            | EventKind.CHECK_FAILED
            | EventKind.FOUND
            | EventKind.DUPLICATE
            | EventKind.NEW
            | EventKind.CHANGED
            | EventKind.FILE_PROBLEM
            | EventKind.RELOADED
            | EventKind.STALE_FILE
            | EventKind.OPTED_OUT
            | EventKind.NO_MARKETING
            | EventKind.NUMBER_CHANGED
            | EventKind.CLOCK
            | EventKind.TEXT
        ):
            return False
        case unreachable:
            assert_never(unreachable)


#: Events that delay the post that a person is watching.
BLOCKING_KINDS = frozenset(kind for kind in EventKind if _is_blocking(kind))


def _list_audience_accounts(office: Office) -> set[str]:
    return {
        account.name
        for account in office.settings.accounts
        if office.channels[account.channel].rules(account.config).is_per_recipient
    }


class ProgressPrinter:
    """A printer of events in its own thread, so that sending never waits for a terminal.

    With ``only_kinds`` it prints only these kinds, beside the actual output (on standard error). Events of
    many recipients are printed as ``12 of 17``, not per recipient. With ``show_next`` it announces the
    next post in every quiet period.
    """

    def __init__(
        self,
        office: Office,
        *,
        quiet: bool = False,
        jsonl: bool = False,
        show_next: bool = False,
        only_kinds: frozenset[EventKind] = frozenset(),
    ) -> None:
        self._office = office
        self._quiet = quiet
        self._jsonl = jsonl
        self._only_kinds = only_kinds
        self._queue: queue.SimpleQueue[DeliveryEvent | None] = queue.SimpleQueue()
        self._grouped: dict[tuple[EventKind, str, str], DeliveryEvent] = {}
        self._show_upcoming = show_next and not jsonl
        self._flush_at = self._lull_at = _NEVER
        self._next_line = ""
        self._problems_printed_at: dict[tuple[str, str, str], float] = {}
        self._audience_accounts = (office.settings, _list_audience_accounts(office))
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def emit(self, event: DeliveryEvent) -> None:
        """Queue the event for printing and return at once."""
        if not self._quiet and (not self._only_kinds or event.kind in self._only_kinds):
            self._queue.put(event)

    def print_text(self, text: str) -> None:
        """Print a sentence with the time before it."""
        event = DeliveryEvent(self._office.now(), EventKind.TEXT, detail=text)
        if self._thread.is_alive():
            self.emit(event)
        else:
            self._print_safely(event)

    def __enter__(self) -> "ProgressPrinter":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Print all queued events; give up on a blocked terminal after ``CLOSE_TIMEOUT``."""
        self._queue.put(None)
        self._thread.join(CLOSE_TIMEOUT)
        if self._thread.is_alive():
            detach()

    def format_closing(self, rows: Iterable[DeliveryRecord], stops: Iterable[PostStop] = ()) -> list[str]:
        """Return one line with the states of all touched deliveries; no line if there are none."""
        counts = count_states(rows) + count_stops(stops)
        return [format_state_counts(dict(counts)) + "."] if counts else []

    # -- the printing thread ---------------------------------------------------------------------

    def _run(self) -> None:
        self._restart_lull()
        while True:
            with contextlib.suppress(queue.Empty):
                event = self._queue.get(timeout=self._seconds_until_next())
                if event is None:
                    self._flush()
                    return
                self._handle(event)
            if time.monotonic() >= self._flush_at:
                self._flush()
            if time.monotonic() >= self._lull_at:
                self._print_next()

    def _seconds_until_next(self) -> float | None:
        first = min(self._flush_at, self._lull_at)
        return None if first == _NEVER else max(0.0, first - time.monotonic())

    def _handle(self, event: DeliveryEvent) -> None:
        if event.post and event.account in self._per_recipient_accounts():
            key = (event.kind, event.post, event.account)
            previous = self._grouped.get(key)
            self._grouped[key] = replace(event, count=previous.count + 1) if previous else event
            self._flush_at = min(self._flush_at, time.monotonic() + GROUPING_SECONDS)
        else:
            self._print_safely(event)
        self._restart_lull()

    def _per_recipient_accounts(self) -> set[str]:
        if self._audience_accounts[0] is not self._office.settings:  # config.toml was read again
            self._audience_accounts = (self._office.settings, _list_audience_accounts(self._office))
        return self._audience_accounts[1]

    def _restart_lull(self) -> None:
        if self._show_upcoming:
            self._lull_at = time.monotonic() + LULL_SECONDS

    def _print_next(self) -> None:
        self._lull_at = _NEVER
        clock = TimeFormatter(self._office.settings.timezone, self._office.now())
        try:
            line = format_next(next_post(self._office, now=clock.now), clock)
        except SQLAlchemyError:
            return  # the sender has the same error and reports it
        if line != self._next_line:
            self._next_line = line
            self._print_safely(DeliveryEvent(clock.now, EventKind.TEXT, detail=line))

    def _flush(self) -> None:
        gathered, self._grouped, self._flush_at = self._grouped, {}, _NEVER
        for event in gathered.values():
            self._print_safely(self._with_totals(event) if event.kind is EventKind.PUBLISHED else event)

    def _with_totals(self, event: DeliveryEvent) -> DeliveryEvent:
        """Return the event with how many recipients got the post, of how many."""
        try:
            numbers = published_of_total(self._office, event.post, event.account)
        except SQLAlchemyError:
            return event
        return replace(event, count=numbers[0], total=numbers[1]) if numbers is not None else event

    def _print_safely(self, event: DeliveryEvent) -> None:
        """Print the event; a terminal that is gone must not stop the sending."""
        if self._is_repeat(event):
            return
        try:
            self._print(event)
        except (OutputClosed, OSError, ValueError):
            self._quiet = True

    def _is_repeat(self, event: DeliveryEvent) -> bool:
        """Return True if the same problem was printed a moment ago."""
        if event.kind is not EventKind.PROBLEM:
            return False
        # Every worker reports a full disk every second.
        key, now = (event.post, event.account, event.detail), time.monotonic()
        is_repeat = now - self._problems_printed_at.get(key, -REPEAT_SECONDS) < REPEAT_SECONDS
        if not is_repeat:
            self._problems_printed_at[key] = now
        return is_repeat

    def _print(self, event: DeliveryEvent) -> None:
        if self._jsonl:
            print_json_line(event_to_json(event))
            return
        line = format_event(event, clock=TimeFormatter(self._office.settings.timezone, event.at))
        if line and self._only_kinds:
            print_note(line)
        elif line:
            print_text(line)
