"""Rate and quota slots: rows of the ledger, read and taken in the gate's own transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from humaspost.ledger.schema import account, delivery, quota_use, rate
from humaspost.model.delivery import State
from humaspost.model.rules import Quota, Rate, Rules

#: We stay this far below what the platform says: our clock and theirs differ.
SHARE = 0.95
#: Only slots this near are taken, so that a crash leaves few unknowns.
WITHIN = timedelta(milliseconds=100)
#: Seconds; what was used later than this from now was used by a clock that has been set back since.
AHEAD = 60.0
#: A use is kept so long after it left its window: forecasts look back to the day on which the platform said
#: what was used, and a clock that was ahead for a while makes uses look older than they are.
KEPT = timedelta(days=7)
#: So many wait for one place to be free, and the next so many for the next: whoever of them is sent nothing
#: after all leaves it to the others, and thousands who wait are not asked anew at each.
_FOR_ONE = 64


@dataclass(frozen=True, slots=True)
class Slot:
    """When the write may go; ``taken`` = the slot is ours and the write follows, else wait until ``at``.

    ``quota`` names the spent allowance; ``lane`` False = only this recipient has to wait.
    """

    at: datetime
    taken: bool
    quota: str = ""
    lane: bool = True


def gcra(tat: float | None, now: float, *, interval: float, burst: float) -> tuple[float, float]:
    """The moment this write conforms, and the next theoretical arrival time if it is made then.

    ``interval`` and ``burst`` in seconds; see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm.
    """
    tat = max(tat or 0.0, now - burst)
    allowed = max(now, tat - burst)
    return allowed, max(tat, allowed) + interval


class Books:
    """One account's limits while a batch passes the gate: read once, taken in memory, written once."""

    def __init__(
        self, conn: Connection, account: str, rules: Rules, *, recipients: Sequence[str], now: datetime
    ) -> None:
        self._conn, self._account, self._rates, self._now = conn, account, rules.rates, now
        self._tats = _tats(conn, account, [*recipients, ""]) if rules.rates else {}
        self._new_tats: dict[tuple[str, str], float] = {}
        quotas = [quota for quota in rules.quotas if not quota.preparing]
        self._quotas = [_Use(conn, account, quota, now, recipients=recipients) for quota in quotas]
        self._uses: list[tuple[str, str]] = []

    def take(self, recipient: str, *, counts: bool) -> Slot:
        """A slot in every rate and quota at once, or none of them and when to ask again.

        ``counts`` = this recipient is outside the window, so quotas of unique recipients count it.
        """
        wanted = [use for use in self._quotas if counts or not use.quota.unique]
        for use in wanted:
            resets = use.spent(recipient)
            if resets:
                # Who needs no place in a quota of people is not kept waiting by who does.
                return Slot(resets, False, use.quota.name, lane=not use.quota.unique)
        slot, tats = self._rate_slot(recipient)
        if slot.taken:
            self._new_tats |= tats
            for use in wanted:
                use.add(recipient)
                self._uses.append((use.quota.name, recipient))
        return slot

    def _rate_slot(self, recipient: str) -> tuple[Slot, dict[tuple[str, str], float]]:
        stamp = self._now.timestamp()
        free = {False: stamp, True: stamp}  # when the account's, when the recipient's rates allow it
        tats: dict[tuple[str, str], float] = {}
        for limit in self._rates:
            key = (limit.name, recipient if limit.per_recipient else "")
            allowed, tats[key] = self._ask(limit, key, stamp)
            free[limit.per_recipient] = max(free[limit.per_recipient], allowed)
        at = datetime.fromtimestamp(max(free.values()), UTC)
        if at > self._now + WITHIN:
            return Slot(at, False, lane=free[False] > stamp + WITHIN.total_seconds()), {}
        return Slot(at, True), tats

    def _ask(self, limit: Rate, key: tuple[str, str], now: float) -> tuple[float, float]:
        tat = self._new_tats.get(key, self._tats.get(key))
        interval = limit.seconds / (limit.count * SHARE)
        burst = max(0.0, (limit.burst - 1) * interval)
        if tat is not None and tat > now + burst + interval + AHEAD:
            # No slot that was taken lies so far ahead: the clock was, and the lane must not wait for it.
            tat = now + burst
        return gcra(tat, now, interval=interval, burst=burst)

    def close(self) -> None:
        """Every slot that was taken is in the transaction."""
        if self._new_tats:
            statement = upsert(rate)
            statement = statement.on_conflict_do_update(set_={"tat": statement.excluded.tat})
            rows = [
                {"account": self._account, "name": name, "recipient": who, "tat": tat}
                for (name, who), tat in self._new_tats.items()
            ]
            self._conn.execute(statement, rows)
        if self._uses:
            uses = [
                {"account": self._account, "name": name, "recipient": who, "at": self._now}
                for name, who in self._uses
            ]
            self._conn.execute(insert(quota_use), uses)


