"""Warnings of dates that have passed, or are so far away that the year may be mistyped."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from humaspost.app.scan import ScanResult, sort_problems
from humaspost.base.i18n import _
from humaspost.model.delivery import State
from humaspost.model.post import Post
from humaspost.model.problem import Problem, Severity
from humaspost.model.reasons import is_part_reason
from humaspost.policy.lateness import has_started
from humaspost.reports.forecasts.plan_outlook import PlanOutlook

#: The value of ``allow:`` that says that the date is meant.
DISTANT_DATE = "date-far"
#: A year and a month: next year's event of the same name is not far.
_DISTANT_MONTHS = 13


class _Effect(StrEnum):
    """The effect of a date in the past."""

    AT_ONCE = "at-once"
    WHEN_RELEASED = "when-released"
    MISSED = "missed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class _PastDate:
    post: str
    effect: _Effect
    accounts: tuple[str, ...]


def with_date_problems(scan: ScanResult, outlook: PlanOutlook, *, now: datetime) -> ScanResult:
    """Return the scan with the warnings about dates, by the outlook that ``plan`` shows."""
    past: dict[str, list[_PastDate]] = {}
    for item in (*_list_late(outlook, now), *_list_missed(outlook, now)):
        past.setdefault(item.post, []).append(item)
    found: list[Problem] = []
    for post in scan.posts:
        found += _report_past(post, past.get(post.id, ()))
        found += _report_distant(post, now)
    return replace(scan, problems=tuple(sort_problems([*scan.problems, *found])))


def _list_late(outlook: PlanOutlook, now: datetime) -> Iterator[_PastDate]:
    """Yield what is due already by its file, and did not begin."""
    for one in outlook.upcoming:
        if one.row.due.utc >= now or one.due != one.row.due.utc or has_started(one.timing):
            continue
        is_held = one.hold_reason and not is_part_reason(one.hold_reason)
        effect = _Effect.WHEN_RELEASED if is_held else _Effect.AT_ONCE
        yield _PastDate(one.row.post, effect, (one.row.account.name,))


def _list_missed(outlook: PlanOutlook, now: datetime) -> Iterator[_PastDate]:
    """Yield what is too late; what expired for good needs nobody and is left out."""
    effects = {State.MISSED: _Effect.MISSED, State.EXPIRED: _Effect.EXPIRED}
    for item in outlook.not_sending:
        effect = effects.get(State(item.kind)) if item.kind in list(State) else None
        is_over = effect is _Effect.EXPIRED and item.is_recorded
        if effect is None or item.due is None or item.due >= now or item.is_started or is_over:
            continue
        yield _PastDate(item.post, effect, item.accounts)


def _report_past(post: Post, past: Iterable[_PastDate]) -> Iterator[Problem]:
    accounts: dict[_Effect, list[str]] = {}
    for item in past:
        accounts.setdefault(item.effect, []).extend(item.accounts)
    for effect, names in sorted(accounts.items(), key=lambda pair: list(_Effect).index(pair[0])):
        message = _past_message(effect).format(date=_format_date(post))
        if len(accounts) > 1:
            message = _("{message} ({accounts})").format(message=message, accounts=", ".join(names))
        yield _warn(post, "date-past", message, _past_hint(effect, post))


def _past_message(effect: _Effect) -> str:
    return {
        _Effect.AT_ONCE: _("{date} has passed: it would go out at once"),
        _Effect.WHEN_RELEASED: _("{date} has passed: it would go out as soon as nothing holds it"),
        _Effect.MISSED: _("{date} has passed: it would be missed, and not go out"),
        _Effect.EXPIRED: _("{date} has passed: it would expire, and not go out"),
    }[effect]


def _past_hint(effect: _Effect, post: Post) -> str:
    if effect in (_Effect.AT_ONCE, _Effect.WHEN_RELEASED):
        return _("if that is not meant, write a time to come after date:")
    ways = [
        _("write a time to come after date:, or send it at once with:"),
        f"humaspost publish {post.id}",
    ]
    return "\n".join(ways)


def _report_distant(post: Post, now: datetime) -> Iterator[Problem]:
    if (
        post.date is None
        or post.draft
        or DISTANT_DATE in post.allow
        or post.date.utc <= _add_months(now, _DISTANT_MONTHS)
    ):
        return
    message = _("{date} is more than {count} months away: is the year right?")
    hint = _("mend the year, or write: allow: [date-far]")
    yield _warn(post, DISTANT_DATE, message.format(date=_format_date(post), count=_DISTANT_MONTHS), hint)


def _add_months(at: datetime, count: int) -> datetime:
    """Return the same day and time so many months later; days past 28 count as 28."""
    years, month = divmod(at.month - 1 + count, 12)
    return at.replace(year=at.year + years, month=month + 1, day=min(at.day, 28))


def _format_date(post: Post) -> str:
    return post.date.local_time.replace("T", " ") if post.date else ""


def _warn(post: Post, code: str, message: str, hint: str) -> Problem:
    return post.locate(Problem(code, message, hint, field="date", severity=Severity.WARNING))
