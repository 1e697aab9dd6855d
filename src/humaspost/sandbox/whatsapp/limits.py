"""WhatsApp's limits: throughput of the number, pace per recipient, recipients per day."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)


@dataclass(slots=True)
class PacedLimit:
    """A limit per key: at most ``burst`` at once, then one per ``interval`` seconds (GCRA)."""

    #: Key -> theoretical arrival time (GCRA), in Unix seconds.
    free_at: dict[str, float] = field(default_factory=dict)

    def try_take(self, key: str, now: datetime, *, interval: float, burst: int) -> bool:
        """Count one more and return True if the limit allows it now."""
        instant = now.timestamp()
        free_time = max(self.free_at.get(key, 0.0), instant)
        if free_time - instant > interval * (burst - 1) + 1e-6:
            return False
        self.free_at[key] = free_time + interval
        return True


@dataclass(slots=True)
class HourlyLimit:
    """A limit for any period of one hour."""

    _times: deque[datetime] = field(default_factory=deque)

    def try_take(self, now: datetime, *, limit: int) -> bool:
        """Count one more and return True if the limit allows it now."""
        while self._times and now - self._times[0] >= HOUR:
            self._times.popleft()
        if len(self._times) >= limit:
            return False
        self._times.append(now)
        return True


@dataclass(slots=True)
class RecipientLimit:
    """The different recipients outside their window in 24 hours, from the last message each."""

    _last_written: dict[str, datetime] = field(default_factory=dict)
    _write_order: deque[tuple[datetime, str]] = field(default_factory=deque)

    def has_room(self, phone: str, now: datetime, *, limit: int) -> bool:
        """Return True if ``phone`` counts already or the limit allows one more recipient."""
        self._remove_expired(now)
        return phone in self._last_written or len(self._last_written) < limit

    def add(self, phone: str, now: datetime) -> None:
        """Count the recipient for 24 hours from now on."""
        self._last_written[phone] = now
        self._write_order.append((now, phone))

    def count(self, now: datetime) -> int:
        """Return how many different recipients the last 24 hours had."""
        self._remove_expired(now)
        return len(self._last_written)

    def _remove_expired(self, now: datetime) -> None:
        while self._write_order and now - self._write_order[0][0] >= DAY:
            written_at, phone = self._write_order.popleft()
            if self._last_written.get(phone) == written_at:
                del self._last_written[phone]
