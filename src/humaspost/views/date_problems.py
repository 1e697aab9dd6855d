"""Warnings about dates that have passed or are distant."""

from dataclasses import replace
from datetime import datetime

from humaspost.app.folder.scan import ScanResult, sort_problems
from humaspost.base.i18n import _
from humaspost.model.post import Post
from humaspost.model.problem import Problem, Severity
from humaspost.reports.date_findings import (
    DISTANT_DATE,
    DISTANT_MONTHS,
    PastDate,
    PastEffect,
    distant_posts,
    past_dates,
)
from humaspost.reports.forecasts.plan_outlook import PlanOutlook


def with_date_problems(scan: ScanResult, outlook: PlanOutlook, *, now: datetime) -> ScanResult:
    """Return the scan with the warnings about dates, by the outlook that ``plan`` shows."""
    past: dict[str, list[PastDate]] = {}
    for item in past_dates(outlook, now=now):
        past.setdefault(item.post, []).append(item)
    found = [
        _past_problem(post, item, is_mixed=len(past[post.id]) > 1)
        for post in scan.posts
        for item in past.get(post.id, ())
    ]
    found += [_distant_problem(post) for post in distant_posts(scan.posts, now=now)]
    return replace(scan, problems=tuple(sort_problems([*scan.problems, *found])))


def _past_problem(post: Post, past: PastDate, *, is_mixed: bool) -> Problem:
    message = _past_message(past.effect).format(date=_format_date(post))
    if is_mixed:
        message = _("{message} ({accounts})").format(message=message, accounts=", ".join(past.accounts))
    return _warn(post, "date-past", message, _past_hint(past.effect, post))


def _distant_problem(post: Post) -> Problem:
    message = _("{date} is more than {count} months away: is the year right?")
    hint = _("mend the year, or write: allow: [date-far]")
    return _warn(post, DISTANT_DATE, message.format(date=_format_date(post), count=DISTANT_MONTHS), hint)


def _past_message(effect: PastEffect) -> str:
    return {
        PastEffect.AT_ONCE: _("{date} has passed: it would go out at once"),
        PastEffect.WHEN_RELEASED: _("{date} has passed: it would go out as soon as nothing holds it"),
        PastEffect.MISSED: _("{date} has passed: it would be missed, and not go out"),
        PastEffect.EXPIRED: _("{date} has passed: it would expire, and not go out"),
    }[effect]


def _past_hint(effect: PastEffect, post: Post) -> str:
    if effect in (PastEffect.AT_ONCE, PastEffect.WHEN_RELEASED):
        return _("if that is not meant, write a time to come after date:")
    ways = [
        _("write a time to come after date:, or send it at once with:"),
        f"humaspost publish {post.id}",
    ]
    return "\n".join(ways)


def _format_date(post: Post) -> str:
    return post.date.local_time.replace("T", " ") if post.date else ""


def _warn(post: Post, code: str, message: str, hint: str) -> Problem:
    return post.locate(Problem(code, message, hint, field="date", severity=Severity.WARNING))
