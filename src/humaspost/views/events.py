"""What happens while sending: one line each for a person, one object each for a program."""

from datetime import timedelta
from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.delivery.events import Happened
from humaspost.views.states import state_word
from humaspost.views.text import pad, quoted, safe
from humaspost.views.times import Clock, span

#: Width of the word, of the post's id and of the account's name.
_WORD, _POST, _ACCOUNT = 9, 20, 9


def happened_json(what: Happened) -> dict[str, Any]:
    """One line of ``--jsonl``."""
    return {
        "at": what.at.isoformat(),
        "kind": what.kind,
        "post": what.post or None,
        "account": what.account or None,
        "detail": what.detail or None,
        "url": what.url,
        "count": what.count,
        "total": what.total,
        "due_at": what.due.isoformat() if what.due else None,
    }


def happened_line(what: Happened, *, clock: Clock) -> str:
    """``08:30:01  published  sp-2027-014  x          https://...``; '' for what a person need not read."""
    time = clock.second(what.at)
    match what.kind:
        case "new":
            return f"{time}  {_('new file {file}: {post}').format(file=safe(what.detail), post=_post(what, clock))}"
        case "changed":
            return f"{time}  {_('read again {file}: {post}').format(file=safe(what.detail), post=_post(what, clock))}"
        case "file-problem":
            return f"{time}  {_file_problem(what)}"
        case "clock":
            return f"{time}  {_clock(float(what.detail))}"
        case "next" | "text":
            return f"{time}  {what.detail}"
        case "scheduled" | "looked":
            return "" if not what.detail else f"{time}  {_row(what)}"
        case _:
            return f"{time}  {_row(what)}"


def _post(what: Happened, clock: Clock) -> str:
    """``ucapan-2027-010, Sat 6 Feb 07:00, x``."""
    due = clock.near(what.due) if what.due else ""
    return ", ".join(text for text in (what.post, due, what.account) if text)


def _file_problem(what: Happened) -> str:
    file = what.detail.split(":")[0]
    head = _("{problem}, not scheduled").format(problem=safe(what.detail))
    return f"{head}\n          humaspost check {quoted(file)}"


def _clock(seconds: float) -> str:
    moved = span(timedelta(seconds=abs(seconds)))
    if seconds > 0:
        return _("the clock moved {span}: this computer slept, or was set").format(span=moved)
    return _("the clock was set back {span}").format(span=moved)


def _row(what: Happened) -> str:
    words = (pad(_word(what.kind), _WORD), pad(safe(what.post), _POST), pad(safe(what.account), _ACCOUNT))
    return f"{'  '.join(words)}  {_detail(what)}".rstrip()


def _word(kind: str) -> str:
    return {
        "problem": _("problem"),
        "login": _("login"),
        "limit": _("waiting"),
        "found": _("published"),
        "twice": _("TWICE"),
        "looked": _("looked"),
        "not-looked": _("unknown"),
        "retry": _("retry"),
        "prepare-failed": _("preparing"),
        "duplicate": _("unknown"),
        "left": _("opted out"),
        "no-marketing": _("opted out"),
        "moved": _("new number"),
    }.get(kind) or state_word(kind)


def _detail(what: Happened) -> str:
    if sentence := _sentence(what.kind):
        return sentence
    match what.kind:
        case "published" if what.total > 1:
            accepted = _("{count} of {total} accepted")
            return accepted.format(count=f"{what.count:,}", total=f"{what.total:,}")
        case "published":
            return what.url or ""
        case "moved":
            return _("{numbers}: write it in your list").format(numbers=safe(what.detail))
        case "unknown":
            lost = _("no answer; looking it up") if what.count == 1 else _("{count} answers lost")
            return lost.format(count=what.count) + (f" ({safe(what.detail)})" if what.detail else "")
        case "limit":
            if not what.detail:
                return _("the platform asked to wait")
            return _("the allowance {name} is spent for now").format(name=safe(what.detail))
        case "not-looked":
            return _("could not be looked up: {why}").format(why=safe(what.detail))
        case "login":
            check = _("humaspost account check {name}").format(name=what.account)
            return f"{safe(what.detail)}: {check}"
        case _ if what.count > 1:
            people = ngettext("{count} person", "{count} people", what.count).format(count=f"{what.count:,}")
            return f"{people} {safe(what.detail)}".rstrip()
        case _:
            return safe(what.detail)


def _sentence(kind: str) -> str:
    """What is said of this kind whatever its details are; '' = that depends on them."""
    return {
        "found": _("found live, nothing sent twice"),
        "twice": _("an earlier try, of which nobody knew, is live too: humaspost explain twice"),
        "left": _("a person wants no more messages; nobody writes to them again"),
        "no-marketing": _("a person wants no marketing any more; other messages still reach them"),
        "looked": _("not found there yet"),
    }.get(kind, "")
