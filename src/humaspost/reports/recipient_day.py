"""A day's limit of different people, stepped through time as the gate counts it: each write counts a person anew."""

from collections import deque
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import count, groupby

from humaspost.model.rules import Quota

#: What happens first at one moment: a place that ends now is still taken, so it helps nobody whose time ends now.
_FAN_OUT_STARTS, _FAN_OUT_ENDS, _SLOT_FREED = range(3)


@dataclass(slots=True, eq=False)
class FanOut:
    """A post's ``recipients`` outside their window, in the order of sending, from ``starts_at`` on.

    Nobody gets it from ``expires_at`` on, nor after ``grace_ends_at`` where nobody did before;
    ``has_started`` = somebody did. ``last_at`` is when the last would find a place; ``never_count`` and
    ``missed_count`` find none before those ends, and where some are missed, ``first_at`` is when the first would.
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
        """The person got it."""
        self.waiting.discard(recipient)
        self.has_started, self.last_at = True, sent_at

    def is_over(self, at: datetime) -> bool:
        """Whether nobody gets it any more at that moment."""
        is_late = self.grace_ends_at is not None and at > self.grace_ends_at and not self.has_started
        return is_late or (self.expires_at is not None and at >= self.expires_at)

    def next_recipient(self) -> Hashable | None:
        """Who is to be sent to next; None = nobody waits any more."""
        while self.send_order:
            recipient = self.send_order.popleft()
            if recipient in self.waiting:
                return recipient
        return None


class RecipientDay:
    """One account's rolling day: ``count`` what was written, ``add`` what is to come, then ``simulate``."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.window = timedelta(seconds=quota.seconds)
        self._limit = quota.usable
        #: Until when each person counts.
        self._counted_until: dict[Hashable, datetime] = {}
        #: Whose last write may be a whole window ago at a moment.
        self._expiring: dict[datetime, list[Hashable]] = {}
        #: The posts in which each person waits for a place; who counts already waits in none.
        self._waiting_fan_outs: dict[Hashable, list[FanOut]] = {}
        #: Posts with people who wait, as the sender takes them.
        self._active_fan_outs: list[FanOut] = []
        self._events: list[tuple[datetime, int, int, FanOut | None]] = []
        self._sequence = count()

    def record_write(self, recipient: Hashable, written_at: datetime) -> None:
        """The person was written to then, and counts for a whole window from then on."""
        counted_until = written_at + self.window
        if counted_until not in self._expiring:
            self._expiring[counted_until] = []
            self._schedule_event(counted_until, _SLOT_FREED)
        self._expiring[counted_until].append(recipient)
        self._counted_until[recipient] = max(counted_until, self._counted_until.get(recipient, counted_until))

    def add(self, fan_out: FanOut) -> None:
        """The post is to be sent."""
        self._schedule_event(fan_out.starts_at, _FAN_OUT_STARTS, fan_out)
        for end in (fan_out.expires_at, fan_out.grace_ends_at):
            if end is not None:
                self._schedule_event(max(end, fan_out.starts_at), _FAN_OUT_ENDS, fan_out)

    def simulate(self) -> None:
        """Every post that was added knows when its last would get it, and who would not."""
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
        """Who counts already gets it at once, and counts anew; the others wait for their turn."""
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
        """The free places are taken; whoever has one gets every post that waits for them."""
        waiting = self._waiting_recipients()
        while len(self._counted_until) < self._limit and (recipient := next(waiting, None)) is not None:
            self.record_write(recipient, at)
            for fan_out in self._waiting_fan_outs.pop(recipient):
                fan_out.mark_sent(recipient, at)

    def _waiting_recipients(self) -> Iterator[Hashable]:
        """Who waits: by priority, and in turns over their posts."""
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
        """Who found no place gets nothing, and takes none; the gate says why when a place is free."""
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
        """When the last of so many would find a place all the same, if nobody else took one."""
        taken = list(self._counted_until.values())
        heapify(taken)
        for _index in range(count):
            while len(taken) >= self._limit:
                at = max(at, heappop(taken))
            heappush(taken, at + self.window)
        return at
