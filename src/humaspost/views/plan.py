"""``plan``: what would go out when, what will not and why, and whether anybody is sending."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.model.delivery import State
from humaspost.model.post import Late
from humaspost.reports.plan_outlook import Coming, Fate, Unsent
from humaspost.reports.quota_forecast import misses
from humaspost.reports.sender_status import Sending, plan_lines, sender_json
from humaspost.views.price import estimate, total_line
from humaspost.views.renditions import summary
from humaspost.views.states import state_word
from humaspost.views.text import cut, pad, quoted, safe, width
from humaspost.views.times import Clock

_INDENT = " " * 9


def plan_view(fate: Fate, sender: Sending, *, clock: Clock, columns: int = 80) -> list[str]:
    """The whole screen."""
    zone = _("Times are {zone} unless marked.").format(zone=clock.zone_name)
    lines = [f"{clock.full(clock.now)}. {zone}"]
    for _day_of, rows in groupby(fate.coming, key=lambda one: clock.local(one.due).date()):
        of_day = list(rows)
        lines += ["", clock.day(of_day[0].due)]
        lines += _day(of_day, clock, columns)
    if fate.unsent:
        lines += ["", _("Will not be sent")]
        lines += [line for one in fate.unsent for line in _unsent(one, fate, clock, columns)]
    price = total_line((one.shown, one.left) for one in fate.coming)
    return [*lines, "", _total(fate), *([price] if price else []), *plan_lines(sender, clock)]


def _day(rows: Sequence[Coming], clock: Clock, columns: int) -> list[str]:
    lines: list[str] = []
    for (due, post), group in groupby(rows, key=lambda one: (one.due, one.row.post)):
        of_post = list(group)
        head = f"  {clock.hour(due)}  {safe(post)}  "
        lines.append(head + cut(of_post[0].row.title, max(20, columns - width(head))))
        for one in of_post:
            lines += _account(one, of_post, clock)
    return lines


def _account(one: Coming, beside: Sequence[Coming], clock: Clock) -> list[str]:
    names = max(9, *(width(other.row.account.name) for other in beside))
    shown = max(14, *(width(other.row.account.shown) for other in beside))
    account = one.row.account
    line = f"{pad(account.name, names)}  {pad(safe(account.shown), shown)}  {summary(one.shown)}"
    lines = [_INDENT + line]
    if one.held and not one.held.startswith("part "):
        lines.append(f"{_INDENT}{' ' * names}  {_('held: {reason}').format(reason=one.held)}")
    return lines + [f"{_INDENT}{' ' * names}  {text}" for text in _forecast(one, clock)]


def _forecast(one: Coming, clock: Clock) -> list[str]:
    """What will be in its way, as far as is known."""
    return [*_people(one, clock), *_wait(one, clock), *_login(one, clock)]


def _wait(one: Coming, clock: Clock) -> list[str]:
    """When it would really go out, under a limit of posts in a day."""
    if one.waits is None:
        return []
    name, until = one.waits
    lines = [_("the day's {quota} are used up: not before {when}").format(quota=name, when=clock.date(until))]
    return [*lines, _("that is past its grace: it would be missed")] if misses(one) else lines


def _login(one: Coming, clock: Clock) -> list[str]:
    if one.login_ends is None:
        return []
    return [_("the login ends {when}, before this: humaspost doctor").format(when=clock.date(one.login_ends))]


def _people(one: Coming, clock: Clock) -> list[str]:
    """When the last of many would get it, under a limit of people in a day."""
    if one.reach is None:
        return []
    hours = round(one.reach.window / timedelta(hours=1))
    message, at = _("limit {count} people in {hours} h: the last would get it {when}"), one.reach.last
    if one.reach.first is not None:
        message, at = _("limit {count} people in {hours} h: no place before {when}"), one.reach.first
    lines = [message.format(count=f"{one.reach.limit:,}", hours=hours, when=clock.date(at))]
    if one.reach.missed:
        lines.append(_past_grace(one, one.reach.missed))
    if one.reach.never and one.row.expires:
        message = ngettext(
            "expires {when}: {count} person would never get it",
            "expires {when}: {count} people would never get it",
            one.reach.never,
        )
        expires = clock.date(one.row.expires.utc)
        lines.append(message.format(when=expires, count=f"{one.reach.never:,}"))
    return lines


def _past_grace(one: Coming, missed: int) -> str:
    message = ngettext(
        "{missed} of {count} person would find no place in time and get nothing ({state})",
        "{missed} of {count} people would find no place in time and get nothing ({state})",
        one.left,
    )
    state = state_word(State.EXPIRED if one.row.late is Late.SKIP else State.MISSED)
    return message.format(missed=f"{missed:,}", count=f"{one.left:,}", state=state)


def _unsent(one: Unsent, fate: Fate, clock: Clock, columns: int) -> list[str]:
    """The reason stands beside the post if it has room there, else below."""
    wide = max(7, *(width(_kind(other)) for other in fate.unsent))
    names = max(width(safe(other.post or other.file)) for other in fate.unsent)
    why = [line for line in _why(one, clock) if line]
    below = " " * (wide + 4)
    head = f"  {pad(_kind(one), wide)}  {pad(safe(one.post or one.file), min(names, 24))}"
    if why and width(head) + 2 + width(why[0]) <= columns:
        return [f"{head}  {why[0]}", *(below + line for line in why[1:])]
    return [head.rstrip(), *(below + line for line in why)]


def _kind(one: Unsent) -> str:
    return {"error": _("error"), "draft": _("draft")}.get(one.kind) or state_word(one.kind)


def _why(one: Unsent, clock: Clock) -> list[str]:
    match one.kind:
        case "error":
            return [f"{one.reason}: humaspost check {quoted(one.file)}"]
        case "missed":
            return _missed(one, clock)
        case "changed":
            return [
                _("edited after it was published; the live text stays"),
                _("to correct it in public: humaspost explain changed"),
            ]
        case "held":
            way = _("bring it back, or: humaspost resolve {post} --cancel").format(post=one.post)
            if one.reason == "list":
                way = _("bring it back, with draft: true if it is not to be sent")
            return [_("its file {file} is gone").format(file=safe(one.file)), way]
        case "unknown":
            return [_("sent, but nobody knows whether it is live: humaspost status")]
        case "failed":
            return [
                _("refused by the platform: humaspost log {post}").format(post=one.post),
                _("mend the file, or: humaspost publish {post}").format(post=one.post),
            ]
        case "expired":
            return [_("its time is over")]
        case "refused":
            return (
                [_("nobody in its audiences may be written to")]
                if not one.due
                else [_("some people: humaspost log")]
            )
        case "cancelled":
            return [_("a person decided so")]
        case _:
            return [""]


def _missed(one: Unsent, clock: Clock) -> list[str]:
    due = clock.date(one.due) if one.due else ""
    why = _("before this office's first start") if one.reason == "before-ledger" else _("nothing was running")
    return [
        _("was due {when}; {why}").format(when=due, why=why),
        _("to send it anyway: humaspost publish {post}").format(post=one.post),
        _("to move it: write a new date: in {file}").format(file=safe(one.file)),
    ]


def _total(fate: Fate) -> str:
    posts = len({one.row.post for one in fate.coming})
    counted = ngettext("{count} post", "{count} posts", posts).format(count=posts)
    deliveries = ngettext("{count} delivery", "{count} deliveries", fate.deliveries)
    message = _("{posts}, {deliveries} to come. Nothing was sent by this command.")
    return message.format(posts=counted, deliveries=deliveries.format(count=f"{fate.deliveries:,}"))


def plan_json(fate: Fate, sender: Sending, *, clock: Clock) -> dict[str, Any]:
    """The document of ``plan --json``."""
    return {
        "schema": 1,
        "now": clock.now.isoformat(),
        "coming": [_coming_json(one) for one in fate.coming],
        "not_sent": [_unsent_json(one) for one in fate.unsent],
        "deliveries": fate.deliveries,
        "sender": sender_json(sender),
    }


def _coming_json(one: Coming) -> dict[str, Any]:
    price = estimate(one.shown, one.left)
    return {
        "id": one.row.post,
        "file": one.row.file,
        "title": one.row.title,
        "account": one.row.account.name,
        "channel": one.row.account.channel,
        "shown": one.row.account.shown,
        "due_at": one.due.isoformat(),
        "parts": len(one.row.rendition.parts),
        "people": one.shown.people,
        "deliveries": one.left,
        "price_usd": str(price) if price is not None else None,
        "held": one.held or None,
        "last_at": one.reach.last.isoformat() if one.reach else None,
        "never": one.reach.never if one.reach else 0,
        "missed": one.reach.missed if one.reach else 0,
    }


def _unsent_json(one: Unsent) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "id": one.post or None,
        "file": one.file,
        "due_at": one.due.isoformat() if one.due else None,
        "accounts": list(one.accounts),
        "reason": one.reason or None,
    }
