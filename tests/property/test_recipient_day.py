"""What ``plan`` foresees of a day's limit of people, against the gate's own books stepped through time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace

from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import insert

from humaspost.ledger.database import create_empty
from humaspost.ledger.deliveries.limits import QuotaBatch
from humaspost.ledger.schema import account, quota_use
from humaspost.model.rules import Quota, Source
from humaspost.reports.forecasts.recipient_day import FanOut, RecipientDay
from tests.support.examples import examples

DUE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
HOUR, SOON = timedelta(hours=1), timedelta(milliseconds=1)
#: Odd minutes: no time ends at the very microsecond at which a place becomes free.
GRACE, END = timedelta(minutes=61), timedelta(minutes=7)


@dataclass
class Post:
    """A fan-out as the ledger would have it, and what became of it."""

    people: Sequence[str]
    due: datetime
    free: bool = False  # somebody in it has an open window
    expires: datetime | None = None
    grace: timedelta | None = GRACE
    priority: int = 5
    waits: dict[str, datetime] = field(default_factory=dict)
    last: datetime | None = None
    never: int = 0
    missed: int = 0

    def as_forecast(self) -> FanOut:
        ends = self.due + self.grace if self.grace is not None else None
        return FanOut(self.people, self.due, self.expires, ends, self.priority, has_started=self.free)

    def decided(self, now: datetime) -> bool:
        """As policy.decide has it: whether nothing of it goes any more."""
        if self.expires is not None and now >= self.expires:
            self.never += len(self.waits)
        elif self.grace is not None and now > self.due + self.grace and self.last is None and not self.free:
            self.missed += len(self.waits)
        else:
            return False
        self.waits.clear()
        return True


def step(past: Sequence[tuple[str, datetime]], posts: Sequence[Post], limit: int) -> None:
    """The posts go out, write by write, as the books let them; who finds no place is asked again when they say."""
    ledger = create_empty()
    ledger.write(lambda conn: conn.execute(insert(account).values(id="a", name="a", channel="whatsapp")))
    if past:
        uses = [{"account": "a", "name": "recipients", "recipient": who, "at": at} for who, at in past]
        ledger.write(lambda conn: conn.execute(insert(quota_use), uses))
    rules = SimpleNamespace(rates=(), quotas=(quota(limit),))
    everybody = sorted({person for post in posts for person in post.people})
    for post in posts:
        post.waits = dict.fromkeys(post.people, post.due)
    while moments := [at for post in posts for at in post.waits.values()]:
        ledger.write(partial(_step, rules=rules, people=everybody, posts=posts, now=min(moments)))
    ledger.close()


def _step(conn, rules, people, posts, now):
    """Everybody who may be asked now is asked in turns; whoever has a place then gets all that waits for them."""
    books = QuotaBatch(conn, "a", rules, recipients=people, now=now)
    ready = {id(p): [who for who, at in p.waits.items() if at <= now] for p in posts if not p.decided(now)}
    later: dict[int, dict[str, datetime]] = {}
    for post, person in _turns(posts, ready):
        if person not in post.waits:
            continue
        slot = books.take_slot(person, counts_recipient=True)
        if not slot.is_taken:
            later.setdefault(id(post), {})[person] = max(slot.at, now + timedelta(microseconds=1))
            continue
        for one in posts:
            if (
                person in one.waits
                and one.due <= now
                and (one is post or books.take_slot(person, counts_recipient=True).is_taken)
            ):
                del one.waits[person]
                one.last = now
    for post in posts:
        for person, at in later.get(id(post), {}).items():
            if person in post.waits:
                post.waits[person] = at
    books.flush()


def _turns(posts: Sequence[Post], ready: dict[int, list[str]]) -> Iterator[tuple[Post, str]]:
    for priority in sorted({post.priority for post in posts}):
        turns = [p for p in sorted(posts, key=lambda p: p.due) if p.priority == priority and ready.get(id(p))]
        while turns:
            for post in list(turns):
                waiting = [person for person in ready[id(post)] if person in post.waits]
                if not waiting:
                    turns.remove(post)
                    continue
                ready[id(post)] = waiting[1:]
                yield post, waiting[0]


def quota(limit: int) -> Quota:
    return Quota("recipients", limit, 86400, Source("", date(2026, 11, 23)), counts_recipients=True)


people = st.lists(st.sampled_from("abcdefghijkl"), unique=True, min_size=1)
hours = st.integers(0, 40).map(lambda n: n * HOUR)
posts = st.builds(
    Post,
    people,
    hours.map(lambda after: DUE + after),
    st.booleans(),
    st.none() | st.integers(1, 90).map(lambda n: DUE + n * HOUR + END),
    st.none() | st.sampled_from([GRACE, 9 * HOUR + END, 30 * HOUR + END]),
    st.sampled_from([1, 5]),
)
written = st.lists(
    st.tuples(st.sampled_from("abcdefghijklmnop"), st.integers(1, 30).map(lambda n: DUE - n * HOUR)),
    max_size=20,
)


def _agree(past: Sequence[tuple[str, datetime]], upcoming_posts: Sequence[Post], limit: int) -> None:
    day = RecipientDay(quota(limit))
    for person, at in past:
        day.record_write(person, at)
    foreseen = [post.as_forecast() for post in upcoming_posts]
    for one in foreseen:
        day.add(one)
    day.simulate()
    step(past, upcoming_posts, limit)
    for one, post in zip(foreseen, upcoming_posts, strict=True):
        assert one.never_count + one.missed_count == post.never + post.missed
        if (
            one.expires_at is None or one.grace_ends_at is None
        ):  # else the first that is told depends on when they ask
            assert (one.never_count, one.missed_count) == (post.never, post.missed)
        if not (one.never_count or one.missed_count):
            assert abs(one.last_at - (post.last or post.due)) < SOON


@examples(37, 150)
@given(written, posts, st.integers(2, 9))
@example(
    [(f"{n}", DUE - 10 * HOUR) for n in range(19)],
    Post([*(f"{n}" for n in range(19)), *"abcdefghij"], DUE),
    20,
)
def test_one_post_ends_when_the_records_show_it(past, post, limit):
    _agree(past, [post], limit)


@examples(37, 150)
@given(written, st.lists(posts, min_size=2, max_size=3), st.integers(2, 9))
def test_several_posts_end_when_the_records_show_it(past, upcoming_posts, limit):
    _agree(past, upcoming_posts, limit)
