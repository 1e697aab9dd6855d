"""A day's limit of different people, stepped through time as the gate counts it: each write counts a person anew."""

from collections import deque
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import count, groupby

from humaspost.ledger.deliveries.limits import SHARE
from humaspost.model.rules import Quota

#: What happens first at one moment: a place that ends now is still taken, so it helps nobody whose time ends now.
_COMES, _ENDS, _FREES = range(3)


@dataclass(slots=True, eq=False)
class FanOut:
    """A post's ``people`` outside their window, in the order in which they are sent to, from ``begins`` on.

    Nobody gets it from ``expires`` on, nor after ``grace_ends`` where nobody did before; ``begun`` = somebody
    did. ``last`` is when the last would find a place; ``never`` and ``missed`` find none before those ends,
    and where some are missed, ``first`` is when the first would.
    """

    people: Collection[Hashable]
    begins: datetime
    expires: datetime | None = None
    grace_ends: datetime | None = None
    priority: int = 5
    begun: bool = False
    last: datetime = field(init=False)
    first: datetime | None = field(default=None, init=False)
    never: int = field(default=0, init=False)
    missed: int = field(default=0, init=False)
    waiting: set[Hashable] = field(default_factory=set, init=False)
    turns: deque[Hashable] = field(default_factory=deque, init=False)

    def __post_init__(self) -> None:
        self.last = self.begins

    def went(self, person: Hashable, at: datetime) -> None:
        """The person got it."""
        self.waiting.discard(person)
        self.begun, self.last = True, at

    def is_over(self, at: datetime) -> bool:
        """Whether nobody gets it any more at that moment."""
        late = self.grace_ends is not None and at > self.grace_ends and not self.begun
        return late or (self.expires is not None and at >= self.expires)

    def next(self) -> Hashable | None:
        """Who is to be sent to next; None = nobody waits any more."""
        while self.turns:
            person = self.turns.popleft()
            if person in self.waiting:
                return person
        return None


class Day:
    """One account's rolling day: ``count`` what was written, ``add`` what is to come, then ``run``."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.window = timedelta(seconds=quota.seconds)
        self._most = max(1, int(quota.count * SHARE))
        #: Until when each person counts.
        self._until: dict[Hashable, datetime] = {}
        #: Whose last write may be a whole window ago at a moment.
        self._leave: dict[datetime, list[Hashable]] = {}
        #: The posts in which each person waits for a place; who counts already waits in none.
        self._wanting: dict[Hashable, list[FanOut]] = {}
        #: Posts with people who wait, as the sender takes them.
        self._open: list[FanOut] = []
        self._events: list[tuple[datetime, int, int, FanOut | None]] = []
        self._number = count()

    def count(self, person: Hashable, at: datetime) -> None:
        """The person was written to then, and counts for a whole window from then on."""
        until = at + self.window
        if until not in self._leave:
            self._leave[until] = []
            self._expect(until, _FREES)
        self._leave[until].append(person)
        self._until[person] = max(until, self._until.get(person, until))

    def add(self, fan_out: FanOut) -> None:
        """The post is to be sent."""
        self._expect(fan_out.begins, _COMES, fan_out)
        for end in (fan_out.expires, fan_out.grace_ends):
            if end is not None:
                self._expect(max(end, fan_out.begins), _ENDS, fan_out)

    def run(self) -> None:
        """Every post that was added knows when its last would get it, and who would not."""
        while self._events:
            at, what, _, fan_out = heappop(self._events)
            if fan_out is None:
                for person in self._leave.pop(at):
                    if self._until.get(person) == at:
                        del self._until[person]
            elif what == _COMES:
                self._come(fan_out, at)
            else:
                self._end(fan_out, at)
            if what != _COMES or not self._is_next(at, _COMES):
                self._serve(at)

    def _expect(self, at: datetime, what: int, fan_out: FanOut | None = None) -> None:
        heappush(self._events, (at, what, next(self._number), fan_out))

    def _is_next(self, at: datetime, what: int) -> bool:
        return bool(self._events) and self._events[0][:2] == (at, what)

    def _come(self, fan_out: FanOut, at: datetime) -> None:
        """Who counts already gets it at once, and counts anew; the others wait for their turn."""
        if fan_out.is_over(at):
            fan_out.waiting.update(fan_out.people)
            self._end(fan_out, at)
            return
        for person in fan_out.people:
            if person in self._until:
                self.count(person, at)
                fan_out.went(person, at)
            else:
                fan_out.waiting.add(person)
                fan_out.turns.append(person)
                self._wanting.setdefault(person, []).append(fan_out)
        if fan_out.waiting:
            self._open.append(fan_out)
            self._open.sort(key=lambda one: (one.priority, one.begins))

    def _serve(self, at: datetime) -> None:
        """The free places are taken; whoever has one gets every post that waits for them."""
        turns = self._turns()
        while len(self._until) < self._most and (person := next(turns, None)) is not None:
            self.count(person, at)
            for fan_out in self._wanting.pop(person):
                fan_out.went(person, at)

    def _turns(self) -> Iterator[Hashable]:
        """Who waits: by priority, and in turns over their posts."""
        for _priority, group in groupby(list(self._open), key=lambda one: one.priority):
            posts = deque(group)
            while posts:
                fan_out = posts.popleft()
                person = fan_out.next()
                if person is None:
                    self._open.remove(fan_out)
                else:
                    posts.append(fan_out)
                    yield person

    def _end(self, fan_out: FanOut, at: datetime) -> None:
        """Who found no place gets nothing, and takes none; the gate says why when a place is free."""
        left, expires = len(fan_out.waiting), fan_out.expires
        late = fan_out.grace_ends is not None and at >= fan_out.grace_ends and not fan_out.begun
        if not left or not (late or (expires is not None and at >= expires)):
            return
        first = self._would(1, at)
        if expires is not None and first >= expires:
            fan_out.never = left
        else:
            fan_out.missed, fan_out.first = left, first
        fan_out.last = max(fan_out.last, self._would(left, at))
        for person in fan_out.waiting:
            others = [one for one in self._wanting.pop(person, ()) if one is not fan_out]
            if others:
                self._wanting[person] = others
        fan_out.waiting.clear()

    def _would(self, people: int, at: datetime) -> datetime:
        """When the last of so many would find a place all the same, if nobody else took one."""
        taken = list(self._until.values())
        heapify(taken)
        for _person in range(people):
            while len(taken) >= self._most:
                at = max(at, heappop(taken))
            heappush(taken, at + self.window)
        return at
