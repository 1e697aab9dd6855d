"""The output of ``plan``: posts to send and when, posts not to send and why, and the sender."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.model.reasons import StopReason, is_part_reason
from humaspost.policy import lateness
from humaspost.reports.forecasts.plan_outlook import NotSending, PlanOutlook, Upcoming
from humaspost.reports.forecasts.quota_forecast import will_be_missed
from humaspost.reports.list_findings import ListFinding
from humaspost.reports.sender_status import SenderStatus
from humaspost.views.decisions.post_decisions import format_decision
from humaspost.views.forecasts.price import estimate_price, format_total
from humaspost.views.forecasts.too_late import describe_lateness
from humaspost.views.list_findings import finding_to_json, format_list_block
from humaspost.views.renditions import format_summary
from humaspost.views.sender import format_sender_lines, sender_to_json
from humaspost.views.states import state_word
from humaspost.views.text import display_width, escape_unsafe, pad, quote_filename, truncate, wrap_text
from humaspost.views.times import TimeFormatter

_INDENT = " " * 9


def format_plan(
    outlook: PlanOutlook,
    sender: SenderStatus,
    lists: Sequence[ListFinding] = (),
    *,
    clock: TimeFormatter,
    columns: int = 80,
) -> list[str]:
    """Return all lines of ``plan``."""
    zone = _("Times are {zone} unless marked.").format(zone=clock.zone_name)
    lines = [f"{clock.format_full(clock.now)}. {zone}"]
    for _day_of, rows in groupby(outlook.upcoming, key=lambda one: clock.to_local(one.due).date()):
        of_day = list(rows)
        lines += ["", clock.format_day(of_day[0].due)]
        lines += _format_day(of_day, outlook.standing, clock, columns)
    if outlook.not_sending:
        lines += ["", _("Will not be sent")]
        lines += _format_all_not_sending(outlook.not_sending, clock, columns)
    lines += format_list_block(lists, columns)
    price = format_total((one.preview, one.remaining) for one in outlook.upcoming)
    return [
        *lines,
        "",
        *_format_standing(outlook, columns),
        _format_total(outlook),
        *([price] if price else []),
        *format_sender_lines(sender, clock),
    ]


def _format_day(
    rows: Sequence[Upcoming], standing: Collection[str], clock: TimeFormatter, columns: int
) -> list[str]:
    lines: list[str] = []
    for (due, post), group in groupby(rows, key=lambda one: (one.due, one.row.post)):
        of_post = list(group)
        head = f"  {clock.format_time(due)}  {escape_unsafe(post)}  "
        lines.append(head + truncate(of_post[0].row.title, max(20, columns - display_width(head))))
        for one in of_post:
            lines += _format_account(one, of_post, clock)
        if post in standing:
            lines.append(_INDENT + _("file is away; the last plan stands"))
    return lines


def _format_account(item: Upcoming, siblings: Sequence[Upcoming], clock: TimeFormatter) -> list[str]:
    name_width = max(9, *(display_width(other.row.account.name) for other in siblings))
    handle_width = max(14, *(display_width(other.row.account.display_name) for other in siblings))
    account = item.row.account
    line = f"{pad(account.name, name_width)}  {pad(escape_unsafe(account.display_name), handle_width)}  {format_summary(item.preview)}"
    lines = [_INDENT + line]
    if item.hold_reason and not is_part_reason(item.hold_reason):
        lines.append(f"{_INDENT}{' ' * name_width}  {_('held: {reason}').format(reason=item.hold_reason)}")
    return lines + [f"{_INDENT}{' ' * name_width}  {text}" for text in _format_forecast(item, clock)]


def _format_forecast(item: Upcoming, clock: TimeFormatter) -> list[str]:
    """Return the delays that are forecast for the item."""
    is_late = item.due < clock.now and not lateness.has_started(item.timing) and not item.hold_reason
    return [
        *([_("its time has passed: it goes out at once")] if is_late else []),
        *_format_recipient_forecast(item, clock),
        *_format_quota_wait(item, clock),
        *_format_login_expiry(item, clock),
    ]


def _format_quota_wait(item: Upcoming, clock: TimeFormatter) -> list[str]:
    """Return when the item will be sent under a daily quota of posts."""
    if item.quota_wait is None:
        return []
    name, until = item.quota_wait
    lines = [
        _("the day's {quota} are used up: not before {when}").format(
            quota=name, when=clock.format_date(until)
        )
    ]
    return [*lines, _("that is past its grace: it would be missed")] if will_be_missed(item) else lines


def _format_login_expiry(item: Upcoming, clock: TimeFormatter) -> list[str]:
    if item.login_expires_at is None:
        return []
    return [
        _("the login ends {when}, before this: humaspost doctor").format(
            when=clock.format_date(item.login_expires_at)
        )
    ]


def _format_recipient_forecast(item: Upcoming, clock: TimeFormatter) -> list[str]:
    """Return when the last recipient gets the item under a daily quota of recipients."""
    if item.recipient_forecast is None:
        return []
    hours = round(item.recipient_forecast.period / timedelta(hours=1))
    message, at = (
        _("limit {count} people in {hours} h: the last would get it {when}"),
        item.recipient_forecast.last_delivery_at,
    )
    if item.recipient_forecast.first_at is not None:
        message, at = (
            _("limit {count} people in {hours} h: no place before {when}"),
            item.recipient_forecast.first_at,
        )
    lines = [
        message.format(count=f"{item.recipient_forecast.limit:,}", hours=hours, when=clock.format_date(at))
    ]
    if item.recipient_forecast.missed:
        lines.append(_format_past_grace(item, item.recipient_forecast.missed))
    if item.recipient_forecast.never_count and item.row.expires:
        message = ngettext(
            "expires {when}: {count} person would never get it",
            "expires {when}: {count} people would never get it",
            item.recipient_forecast.never_count,
        )
        expires = clock.format_date(item.row.expires.utc)
        lines.append(message.format(when=expires, count=f"{item.recipient_forecast.never_count:,}"))
    return lines


def _format_past_grace(item: Upcoming, missed: int) -> str:
    message = ngettext(
        "{missed} of {count} person would find no place in time and get nothing ({state})",
        "{missed} of {count} people would find no place in time and get nothing ({state})",
        item.remaining,
    )
    state = state_word(lateness.state_when_late(item.row.late))
    return message.format(missed=f"{missed:,}", count=f"{item.remaining:,}", state=state)


def _format_all_not_sending(items: Sequence[NotSending], clock: TimeFormatter, columns: int) -> list[str]:
    # Measured once: an archive has thousands of them.
    kind_width = max(7, *(display_width(_kind_word(item)) for item in items))
    name_width = max(display_width(escape_unsafe(item.post or item.file)) for item in items)
    widths = kind_width, min(name_width, 24)
    return [line for item in items for line in _format_not_sending(item, widths, clock, columns)]


def _format_not_sending(
    item: NotSending, widths: tuple[int, int], clock: TimeFormatter, columns: int
) -> list[str]:
    """Return a post that is not sent; the reason is on its line if it fits, otherwise below.

    ``widths`` are those of the kind and of the name.
    """
    kind_width, name_width = widths
    reason = [line for line in _format_reason(item, clock) if line]
    indent = " " * (kind_width + 4)
    head = f"  {pad(_kind_word(item), kind_width)}  {pad(escape_unsafe(item.post or item.file), name_width)}"
    if reason and display_width(head) + 2 + display_width(reason[0]) <= columns:
        return [f"{head}  {reason[0]}", *(indent + line for line in reason[1:])]
    return [head.rstrip(), *(indent + line for line in reason)]


def _kind_word(item: NotSending) -> str:
    return {"error": _("error"), "draft": _("draft")}.get(item.kind) or state_word(item.kind)


def _format_reason(item: NotSending, clock: TimeFormatter) -> list[str]:
    match item.kind:
        case "error":
            return [f"{item.reason}: humaspost check {quote_filename(item.file)}"]
        case "missed":
            return _format_missed(item, clock)
        case "changed":
            return [
                _("edited after it was published; the live text stays"),
                _("to correct it in public: humaspost explain changed"),
            ]
        case "held":
            return _format_held(item)
        case "unknown":
            return [_("sent, but nobody knows whether it is live: humaspost status")]
        case "failed":
            return [
                _("refused by the platform: humaspost log {post}").format(post=item.post),
                _("mend the file, or: humaspost publish {post}").format(post=item.post),
            ]
        case "expired":
            return [
                describe_lateness(item.kind, item.reason, item.due, clock),
                _("to send it: write new dates in {file}").format(file=escape_unsafe(item.file)),
            ]
        case "refused":
            return [_("some people may not get it: humaspost log {post}").format(post=item.post)]
        case "cancelled":
            if item.decided_at is None and item.reason == StopReason.NOT_PLANNED:
                return [_("its new text has fewer parts; the parts after its end are not sent")]
            if item.decided_at is None:
                return [_("a person decided so")]
            return [
                format_decision(item.decided_at, clock=clock),
                _("to send it after all, at once: humaspost publish {post}").format(post=item.post),
            ]
        case _:
            return [""]


def _format_held(item: NotSending) -> list[str]:
    if item.reason == StopReason.NO_RECIPIENTS:
        return [
            _("no person on its lists may get a message"),
            _("it goes on when a list has people: humaspost audience list"),
        ]
    if item.reason == StopReason.LIST:
        return [_("humaspost does not use the new file of its list: humaspost check")]
    if item.reason == StopReason.NOT_PLANNED:
        return [_("the newest plan does not have it: its file no longer names it")]
    if item.reason != StopReason.FILE:
        return [_("held: {reason}").format(reason=item.reason)]
    remedy = _("bring it back, or: humaspost cancel {post}").format(post=item.post)
    return [_("its file {file} is gone").format(file=escape_unsafe(item.file)), remedy]


def _format_missed(item: NotSending, clock: TimeFormatter) -> list[str]:
    return [
        describe_lateness(item.kind, item.reason, item.due, clock),
        _("to send it anyway: humaspost publish {post}").format(post=item.post),
        _("to move it: write a new date: in {file}").format(file=escape_unsafe(item.file)),
    ]


def _format_standing(outlook: PlanOutlook, columns: int) -> list[str]:
    """Return how many posts go out without a file, and what to do about it."""
    if not outlook.standing:
        return []
    message = ngettext(
        "NEEDS YOU: the file of {count} post is away. It goes out as last planned, and nothing new is seen. "
        "Bring the file back, or: humaspost cancel POST",
        "NEEDS YOU: the files of {count} posts are away. They go out as last planned, and nothing new is seen. "
        "Bring the files back, or: humaspost cancel POST",
        len(outlook.standing),
    )
    return wrap_text(message.format(count=f"{len(outlook.standing):,}"), columns)


def _format_total(outlook: PlanOutlook) -> str:
    posts = len(outlook.posts_to_come())
    counted = ngettext("{count} post", "{count} posts", posts).format(count=posts)
    deliveries = ngettext("{count} delivery", "{count} deliveries", outlook.delivery_count)
    message = _("{posts}, {deliveries} to come. Nothing was sent by this command.")
    return message.format(posts=counted, deliveries=deliveries.format(count=f"{outlook.delivery_count:,}"))


def plan_to_json(
    outlook: PlanOutlook, sender: SenderStatus, lists: Sequence[ListFinding] = (), *, clock: TimeFormatter
) -> dict[str, Any]:
    """Return the document of ``plan --json``."""
    return {
        "schema": 1,
        "now": clock.now.isoformat(),
        "upcoming": [_upcoming_to_json(one) for one in outlook.upcoming],
        "not_sent": [_not_sending_to_json(one) for one in outlook.not_sending],
        "lists": [finding_to_json(finding) for finding in lists],
        "deliveries": outlook.delivery_count,
        "vanished_posts": sorted(outlook.standing),
        "sender": sender_to_json(sender),
    }


def _upcoming_to_json(item: Upcoming) -> dict[str, Any]:
    price = estimate_price(item.preview, item.remaining)
    return {
        "id": item.row.post,
        "file": item.row.file,
        "title": item.row.title,
        "account": item.row.account.name,
        "channel": item.row.account.channel,
        "display_name": item.row.account.display_name,
        "due_at": item.due.isoformat(),
        "parts": len(item.row.rendition.parts),
        "audience_size": item.preview.audience_size,
        "deliveries": item.remaining,
        "price_usd": str(price) if price is not None else None,
        "held": item.hold_reason or None,
        "last_delivery_at": item.recipient_forecast.last_delivery_at.isoformat()
        if item.recipient_forecast
        else None,
        "not_sending": item.recipient_forecast.never_count if item.recipient_forecast else 0,
        "missed": item.recipient_forecast.missed if item.recipient_forecast else 0,
    }


def _not_sending_to_json(item: NotSending) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "id": item.post or None,
        "file": item.file,
        "due_at": item.due.isoformat() if item.due else None,
        "accounts": list(item.accounts),
        "reason": item.reason or None,
    }
