"""A forecast of sending times under the daily quotas of the platforms."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from humaspost.app.office import Office
from humaspost.delivery.worker.preparations import PREPARE_AHEAD
from humaspost.ledger import accounts
from humaspost.ledger.deliveries import limits, preparations
from humaspost.model.account import AccountStatus
from humaspost.model.decision import TooLate
from humaspost.model.rules import Quota
from humaspost.planning.login_expiry import expiry_before
from humaspost.policy import lateness
from humaspost.reports.forecasts.plan_outlook import PlanOutlook, Upcoming
from humaspost.reports.forecasts.recipient_forecast import with_recipient_forecasts

_UsageTimes = dict[tuple[str, str], list[datetime]]


@dataclass(frozen=True, slots=True)
class RecentUsage:
    """The quota uses that the ledger has recorded.

    ``used_at`` has the times, oldest first, by account and quota. ``started_parts`` are the parts, by
    account and hash, whose preparation has used its slots already.
    """

    used_at: Mapping[tuple[str, str], Sequence[datetime]] = field(default_factory=dict)
    started_parts: frozenset[tuple[str, str]] = frozenset()


def forecast(office: Office, outlook: PlanOutlook) -> PlanOutlook:
    """Return the outlook with the delays from quotas, recipient limits and logins."""
    status, now = office.account_statuses(), office.now()
    with office.ledger().read() as conn:
        recent = recent_usage(conn, outlook.upcoming, status, now=now)
    return replace(
        outlook,
        upcoming=with_recipient_forecasts(
            office, distribute(outlook.upcoming, status, recent=recent, now=now)
        ),
    )


def recent_usage(
    conn: Connection, upcoming: Sequence[Upcoming], statuses: Mapping[str, AccountStatus], *, now: datetime
) -> RecentUsage:
    """Return the recorded uses of the quotas that apply, and the parts in preparation."""
    used_at: dict[tuple[str, str], Sequence[datetime]] = {}
    for item in upcoming:
        name = item.row.account.name
        status = statuses.get(name)
        for quota in _counted_quotas(item, status):
            if (name, quota.name) not in used_at:
                since = min(now, status.taken_at if status else now) - timedelta(seconds=quota.seconds)
                used_at[name, quota.name] = limits.list_uses(conn, name, quota.name, since=since, now=now)
    due_soon = (one for one in upcoming if one.due <= now + PREPARE_AHEAD)
    return RecentUsage(
        used_at, frozenset(started for one in due_soon for started in _started_parts(conn, one))
    )


def _started_parts(conn: Connection, item: Upcoming) -> Iterator[tuple[str, str]]:
    """Yield the account and hash of each part that is in preparation or ready."""
    name = item.row.account.name
    account = accounts.get_by_name(conn, name)
    for part in item.row.rendition.parts if account else ():
        row = preparations.load_preparation(conn, account.id, part.hash) if account else None
        if row and row.token:
            yield name, part.hash


def distribute(
    upcoming: Sequence[Upcoming], statuses: Mapping[str, AccountStatus], *, recent: RecentUsage, now: datetime
) -> tuple[Upcoming, ...]:
    """Return each item in the same order, with its quota wait and its login's expiry.

    The gate counts in the same way: uses that the platform reported count from the time of the report,
    later uses from their own time. ``with_recipient_forecasts`` handles quotas of recipients.
    """
    used_at: _UsageTimes = {}
    return tuple(
        _with_quota_wait(item, used_at, statuses.get(item.row.account.name), recent, now) for item in upcoming
    )


def _with_quota_wait(
    item: Upcoming, used_at: _UsageTimes, status: AccountStatus | None, recent: RecentUsage, now: datetime
) -> Upcoming:
    starts_at = max(item.due, now)
    at, name = starts_at, ""
    for quota in _counted_quotas(item, status):
        key = (item.row.account.name, quota.name)
        slots = used_at.setdefault(key, _slots_taken(quota, status, recent.used_at.get(key, ())))
        next_free_at = _take_slots(slots, quota, at, cost=_slot_cost(item, quota, recent))
        if next_free_at > at:
            at, name = next_free_at, quota.name
    return replace(item, quota_wait=(name, at) if name else None, login_expires_at=expiry_before(status, at))


def _counted_quotas(item: Upcoming, status: AccountStatus | None) -> Iterator[Quota]:
    rules = item.preview.rules.with_platform_quotas(status.quotas) if status else item.preview.rules
    return (quota for quota in rules.quotas if not quota.counts_recipients and quota.count)


def _slots_taken(quota: Quota, status: AccountStatus | None, own_uses: Sequence[datetime]) -> list[datetime]:
    """Return the time of each use: our own uses, and the platform's count beyond those."""
    if status is None:
        return list(own_uses)
    reported_at, period = status.taken_at, timedelta(seconds=quota.seconds)
    platform_count = sum(reported_at - period < at <= reported_at for at in own_uses)
    other_uses = min(status.quotas.get(quota.name, (0, 0))[0], quota.count) - platform_count
    return sorted([*own_uses, *[reported_at] * max(0, other_uses)])


def _take_slots(slots: list[datetime], quota: Quota, at: datetime, *, cost: int) -> datetime:
    """Take ``cost`` slots; return the time at which the last of them is free.

    The gate checks only the first step of a preparation. A preparation with one slot is always finished.
    """
    limit, period = quota.usable, timedelta(seconds=quota.seconds)
    for index in range(cost):
        if len(slots) >= limit and not (quota.counts_preparation and index):
            at = max(at, slots[-limit] + period)
        slots.append(at)
    return at


def _slot_cost(item: Upcoming, quota: Quota, recent: RecentUsage) -> int:
    """Return the slots that an item takes.

    Each public write takes one slot. A preparation takes one per medium, and one more for a container of
    several.
    """
    if not quota.counts_preparation:
        return item.remaining
    name = item.row.account.name
    unprepared = [part for part in item.row.rendition.parts if (name, part.hash) not in recent.started_parts]
    sizes = (len(part.media) for part in unprepared)
    return sum(size + 1 if size > 1 else size for size in sizes)


def will_be_missed(item: Upcoming) -> bool:
    """Return True if the item waits past its grace, or some recipients do: a person must decide."""
    if item.recipient_forecast is not None and item.recipient_forecast.missed:
        return True
    if item.quota_wait is None:
        return False
    until = item.quota_wait[1]
    return isinstance(lateness.check_start(lateness.after_wait(item.timing, until), until), TooLate)
