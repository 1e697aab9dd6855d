"""When the last of many people would get it: WhatsApp takes only so many different ones in a day."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from humaspost.app.office import Office
from humaspost.ledger.queries import delivery_lists
from humaspost.model.account import Facts
from humaspost.model.delivery import delivery_key
from humaspost.model.post import Late
from humaspost.model.rules import Quota
from humaspost.reports.plan_outlook import Coming, Reach
from humaspost.reports.recipient_day import Day, FanOut


def reached(office: Office, coming: Sequence[Coming]) -> tuple[Coming, ...]:
    """The same, each fan-out that a day's limit of people delays with when it would end, and for whom.

    Who was written to in the last day already counts, and whoever gets several posts counts once, from the
    last of them on.
    """
    facts, now = office.facts(), office.now()
    days: dict[str, Day] = {}
    found: list[tuple[Day, FanOut] | None] = []
    with office.ledger().read() as conn:
        for one in coming:
            name = one.row.account.name
            quota = _quota(one, facts.get(name))
            if quota is None:
                found.append(None)
                continue
            if name not in days:
                days[name] = _day(conn, name, quota, now)
            fan_out = _fan_out(conn, one, now)
            days[name].add(fan_out)
            found.append((days[name], fan_out))
    for day in days.values():
        day.run()
    pairs = zip(coming, found, strict=True)
    return tuple(replace(one, reach=reach(*counted)) if counted else one for one, counted in pairs)


def _day(conn: Connection, name: str, quota: Quota, now: datetime) -> Day:
    """The account's, with those who were written to already."""
    day = Day(quota)
    for person, at in delivery_lists.written_to(conn, name, quota.name, since=now - day.window):
        day.count(person, at)
    return day


def _quota(one: Coming, facts: Facts | None) -> Quota | None:
    told = one.shown.rules.told(facts.quotas) if facts else one.shown.rules
    return next((quota for quota in told.quotas if quota.unique and quota.count), None)


def reach(day: Day, fan_out: FanOut) -> Reach | None:
    """When the last of them would get it and how many not; None = the limit delays nobody."""
    if fan_out.last <= fan_out.begins:
        return None
    return Reach(day.quota.count, day.window, fan_out.last, fan_out.never, fan_out.missed, fan_out.first)


def fan_out_of(
    one: Coming, people: Sequence[Hashable], *, now: datetime | None = None, begun: bool = False
) -> FanOut:
    """What is to come as a day counts it; ``begun`` = somebody gets it in time, whatever the limit."""
    row = one.row
    begins = max(one.due, now) if now else one.due
    expires = row.expires.utc if row.expires else None
    ends = None if row.late is Late.PUBLISH else one.due + row.grace
    return FanOut(people, begins, expires, ends, row.priority, begun)


def _fan_out(conn: Connection, one: Coming, now: datetime) -> FanOut:
    """Its people outside their window, as they are claimed; and as many nameless ones as are still to be imported."""
    row, begins = one.row, max(one.due, now)
    left = delivery_lists.still_to_write(
        conn, row.post, row.account.name, row.audiences, marketing=bool(one.shown.unwilling), at=begins
    )
    shut = [person for person, is_open in left if not is_open]
    known = delivery_lists.begun(conn, row.post, row.account.name)
    if known:
        account, edition = known.account, known.edition
        shut.sort(key=lambda who: delivery_key(row.post, account, 1, recipient=who, edition=edition))
    people: list[Hashable] = [*shut]
    if known is None:
        # Those whom the list on disk has, and the ledger not yet.
        more = (one.shown.people or 0) - delivery_lists.reach(conn, row.audiences)
        people += [(row.audiences, number) for number in range(more)]
    begun = len(shut) < len(left) or (known is not None and known.first_write_at is not None)
    return fan_out_of(one, people, now=now, begun=begun)
