"""Dates that have passed, with their effect, and dates in a year that may be mistyped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from humaspost.model.delivery import State
from humaspost.model.post import Post
from humaspost.model.reasons import is_part_reason
from humaspost.policy.lateness import has_started
from humaspost.reports.forecasts.plan_outlook import PlanOutlook

#: The value of ``allow:`` that says that the date is meant.
DISTANT_DATE = "date-far"
#: A year and a month: next year's event of the same name is not distant.
DISTANT_MONTHS = 13


class PastEffect(StrEnum):
    """The effect of a date in the past."""

    AT_ONCE = "at-once"
    WHEN_RELEASED = "when-released"
    MISSED = "missed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class PastDate:
    """A post whose date has passed, with the effect on some of its accounts."""

    post: str
    effect: PastEffect
    accounts: tuple[str, ...]


def past_dates(outlook: PlanOutlook, *, now: datetime) -> list[PastDate]:
    """Return one entry per post and effect, by the outlook that ``plan`` shows."""
    merged: dict[tuple[str, PastEffect], PastDate] = {}
    for item in (*_list_late(outlook, now), *_list_missed(outlook, now)):
        previous = merged.get((item.post, item.effect))
        accounts = (*previous.accounts, *item.accounts) if previous else item.accounts
        merged[item.post, item.effect] = PastDate(item.post, item.effect, accounts)
    order = list(PastEffect)
    return sorted(merged.values(), key=lambda item: (item.post, order.index(item.effect)))


def distant_posts(posts: Sequence[Post], *, now: datetime) -> Iterator[Post]:
    """Yield the posts that are due in more than 13 months and do not say that it is meant."""
    limit = _add_months(now, DISTANT_MONTHS)
    for post in posts:
        if post.date and not post.draft and DISTANT_DATE not in post.allow and post.date.utc > limit:
            yield post


def _list_late(outlook: PlanOutlook, now: datetime) -> Iterator[PastDate]:
    """Yield what is due already by its file, and did not begin."""
    for one in outlook.upcoming:
        if one.row.due.utc >= now or one.due != one.row.due.utc or has_started(one.timing):
            continue
        is_held = one.hold_reason and not is_part_reason(one.hold_reason)
        effect = PastEffect.WHEN_RELEASED if is_held else PastEffect.AT_ONCE
        yield PastDate(one.row.post, effect, (one.row.account.name,))


def _list_missed(outlook: PlanOutlook, now: datetime) -> Iterator[PastDate]:
    """Yield what is too late; what expired for good needs nobody and is left out."""
    effects = {State.MISSED: PastEffect.MISSED, State.EXPIRED: PastEffect.EXPIRED}
    for item in outlook.not_sending:
        effect = effects.get(State(item.kind)) if item.kind in list(State) else None
        is_over = effect is PastEffect.EXPIRED and item.is_recorded
        if effect is None or item.due is None or item.due >= now or item.is_started or is_over:
            continue
        yield PastDate(item.post, effect, item.accounts)


def _add_months(at: datetime, count: int) -> datetime:
    """Return the same day and time so many months later; days past 28 count as 28."""
    years, month = divmod(at.month - 1 + count, 12)
    return at.replace(year=at.year + years, month=month + 1, day=min(at.day, 28))
