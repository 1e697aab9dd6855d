"""How fast and how many: throughput of the number, pace per person, people per day."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)


@dataclass(slots=True)
class Pace:
    """At most ``burst`` at once, then one per ``interval`` seconds, for each key on its own (GCRA)."""

    #: Key -> the moment at which everything borrowed is paid back.
    paid_back: dict[str, float] = field(default_factory=dict)

    def take(self, key: str, now: datetime, *, interval: float, burst: int) -> bool:
        """Whether one more may pass now; if so it is counted."""
        moment = now.timestamp()
        owed = max(self.paid_back.get(key, 0.0), moment)
        if owed - moment > interval * (burst - 1) + 1e-6:
            return False
        self.paid_back[key] = owed + interval
        return True


@dataclass(slots=True)
class Hourly:
    """At most so many in any hour."""

    _times: deque[datetime] = field(default_factory=deque)

    def take(self, now: datetime, *, most: int) -> bool:
        """Whether one more may pass now; if so it is counted."""
        while self._times and now - self._times[0] >= HOUR:
            self._times.popleft()
        if len(self._times) >= most:
            return False
        self._times.append(now)
        return True


@dataclass(slots=True)
class Reach:
    """The different people written to outside their window in any 24 hours, each from the last message on."""

    _last: dict[str, datetime] = field(default_factory=dict)
    _order: deque[tuple[datetime, str]] = field(default_factory=deque)

    def has_room(self, phone: str, now: datetime, *, limit: int) -> bool:
        """Whether ``phone`` may be reached now: known in these 24 hours, or there is room for one more."""
        self._forget(now)
        return phone in self._last or len(self._last) < limit

    def add(self, phone: str, now: datetime) -> None:
        """The person is written to, and counts for 24 hours from now on."""
        self._last[phone] = now
        self._order.append((now, phone))

    def count(self, now: datetime) -> int:
        """How many different people were reached in the last 24 hours."""
        self._forget(now)
        return len(self._last)

    def _forget(self, now: datetime) -> None:
        while self._order and now - self._order[0][0] >= DAY:
            at, phone = self._order.popleft()
            if self._last.get(phone) == at:
                del self._last[phone]
