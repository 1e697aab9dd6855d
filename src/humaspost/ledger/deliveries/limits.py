"""Rate and quota slots: ledger rows that the gate reads and writes in its transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection, delete, func, insert, select

from humaspost.ledger.dialect import upsert
from humaspost.ledger.schema import account, delivery, quota_use, rate
from humaspost.model.delivery import State
from humaspost.model.rules import SAFETY_MARGIN, Quota, Rate, Rules

#: Only slots this near are taken, so that a crash leaves few unknown outcomes.
MAX_SLOT_WAIT = timedelta(milliseconds=100)
#: Seconds; a use later than this from now was recorded by a clock that was set back since.
MAX_CLOCK_SKEW = 60.0
#: How long a use is kept after it left its window. Forecasts need the uses since the day on which the platform
#: reported its count, and a clock that was ahead for a while makes uses look older than they are.
KEPT = timedelta(days=7)
#: This many deliveries wait for the same place, and the next group for the next place. A delivery that is not
#: sent after all leaves the place to its group. So thousands are not decided again at every free place.
_WAITERS_PER_SLOT = 64


@dataclass(frozen=True, slots=True)
class Slot:
    """The time at which a write may go.

    ``is_taken`` = the slot is reserved and the write follows; otherwise wait until ``at``. ``quota`` names
    the quota that is used up. ``whole_account`` False = only this recipient has to wait.
    """

    at: datetime
    is_taken: bool
    quota: str = ""
    whole_account: bool = True


def gcra(tat: float | None, now: float, *, interval: float, burst: float) -> tuple[float, float]:
    """Return when this write conforms, and the next theoretical arrival time if it is made then.

    All values are in seconds; see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm.
    """
    tat = max(tat or 0.0, now - burst)
    allowed = max(now, tat - burst)
    return allowed, max(tat, allowed) + interval


class QuotaBatch:
    """The limits of one account for a batch at the gate.

    The limits are read once, slots are reserved in memory, and ``flush`` writes them once.
    """

    def __init__(
        self, conn: Connection, account: str, rules: Rules, *, recipients: Sequence[str], now: datetime
    ) -> None:
        self._conn, self._account, self._rates, self._now = conn, account, rules.rates, now
        self._arrival_times = _load_arrival_times(conn, account, [*recipients, ""]) if rules.rates else {}
        self._new_arrival_times: dict[tuple[str, str], float] = {}
        quotas = [quota for quota in rules.quotas if not quota.counts_preparation]
        self._usages = [_Usage(conn, account, quota, now, recipients=recipients) for quota in quotas]
        self._use_rows: list[tuple[str, str]] = []

    def take_slot(self, recipient: str, *, counts_recipient: bool) -> Slot:
        """Return a slot in every rate and quota at once, or the time of the next try.

        ``counts_recipient`` = this recipient is outside the service window, so quotas of unique recipients
        count them.
        """
        applicable = [use for use in self._usages if counts_recipient or not use.quota.counts_recipients]
        for usage in applicable:
            resets = usage.next_free_at(recipient)
            if resets:
                # A recipient who needs no place in a recipient quota does not wait for those who do.
                return Slot(resets, False, usage.quota.name, whole_account=not usage.quota.counts_recipients)
        slot, tats = self._rate_slot(recipient)
        if slot.is_taken:
            self._new_arrival_times |= tats
            for usage in applicable:
                usage.record(recipient)
                self._use_rows.append((usage.quota.name, recipient))
        return slot

    def _rate_slot(self, recipient: str) -> tuple[Slot, dict[tuple[str, str], float]]:
        timestamp = self._now.timestamp()
        # False: when the account's rates allow it, True: when the recipient's rates do.
        free_at = {False: timestamp, True: timestamp}
        arrival_times: dict[tuple[str, str], float] = {}
        for limit in self._rates:
            key = (limit.name, recipient if limit.per_recipient else "")
            allowed, arrival_times[key] = self._next_arrival(limit, key, timestamp)
            free_at[limit.per_recipient] = max(free_at[limit.per_recipient], allowed)
        at = datetime.fromtimestamp(max(free_at.values()), UTC)
        if at > self._now + MAX_SLOT_WAIT:
            return Slot(
                at, False, whole_account=free_at[False] > timestamp + MAX_SLOT_WAIT.total_seconds()
            ), {}
        return Slot(at, True), arrival_times

    def _next_arrival(self, limit: Rate, key: tuple[str, str], now: float) -> tuple[float, float]:
        tat = self._new_arrival_times.get(key, self._arrival_times.get(key))
        interval = limit.seconds / (limit.count * SAFETY_MARGIN)
        burst = max(0.0, (limit.burst - 1) * interval)
        if tat is not None and tat > now + burst + interval + MAX_SLOT_WAIT.total_seconds():
            # No reserved slot is so far ahead: the clock was ahead, and the account must not wait for it.
            tat = now + burst
        return gcra(tat, now, interval=interval, burst=burst)

    def flush(self) -> None:
        """Write all reserved slots in the transaction."""
        if self._new_arrival_times:
            statement = upsert(rate)
            statement = statement.on_conflict_do_update(
                index_elements=["account", "name", "recipient"], set_={"tat": statement.excluded.tat}
            )
            rows = [
                {"account": self._account, "name": name, "recipient": who, "tat": tat}
                for (name, who), tat in self._new_arrival_times.items()
            ]
            self._conn.execute(statement, rows)
        if self._use_rows:
            uses = [
                {"account": self._account, "name": name, "recipient": who, "at": self._now}
                for name, who in self._use_rows
            ]
            self._conn.execute(insert(quota_use), uses)


def _load_arrival_times(
    conn: Connection, account: str, recipients: list[str]
) -> dict[tuple[str, str], float]:
    condition = (rate.c.account == account) & rate.c.recipient.in_(recipients)
    rows = conn.execute(select(rate.c.name, rate.c.recipient, rate.c.tat).where(condition))
    return {(row.name, row.recipient): row.tat for row in rows}


class _Usage:
    """The use of one quota in its rolling window, and which of these recipients it counts."""

    def __init__(
        self, conn: Connection, account: str, quota: Quota, now: datetime, *, recipients: Sequence[str] = ()
    ) -> None:
        self.quota = quota
        self._conn, self._account, self._now = conn, account, now
        self._period = timedelta(seconds=quota.seconds)
        since = now - self._period
        window = quota_use.c.at.between(since, now + timedelta(seconds=MAX_CLOCK_SKEW))
        condition = (quota_use.c.account == account) & (quota_use.c.name == quota.name) & window
        self._condition = condition
        recipient_column = quota_use.c.recipient
        # The database counts: reading ten thousand rows here at every batch took half of a fan-out's time.
        count = func.count(recipient_column.distinct()) if quota.counts_recipients else func.count()
        self._count: int = conn.scalar(select(count).where(condition)) or 0
        self._limit = quota.usable
        self._rejected = 0
        recipient_query = (
            select(recipient_column).where(condition, recipient_column.in_(recipients))
            if quota.counts_recipients and recipients
            else None
        )
        self._recipients = set(conn.scalars(recipient_query)) if recipient_query is not None else set()

    def next_free_at(self, recipient: str) -> datetime | None:
        """Return when a place becomes free, or None where one is free now."""
        is_counted = self.quota.counts_recipients and recipient in self._recipients
        if is_counted or self.quota.count == 0 or self._count < self._limit:
            return None
        position = self._count - self._limit
        if self.quota.counts_recipients:
            position += (self._waiting_count + self._rejected) // _WAITERS_PER_SLOT
            self._rejected += 1
        return self._freed_at(position)

    def _freed_at(self, position: int) -> datetime:
        """Return when ``position`` + 1 places are free; the last use of each recipient counts."""
        at = func.max(quota_use.c.at) if self.quota.counts_recipients else quota_use.c.at
        query = select(at.label("at")).where(self._condition)
        query = query.group_by(quota_use.c.recipient) if self.quota.counts_recipients else query
        last_use = self._conn.scalar(query.order_by("at").limit(1).offset(position))
        return (last_use or self._now) + self._period

    @cached_property
    def _waiting_count(self) -> int:
        """Return how many deliveries of the account wait already, for a place or another reason."""
        is_delayed = (delivery.c.state == State.SCHEDULED) & (delivery.c.not_before > self._now)
        condition = (delivery.c.account == self._account) & (delivery.c.recipient != "")
        return self._conn.scalar(select(func.count()).where(condition, is_delayed)) or 0

    def record(self, recipient: str) -> None:
        """Count one more place as used."""
        if not (self.quota.counts_recipients and recipient in self._recipients):
            self._count += 1
            self._recipients.add(recipient)


def get_next_free_at(conn: Connection, account: str, quota: Quota, *, now: datetime) -> datetime | None:
    """Return when the quota has a free place, or None where it has one now.

    No place is reserved.
    """
    return _Usage(conn, account, quota, now).next_free_at("")


def list_uses(
    conn: Connection, account_name: str, name: str, *, since: datetime, now: datetime
) -> list[datetime]:
    """Return each time since ``since`` when the account's quota was used, oldest first.

    The gate counts the same uses.
    """
    window = quota_use.c.at.between(since, now + timedelta(seconds=MAX_CLOCK_SKEW))
    condition = (account.c.name == account_name) & (quota_use.c.name == name) & window
    query = select(quota_use.c.at).join(account, account.c.id == quota_use.c.account).where(condition)
    return list(conn.scalars(query.order_by(quota_use.c.at)))


def record_use(conn: Connection, account: str, name: str, *, now: datetime) -> None:
    """Record the use of one place of the quota, even where none is free."""
    conn.execute(insert(quota_use).values(account=account, name=name, recipient="", at=now))


def delete_uses(conn: Connection, account_id: str, quotas: Sequence[Quota], *, now: datetime) -> None:
    """Delete the account's uses that left the window of their quota long ago."""
    for quota in quotas:
        older_than = now - timedelta(seconds=quota.seconds) - KEPT
        old = (
            (quota_use.c.account == account_id)
            & (quota_use.c.name == quota.name)
            & (quota_use.c.at < older_than)
        )
        conn.execute(delete(quota_use).where(old))
