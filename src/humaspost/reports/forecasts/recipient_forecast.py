"""A forecast for posts to many recipients: WhatsApp limits different recipients per day."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from humaspost.app.office import Office
from humaspost.ledger.queries import delivery_lists
from humaspost.model.account import AccountStatus
from humaspost.model.delivery import delivery_key
from humaspost.model.rules import Quota
from humaspost.policy import lateness
from humaspost.reports.forecasts.plan_outlook import RecipientForecast, Upcoming
from humaspost.reports.forecasts.recipient_day import FanOut, RecipientDay


def with_recipient_forecasts(office: Office, upcoming: Sequence[Upcoming]) -> tuple[Upcoming, ...]:
    """Return each item, with the forecast if a daily limit of recipients delays it.

    Recipients of the last day count already. A recipient of several posts counts once, from the last post on.
    """
    statuses, now = office.account_statuses(), office.now()
    days: dict[str, RecipientDay] = {}
    fan_outs: list[tuple[RecipientDay, FanOut] | None] = []
    with office.ledger().read() as conn:
        for item in upcoming:
            name = item.row.account.name
            quota = _recipient_quota(item, statuses.get(name))
            if quota is None:
                fan_outs.append(None)
                continue
            if name not in days:
                days[name] = _recipient_day(conn, name, quota, now)
            fan_out = _load_fan_out(conn, item, now)
            days[name].add(fan_out)
            fan_outs.append((days[name], fan_out))
    for day in days.values():
        day.simulate()
    pairs = zip(upcoming, fan_outs, strict=True)
    return tuple(
        replace(one, recipient_forecast=recipient_forecast(*day_and_fan_out)) if day_and_fan_out else one
        for one, day_and_fan_out in pairs
    )


def _recipient_day(conn: Connection, name: str, quota: Quota, now: datetime) -> RecipientDay:
    """Return the account's rolling day with the writes so far."""
    day = RecipientDay(quota)
    for recipient, at in delivery_lists.list_written_recipients(
        conn, name, quota.name, since=now - day.window
    ):
        day.record_write(recipient, at)
    return day


def _recipient_quota(item: Upcoming, status: AccountStatus | None) -> Quota | None:
    rules = item.preview.rules.with_platform_quotas(status.quotas) if status else item.preview.rules
    return next((quota for quota in rules.quotas if quota.counts_recipients and quota.count), None)


def recipient_forecast(day: RecipientDay, fan_out: FanOut) -> RecipientForecast | None:
    """Return the last delivery time and the lost recipients, or None if nothing is delayed."""
    if fan_out.last_at <= fan_out.starts_at:
        return None
    return RecipientForecast(
        day.quota.count,
        day.window,
        fan_out.last_at,
        fan_out.never_count,
        fan_out.missed_count,
        fan_out.first_at,
    )


def build_fan_out(
    item: Upcoming, recipients: Sequence[Hashable], *, now: datetime | None = None, has_started: bool = False
) -> FanOut:
    """Return the fan-out of an item for the simulation.

    ``has_started`` is True if some recipients get it in time whatever the limit.
    """
    row = item.row
    starts_at = max(item.due, now) if now else item.due
    expires_at = row.expires.utc if row.expires else None
    grace_ends_at = lateness.last_start(item.timing)
    return FanOut(recipients, starts_at, expires_at, grace_ends_at, row.priority, has_started)


def _load_fan_out(conn: Connection, item: Upcoming, now: datetime) -> FanOut:
    """Return the fan-out of an item, with the recipients outside their service window.

    Recipients that are not imported yet are numbers in place of ids.
    """
    row, starts_at = item.row, max(item.due, now)
    unwritten = delivery_lists.list_remaining_recipients(
        conn,
        row.post,
        row.account.name,
        row.audiences,
        marketing=bool(item.preview.without_marketing_consent),
        at=starts_at,
    )
    outside_window = [person for person, is_open in unwritten if not is_open]
    first_write = delivery_lists.first_write(conn, row.post, row.account.name)
    if first_write:
        account, edition = first_write.account, first_write.edition
        outside_window.sort(
            key=lambda who: delivery_key(row.post, account, 1, recipient=who, edition=edition)
        )
    recipients: list[Hashable] = [*outside_window]
    if first_write is None:
        # Recipients that are in the audience file and not yet in the ledger.
        unimported_count = (item.preview.audience_size or 0) - delivery_lists.reachable_count(
            conn, row.audiences
        )
        recipients += [(row.audiences, number) for number in range(unimported_count)]
    has_started = len(outside_window) < len(unwritten) or (
        first_write is not None and first_write.first_write_at is not None
    )
    return build_fan_out(item, recipients, now=now, has_started=has_started)
