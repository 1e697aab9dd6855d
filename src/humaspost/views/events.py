"""What happens while sending: one line each for a person, one object each for a program."""

from datetime import timedelta
from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.delivery.events import DeliveryEvent
from humaspost.views.states import state_word
from humaspost.views.text import escape_unsafe, pad, quote_filename
from humaspost.views.times import TimeFormatter, format_duration

#: Width of the word, of the post's id and of the account's name.
_WORD_WIDTH, _POST_WIDTH, _ACCOUNT_WIDTH = 9, 20, 9


def event_to_json(event: DeliveryEvent) -> dict[str, Any]:
    """One line of ``--jsonl``."""
    return {
        "at": event.at.isoformat(),
        "kind": event.kind,
        "post": event.post or None,
        "account": event.account or None,
        "detail": event.detail or None,
        "url": event.url,
        "count": event.count,
        "total": event.total,
        "due_at": event.due_at.isoformat() if event.due_at else None,
    }


def format_event(event: DeliveryEvent, *, clock: TimeFormatter) -> str:
    """``08:30:01  published  sp-2027-014  x          https://...``; '' for what a person need not read."""
    time = clock.format_seconds(event.at)
    match event.kind:
        case "new":
            return f"{time}  {_('new file {file}: {post}').format(file=escape_unsafe(event.detail), post=_format_next_post(event, clock))}"
        case "changed":
            return f"{time}  {_('read again {file}: {post}').format(file=escape_unsafe(event.detail), post=_format_next_post(event, clock))}"
        case "file-problem":
            return f"{time}  {_format_file_problem(event)}"
        case "clock":
            return f"{time}  {_format_clock_change(float(event.detail))}"
        case "next" | "text":
            return f"{time}  {event.detail}"
        case "scheduled" | "checked":
            return "" if not event.detail else f"{time}  {_format_row(event)}"
        case _:
            return f"{time}  {_format_row(event)}"


def _format_next_post(event: DeliveryEvent, clock: TimeFormatter) -> str:
    """``ucapan-2027-010, Sat 6 Feb 07:00, x``."""
    due = clock.format_near(event.due_at) if event.due_at else ""
    return ", ".join(text for text in (event.post, due, event.account) if text)


def _format_file_problem(event: DeliveryEvent) -> str:
    file = event.detail.split(":")[0]
    head = _("{problem}, not scheduled").format(problem=escape_unsafe(event.detail))
    return f"{head}\n          humaspost check {quote_filename(file)}"


def _format_clock_change(seconds: float) -> str:
    direction = format_duration(timedelta(seconds=abs(seconds)))
    if seconds > 0:
        return _("the clock moved {span}: this computer slept, or was set").format(span=direction)
    return _("the clock was set back {span}").format(span=direction)


def _format_row(event: DeliveryEvent) -> str:
    columns = (
        pad(_kind_word(event.kind), _WORD_WIDTH),
        pad(escape_unsafe(event.post), _POST_WIDTH),
        pad(escape_unsafe(event.account), _ACCOUNT_WIDTH),
    )
    return f"{'  '.join(columns)}  {_format_detail(event)}".rstrip()


def _kind_word(kind: str) -> str:
    return {
        "problem": _("problem"),
        "login": _("login"),
        "limit": _("waiting"),
        "found": _("published"),
        "duplicate": _("TWICE"),
        "checked": _("looked"),
        "check-failed": _("unknown"),
        "retry": _("retry"),
        "prepare-failed": _("preparing"),
        "opted-out": _("opted out"),
        "no-marketing": _("opted out"),
        "number-changed": _("new number"),
    }.get(kind) or state_word(kind)


def _format_detail(event: DeliveryEvent) -> str:
    if sentence := _fixed_detail(event.kind):
        return sentence
    match event.kind:
        case "published" if event.total > 1:
            accepted = _("{count} of {total} accepted")
            return accepted.format(count=f"{event.count:,}", total=f"{event.total:,}")
        case "published":
            return event.url or ""
        case "number-changed":
            return _("{numbers}: write it in your list").format(numbers=escape_unsafe(event.detail))
        case "unknown":
            is_address_lost = _("no answer; looking it up") if event.count == 1 else _("{count} answers lost")
            return is_address_lost.format(count=event.count) + (
                f" ({escape_unsafe(event.detail)})" if event.detail else ""
            )
        case "limit":
            if not event.detail:
                return _("the platform asked to wait")
            return _("the allowance {name} is spent for now").format(name=escape_unsafe(event.detail))
        case "check-failed":
            return _("could not be looked up: {why}").format(why=escape_unsafe(event.detail))
        case "login":
            check = _("humaspost account check {name}").format(name=event.account)
            return f"{escape_unsafe(event.detail)}: {check}"
        case _ if event.count > 1:
            recipients = ngettext("{count} person", "{count} people", event.count).format(
                count=f"{event.count:,}"
            )
            return f"{recipients} {escape_unsafe(event.detail)}".rstrip()
        case _:
            return escape_unsafe(event.detail)


def _fixed_detail(kind: str) -> str:
    """What is said of this kind whatever its details are; '' = that depends on them."""
    return {
        "found": _("found live, nothing sent twice"),
        "duplicate": _("an earlier try, of which nobody knew, is live too: humaspost explain duplicate"),
        "opted-out": _("a person wants no more messages; nobody writes to them again"),
        "no-marketing": _("a person wants no marketing any more; other messages still reach them"),
        "checked": _("not found there yet"),
    }.get(kind, "")
