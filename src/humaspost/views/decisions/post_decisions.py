"""Decisions of persons and stops of whole posts, in one line each."""

from collections.abc import Iterable
from datetime import datetime

from humaspost.base.i18n import _, ngettext
from humaspost.model.decision import UserDecision
from humaspost.model.delivery import State
from humaspost.model.records import PostStop, PostTotals
from humaspost.views.states import state_word
from humaspost.views.text import escape_unsafe
from humaspost.views.times import TimeFormatter


def format_decision(at: datetime, *, clock: TimeFormatter) -> str:
    """Return ``cancelled by a person, Wed 3 Feb 08:30``."""
    return _("cancelled by a person, {date}").format(date=clock.format_date(at))


def format_post_decisions(entries: Iterable[PostTotals], *, clock: TimeFormatter) -> list[str]:
    """Return what a person decided on each account, and the stop of the whole post."""
    return [
        f"{escape_unsafe(entry.id)}  {entry.account}  {text}"
        for entry in entries
        for text in (_format_decision_of(entry, clock), _format_stop(entry))
        if text
    ]


def _format_decision_of(entry: PostTotals, clock: TimeFormatter) -> str:
    if entry.decided_at is None:
        return ""
    match entry.decision:
        case UserDecision.CANCEL:
            return format_decision(entry.decided_at, clock=clock)
        case UserDecision.PUBLISH:
            text = _("a person had it published, {date}")
        case UserDecision.RETRY:
            text = _("a person had it sent again, {date}")
        case _:
            return ""
    return text.format(date=clock.format_date(entry.decided_at))


def _format_stop(entry: PostTotals) -> str:
    """Return ``missed (late): 5 people``, or "" for a post that is not stopped as a whole."""
    if entry.stop in (None, State.CANCELLED) or not (entry.stopped or entry.stop is State.HELD):
        return ""
    text = f"{state_word(str(entry.stop))} ({entry.stop_reason})"
    return f"{text}: {format_people(entry.stopped)}" if entry.audiences else text


def format_people(count: int) -> str:
    """Return ``5 people``."""
    return ngettext("{count} person", "{count} people", count).format(count=f"{count:,}")


def format_post_stops(stops: Iterable[PostStop]) -> list[str]:
    """Return one line for each post that is stopped as a whole on an account."""
    return [
        f"{escape_unsafe(stop.post)}  {stop.account}  {state_word(str(stop.state))} ({stop.reason}): "
        f"{format_people(stop.recipients)}"
        for stop in sorted(stops, key=lambda stop: (stop.post, stop.account))
    ]