def _tats(conn: Connection, account: str, recipients: list[str]) -> dict[tuple[str, str], float]:
    mine = (rate.c.account == account) & rate.c.recipient.in_(recipients)
    rows = conn.execute(select(rate.c.name, rate.c.recipient, rate.c.tat).where(mine))
    return {(row.name, row.recipient): row.tat for row in rows}


class _Use:
    """What is used of one quota in its rolling window, and by which of these recipients."""

    def __init__(
        self, conn: Connection, account: str, quota: Quota, now: datetime, *, recipients: Sequence[str] = ()
    ) -> None:
        self.quota = quota
        self._conn, self._account, self._now = conn, account, now
        self._length = timedelta(seconds=quota.seconds)
        since = now - self._length
        window = quota_use.c.at.between(since, now + timedelta(seconds=AHEAD))
        used = (quota_use.c.account == account) & (quota_use.c.name == quota.name) & window
        self._used = used
        who = quota_use.c.recipient
        # Counted by SQLite: ten thousand rows read here at every batch took half of a fan-out's time.
        places = func.count(who.distinct()) if quota.unique else func.count()
        self._count: int = conn.scalar(select(places).where(used)) or 0
        self._most = max(1, int(quota.count * SHARE))
        self._turned_away = 0
        some = select(who).where(used, who.in_(recipients)) if quota.unique and recipients else None
        self._people = set(conn.scalars(some)) if some is not None else set()

    def spent(self, recipient: str) -> datetime | None:
        """When a place becomes free, None where there is one now."""
        known = self.quota.unique and recipient in self._people
        if known or self.quota.count == 0 or self._count < self._most:
            return None
        before = self._count - self._most
        if self.quota.unique:
            before += (self._waiting + self._turned_away) // _FOR_ONE
            self._turned_away += 1
        return self._freed(before)

    def _freed(self, before: int) -> datetime:
        """When one place more is free than ``before``: the last use of each counts."""
        at = func.max(quota_use.c.at) if self.quota.unique else quota_use.c.at
        places = select(at.label("at")).where(self._used)
        places = places.group_by(quota_use.c.recipient) if self.quota.unique else places
        found = self._conn.scalar(places.order_by("at").limit(1).offset(before))
        return (found or self._now) + self._length

    @cached_property
    def _waiting(self) -> int:
        """How many of the lane wait already, for a place or for something else."""
        later = (delivery.c.state == State.SCHEDULED) & (delivery.c.not_before > self._now)
        mine = (delivery.c.account == self._account) & (delivery.c.recipient != "")
        return self._conn.scalar(select(func.count()).where(mine, later)) or 0

    def add(self, recipient: str) -> None:
        """One place more is used."""
        if not (self.quota.unique and recipient in self._people):
            self._count += 1
            self._people.add(recipient)


def free_at(conn: Connection, account: str, quota: Quota, *, now: datetime) -> datetime | None:
    """When the quota has a place again, None where it has one now; nothing is taken."""
    return _Use(conn, account, quota, now).spent("")


def used(conn: Connection, account_name: str, name: str, *, since: datetime, now: datetime) -> list[datetime]:
    """When each place of the account's quota was used since then, oldest first; as the gate counts them."""
    window = quota_use.c.at.between(since, now + timedelta(seconds=AHEAD))
    mine = (account.c.name == account_name) & (quota_use.c.name == name) & window
    query = select(quota_use.c.at).join(account, account.c.id == quota_use.c.account).where(mine)
    return list(conn.scalars(query.order_by(quota_use.c.at)))


def use(conn: Connection, account: str, name: str, *, now: datetime) -> None:
    """One place of the quota is used, whatever was left of it."""
    conn.execute(insert(quota_use).values(account=account, name=name, recipient="", at=now))


def forget(conn: Connection, account_id: str, quotas: Sequence[Quota], *, now: datetime) -> None:
    """Delete the account's uses that have left the window of their quota long ago."""
    for quota in quotas:
        before = now - timedelta(seconds=quota.seconds) - KEPT
        old = (
            (quota_use.c.account == account_id) & (quota_use.c.name == quota.name) & (quota_use.c.at < before)
        )
        conn.execute(delete(quota_use).where(old))
