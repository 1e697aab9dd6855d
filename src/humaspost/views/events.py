"""Events while sending: one line each for a person, one JSON object each for a program."""

from datetime import timedelta
from typing import Any, assert_never

from humaspost.base.i18n import _, ngettext
from humaspost.delivery.events import DeliveryEvent
from humaspost.model.event_kind import EventKind
from humaspost.views.states import state_word
from humaspost.views.text import escape_unsafe, pad, quote_filename
from humaspost.views.times import TimeFormatter, format_duration

#: Width of the word, of the post's id and of the account's name.
_WORD_WIDTH, _POST_WIDTH, _ACCOUNT_WIDTH = 9, 20, 9


def event_to_json(event: DeliveryEvent) -> dict[str, Any]:
    """Return one line of ``--jsonl``."""
    return {
        "at": event.at.isoformat(),
        "kind": event.kind.value,
        "post": event.post or None,
        "account": event.account or None,
        "detail": event.detail or None,
        "url": event.url,
        "count": event.count,
        "total": event.total,
        "due_at": event.due_at.isoformat() if event.due_at else None,
    }


def format_event(event: DeliveryEvent, *, clock: TimeFormatter) -> str:
    """Return the line of an event, or "" if a person does not need it.

    For example ``08:30:01  published  sp-2027-014  x          https://...``.
    """
    line = _format_line(event, clock)
    return f"{clock.format_seconds(event.at)}  {line}" if line else ""


def _format_line(event: DeliveryEvent, clock: TimeFormatter) -> str:
    match event.kind:
        case EventKind.NEW:
            text = _("new file {file}: {post}")
            return text.format(file=escape_unsafe(event.detail), post=_format_next_post(event, clock))
        case EventKind.CHANGED:
            text = _("read again {file}: {post}")
            return text.format(file=escape_unsafe(event.detail), post=_format_next_post(event, clock))
        case EventKind.FILE_PROBLEM:
            return _format_file_problem(event)
        case EventKind.RELOADED:
            return _("read again {file}").format(file=escape_unsafe(event.detail))
        case EventKind.STALE_FILE:
            return _("{problem}\n          sending goes on with what was read before").format(
                problem=escape_unsafe(event.detail)
            )
        case EventKind.CLOCK:
            return _format_clock_change(float(event.detail))
        case EventKind.TEXT:
            return event.detail
        case EventKind.SCHEDULED | EventKind.CHECKED:
            return _format_row(event) if event.detail else ""
        case (
            EventKind.PREPARING
            | EventKind.SENDING
            | EventKind.UNKNOWN
            | EventKind.PUBLISHED
            | EventKind.HELD
            | EventKind.MISSED
            | EventKind.FAILED
            | EventKind.EXPIRED
            | EventKind.REFUSED
            | EventKind.CANCELLED
            | EventKind.RETRY
            | EventKind.PREPARE_FAILED
            | EventKind.CHECK_FAILED
            | EventKind.FOUND
            | EventKind.DUPLICATE
            | EventKind.LIMIT
            | EventKind.LOGIN
            | EventKind.OPTED_OUT
            | EventKind.NO_MARKETING
            | EventKind.NUMBER_CHANGED
            | EventKind.PROBLEM
        ):
            return _format_row(event)
        case unreachable:
            assert_never(unreachable)


def _format_next_post(event: DeliveryEvent, clock: TimeFormatter) -> str:
    """Return ``ucapan-2027-010, Sat 6 Feb 07:00, x``."""
    due = clock.format_near(event.due_at) if event.due_at else ""
    return ", ".join(text for text in (event.post, due, event.account) if text)


def _format_file_problem(event: DeliveryEvent) -> str:
    file = event.detail.split(":")[0]
    head = _("{problem}, not scheduled").format(problem=escape_unsafe(event.detail))
    if "error[list-" in event.detail:  # the list's posts may be scheduled, and held
        head = escape_unsafe(event.detail)
    return f"{head}\n          humaspost check {quote_filename(file)}"


def _format_clock_change(seconds: float) -> str:
    span = format_duration(timedelta(seconds=abs(seconds)))
    if seconds > 0:
        return _("the clock moved {span}: this computer slept, or was set").format(span=span)
    return _("the clock was set back {span}").format(span=span)


def _format_row(event: DeliveryEvent) -> str:
    columns = (
        pad(_kind_word(event.kind), _WORD_WIDTH),
        pad(escape_unsafe(event.post), _POST_WIDTH),
        pad(escape_unsafe(event.account), _ACCOUNT_WIDTH),
    )
    return f"{'  '.join(columns)}  {_format_detail(event)}".rstrip()


def _kind_word(kind: EventKind) -> str:
    return {
        EventKind.PROBLEM: _("problem"),
        EventKind.LOGIN: _("login"),
        EventKind.LIMIT: _("waiting"),
        EventKind.FOUND: _("published"),
        EventKind.DUPLICATE: _("TWICE"),
        EventKind.CHECKED: _("looked"),
        EventKind.CHECK_FAILED: _("unknown"),
        EventKind.RETRY: _("retry"),
        EventKind.PREPARE_FAILED: _("preparing"),
        EventKind.OPTED_OUT: _("opted out"),
        EventKind.NO_MARKETING: _("opted out"),
        EventKind.NUMBER_CHANGED: _("new number"),
    }.get(kind) or state_word(kind)


def _format_detail(event: DeliveryEvent) -> str:
    if sentence := _fixed_detail(event.kind):
        return sentence
    detail = escape_unsafe(event.detail)
    match event.kind:
        case EventKind.PUBLISHED if event.total > 1:
            accepted = _("{count} of {total} accepted")
            return accepted.format(count=f"{event.count:,}", total=f"{event.total:,}")
        case EventKind.PUBLISHED:
            return event.url or ""
        case EventKind.NUMBER_CHANGED:
            return _("{numbers}: write it in your list").format(numbers=detail)
        case EventKind.UNKNOWN:
            lost = _("no answer; looking it up") if event.count == 1 else _("{count} answers lost")
            return lost.format(count=event.count) + (f" ({detail})" if detail else "")
        case EventKind.LIMIT if not detail:
            return _("the platform asked to wait")
        case EventKind.LIMIT:
            return _("the allowance {name} is spent for now").format(name=detail)
        case EventKind.CHECK_FAILED:
            return _("could not be looked up: {why}").format(why=detail)
        case EventKind.LOGIN:
            check = _("humaspost account check {name}").format(name=event.account)
            return f"{detail}: {check}"
    if event.count > 1:
        recipients = ngettext("{count} person", "{count} people", event.count)
        return f"{recipients.format(count=f'{event.count:,}')} {detail}".rstrip()
    return detail


def _fixed_detail(kind: EventKind) -> str:
    """Return the sentence of a kind that does not depend on details, or ""."""
    return {
        EventKind.FOUND: _("found live, nothing sent twice"),
        EventKind.DUPLICATE: _(
            "an earlier try, of which nobody knew, is live too: humaspost explain duplicate"
        ),
        EventKind.OPTED_OUT: _("a person wants no more messages; nobody writes to them again"),
        EventKind.NO_MARKETING: _("a person wants no marketing any more; other messages still reach them"),
        EventKind.CHECKED: _("not found there yet"),
    }.get(kind, "")
