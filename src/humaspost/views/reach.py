"""When the last of many people would get it: WhatsApp takes only so many different ones in a day."""

from bisect import insort
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from sqlalchemy import Connection

from humaspost.app.office import Office
from humaspost.ledger import queries
from humaspost.ledger.limits import SHARE
from humaspost.model.rules import Quota
from humaspost.views.fate import Coming, Reach


def reached(office: Office, coming: Sequence[Coming]) -> tuple[Coming, ...]:
    """The same, each fan-out that a day's limit of people delays with when it would end.

    Who was written to in the last day already counts, and whoever gets several posts counts once.
    """
    facts, now = office.facts(), office.now()
    days: dict[str, Day] = {}
    found: list[Coming] = []
    with office.ledger().read() as conn:
        for one in coming:
            name = one.row.account.name
            told = one.shown.rules.told(facts[name].quotas) if name in facts else one.shown.rules
            quota = next((quota for quota in told.quotas if quota.unique and quota.count), None)
            if quota is None:
                found.append(one)
                continue
            if name not in days:
                days[name] = Day(quota)
                for person, at in queries.written_to(conn, name, quota.name, since=now - days[name].window):
                    days[name].count(person, at)
            found.append(replace(one, reach=days[name].reach(_people(conn, one), one)))
    return tuple(found)


def _people(conn: Connection, one: Coming) -> list[Hashable]:
    """Who is still to be written to outside their window; before the list is imported, as many nameless ones."""
    known: list[Hashable] = [
        *queries.still_to_write(conn, one.row.post, one.row.account.name, one.row.audiences, at=one.due)
    ]
    if known or queries.reach(conn, one.row.audiences):
        return known
    return [(one.row.audiences, number) for number in range(one.left)]


@dataclass
class Day:
    """One account's rolling day: who counts in it from when on, also through posts that are still to come."""

    quota: Quota
    _uses: list[tuple[datetime, int, Hashable]] = field(default_factory=list)
    _times: dict[Hashable, list[datetime]] = field(default_factory=dict)

    @property
    def window(self) -> timedelta:
        """How long a person counts."""
        return timedelta(seconds=self.quota.seconds)

    def count(self, person: Hashable, at: datetime) -> None:
        """The person counts from then on."""
        insort(self._times.setdefault(person, []), at)
        insort(self._uses, (at, len(self._uses), person))

    def reach(self, people: Iterable[Hashable], one: Coming) -> Reach | None:
        """When the last of them would get it and how many never; None = the limit delays nobody."""
        expires = one.row.expires.utc if one.row.expires else None
        places = _Places(self._uses, self.window, max(1, int(self.quota.count * SHARE)), one.due)
        last, never = one.due, 0
        for person in people:
            at = self._has_place(person, one.due)
            if at is None:
                at = places.next()
                if expires is None or at < expires:
                    self.count(person, at)
            last, never = max(last, at), never + (expires is not None and at >= expires)
        return Reach(self.quota.count, self.window, last, never) if last > one.due else None

    def _has_place(self, person: Hashable, due: datetime) -> datetime | None:
        """When somebody who counts anyway, now or later, gets it; None = they need a place of their own."""
        times = [at for at in self._times.get(person, ()) if at > due - self.window]
        return max(due, times[0]) if times else None


class _Places:
    """The places of a rolling day that are still free, one after the other, from one moment on."""

    def __init__(
        self, uses: Sequence[tuple[datetime, int, Hashable]], window: timedelta, most: int, at: datetime
    ) -> None:
        self._window, self._most, self._at = window, most, at
        last = {person: use for use, _, person in uses if use + window > at}
        #: When each place that is taken becomes free, the first on top.
        self._free = [use + window for use in last.values()]
        heapify(self._free)

    def next(self) -> datetime:
        """The moment of the next free place, which is taken for a whole window."""
        while self._free and self._free[0] <= self._at:
            heappop(self._free)
        while len(self._free) >= self._most:
            self._at = max(self._at, heappop(self._free))
        heappush(self._free, self._at + self._window)
        return self._at
