"""A simulation of the daily limit of different recipients, as the gate counts it."""

from collections import deque
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import count, groupby

from humaspost.model.rules import Quota

#: Order of events at one time. A slot that ends now is still taken, so a fan-out that ends now cannot use it.
_FAN_OUT_STARTS, _FAN_OUT_ENDS, _SLOT_FREED = range(3)


@dataclass(slots=True, eq=False)
class FanOut:
    """A post's ``recipients`` outside their service window, in the order of sending.

    Sending starts at ``starts_at`` and ends at ``expires_at``. It also ends at ``grace_ends_at`` unless a
    recipient got the post before; ``has_started`` is True after that. ``last_at`` is when the last
    recipient would get a slot. ``never_count`` and ``missed_count`` recipients get no slot before those
    ends; if some are missed, ``first_at`` is when the first of them would get one.
    """

    recipients: Collection[Hashable]
    starts_at: datetime
    expires_at: datetime | None = None
    grace_ends_at: datetime | None = None
    priority: int = 5
    has_started: bool = False
    last_at: datetime = field(init=False)
    first_at: datetime | None = field(default=None, init=False)
    never_count: int = field(default=0, init=False)
    missed_count: int = field(default=0, init=False)
    waiting: set[Hashable] = field(default_factory=set, init=False)
    send_order: deque[Hashable] = field(default_factory=deque, init=False)

    def __post_init__(self) -> None:
        self.last_at = self.starts_at

    def mark_sent(self, recipient: Hashable, sent_at: datetime) -> None:
        """Record that the recipient got the post."""
        self.waiting.discard(recipient)
        self.has_started, self.last_at = True, sent_at

    def is_over(self, at: datetime) -> bool:
        """Return True if no recipient gets the post any more at that time."""
        is_late = self.grace_ends_at is not None and at > self.grace_ends_at and not self.has_started
        return is_late or (self.expires_at is not None and at >= self.expires_at)

    def next_recipient(self) -> Hashable | None:
        """Return the next waiting recipient, or None."""
        while self.send_order:
            recipient = self.send_order.popleft()
            if recipient in self.waiting:
                return recipient
        return None


