"""How fast and how many: throughput of the number, pace per person, people per day."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)


@dataclass(slots=True)
class PacedLimit:
    """At most ``burst`` at once, then one per ``interval`` seconds, for each key on its own (GCRA)."""

    #: Key -> the moment at which everything borrowed is paid back.
    free_at: dict[str, float] = field(default_factory=dict)

    def try_take(self, key: str, now: datetime, *, interval: float, burst: int) -> bool:
        """Whether one more may pass now; if so it is counted."""
        instant = now.timestamp()
        free_time = max(self.free_at.get(key, 0.0), instant)
        if free_time - instant > interval * (burst - 1) + 1e-6:
            return False
        self.free_at[key] = free_time + interval
        return True


@dataclass(slots=True)
class HourlyLimit:
    """At most so many in any hour."""

    _times: deque[datetime] = field(default_factory=deque)

    def try_take(self, now: datetime, *, limit: int) -> bool:
        """Whether one more may pass now; if so it is counted."""
        while self._times and now - self._times[0] >= HOUR:
            self._times.popleft()
        if len(self._times) >= limit:
            return False
        self._times.append(now)
        return True


@dataclass(slots=True)
class RecipientLimit:
    """The different people written to outside their window in any 24 hours, each from the last message on."""

    _last_written: dict[str, datetime] = field(default_factory=dict)
    _write_order: deque[tuple[datetime, str]] = field(default_factory=deque)

    def has_room(self, phone: str, now: datetime, *, limit: int) -> bool:
        """Whether ``phone`` may be reached now: known in these 24 hours, or there is room for one more."""
        self._remove_expired(now)
        return phone in self._last_written or len(self._last_written) < limit

    def add(self, phone: str, now: datetime) -> None:
        """The person is written to, and counts for 24 hours from now on."""
        self._last_written[phone] = now
        self._write_order.append((now, phone))

    def count(self, now: datetime) -> int:
        """How many different people were reached in the last 24 hours."""
        self._remove_expired(now)
        return len(self._last_written)

    def _remove_expired(self, now: datetime) -> None:
        while self._write_order and now - self._write_order[0][0] >= DAY:
            written_at, phone = self._write_order.popleft()
            if self._last_written.get(phone) == written_at:
                del self._last_written[phone]