class RecipientDay:
    """The rolling window of one account.

    First call ``record_write`` for past writes and ``add`` for posts to send, then ``simulate``. Each write
    counts its recipient for a whole window again.
    """

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.window = timedelta(seconds=quota.seconds)
        self._limit = quota.usable
        #: The time until which each recipient counts.
        self._counted_until: dict[Hashable, datetime] = {}
        #: Recipients whose count may end at that time.
        self._expiring: dict[datetime, list[Hashable]] = {}
        #: The posts in which each recipient waits for a slot. Recipients that count already wait in none.
        self._waiting_fan_outs: dict[Hashable, list[FanOut]] = {}
        #: Posts with waiting recipients, in the order of the sender.
        self._active_fan_outs: list[FanOut] = []
        self._events: list[tuple[datetime, int, int, FanOut | None]] = []
        self._sequence = count()

    def record_write(self, recipient: Hashable, written_at: datetime) -> None:
        """Record a write to the recipient, who then counts for a whole window."""
        counted_until = written_at + self.window
        if counted_until not in self._expiring:
            self._expiring[counted_until] = []
            self._schedule_event(counted_until, _SLOT_FREED)
        self._expiring[counted_until].append(recipient)
        self._counted_until[recipient] = max(counted_until, self._counted_until.get(recipient, counted_until))

    def add(self, fan_out: FanOut) -> None:
        """Add a post to send."""
        self._schedule_event(fan_out.starts_at, _FAN_OUT_STARTS, fan_out)
        for end in (fan_out.expires_at, fan_out.grace_ends_at):
            if end is not None:
                self._schedule_event(max(end, fan_out.starts_at), _FAN_OUT_ENDS, fan_out)

    def simulate(self) -> None:
        """Run the simulation; each added post then has its last time and its lost recipients."""
        while self._events:
            at, event_kind, _, fan_out = heappop(self._events)
            if fan_out is None:
                for recipient in self._expiring.pop(at):
                    if self._counted_until.get(recipient) == at:
                        del self._counted_until[recipient]
            elif event_kind == _FAN_OUT_STARTS:
                self._start_fan_out(fan_out, at)
            else:
                self._end_fan_out(fan_out, at)
            if event_kind != _FAN_OUT_STARTS or not self._is_next(at, _FAN_OUT_STARTS):
                self._fill_free_slots(at)

    def _schedule_event(self, at: datetime, event_kind: int, fan_out: FanOut | None = None) -> None:
        heappush(self._events, (at, event_kind, next(self._sequence), fan_out))

    def _is_next(self, at: datetime, event_kind: int) -> bool:
        return bool(self._events) and self._events[0][:2] == (at, event_kind)

    def _start_fan_out(self, fan_out: FanOut, at: datetime) -> None:
        """Send to recipients who count already, and count them again; the others wait."""
        if fan_out.is_over(at):
            fan_out.waiting.update(fan_out.recipients)
            self._end_fan_out(fan_out, at)
            return
        for recipient in fan_out.recipients:
            if recipient in self._counted_until:
                self.record_write(recipient, at)
                fan_out.mark_sent(recipient, at)
            else:
                fan_out.waiting.add(recipient)
                fan_out.send_order.append(recipient)
                self._waiting_fan_outs.setdefault(recipient, []).append(fan_out)
        if fan_out.waiting:
            self._active_fan_outs.append(fan_out)
            self._active_fan_outs.sort(key=lambda one: (one.priority, one.starts_at))

    def _fill_free_slots(self, at: datetime) -> None:
        """Give the free slots to waiting recipients; each gets all posts that wait for them."""
        waiting = self._waiting_recipients()
        while len(self._counted_until) < self._limit and (recipient := next(waiting, None)) is not None:
            self.record_write(recipient, at)
            for fan_out in self._waiting_fan_outs.pop(recipient):
                fan_out.mark_sent(recipient, at)

    def _waiting_recipients(self) -> Iterator[Hashable]:
        """Yield waiting recipients by priority; posts of one priority take turns."""
        for _priority, group in groupby(list(self._active_fan_outs), key=lambda one: one.priority):
            posts = deque(group)
            while posts:
                fan_out = posts.popleft()
                recipient = fan_out.next_recipient()
                if recipient is None:
                    self._active_fan_outs.remove(fan_out)
                else:
                    posts.append(fan_out)
                    yield recipient

    def _end_fan_out(self, fan_out: FanOut, at: datetime) -> None:
        """End the post for all recipients without a slot; they take none."""
        remaining, expires = len(fan_out.waiting), fan_out.expires_at
        is_late = (
            fan_out.grace_ends_at is not None and at >= fan_out.grace_ends_at and not fan_out.has_started
        )
        if not remaining or not (is_late or (expires is not None and at >= expires)):
            return
        first_at = self._slot_time_of(1, at)
        if expires is not None and first_at >= expires:
            fan_out.never_count = remaining
        else:
            fan_out.missed_count, fan_out.first_at = remaining, first_at
        fan_out.last_at = max(fan_out.last_at, self._slot_time_of(remaining, at))
        for recipient in fan_out.waiting:
            others = [one for one in self._waiting_fan_outs.pop(recipient, ()) if one is not fan_out]
            if others:
                self._waiting_fan_outs[recipient] = others
        fan_out.waiting.clear()

    def _slot_time_of(self, count: int, at: datetime) -> datetime:
        """Return when the last of ``count`` recipients would get a slot if no other took one."""
        taken = list(self._counted_until.values())
        heapify(taken)
        for _index in range(count):
            while len(taken) >= self._limit:
                at = max(at, heappop(taken))
            heappush(taken, at + self.window)
        return at
