"""When the last of many would get it, and who never would."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from humaspost.channels.whatsapp import WhatsApp, WhatsAppConfig
from humaspost.ledger import store
from humaspost.ledger.limits import Books
from humaspost.ledger.schema import account, quota_use
from humaspost.model.account import Account
from humaspost.model.plan import PlanRow
from humaspost.model.post import When
from humaspost.model.rendition import Part, Rendition
from humaspost.model.rules import Quota
from humaspost.views.fate import Coming, Fate
from humaspost.views.forecast import misses
from humaspost.views.plan import plan_view
from humaspost.views.reach import Day
from humaspost.views.renditions import Shown
from humaspost.views.sender import Sending
from humaspost.views.times import Clock

DUE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)
CONFIG = WhatsAppConfig(phone_number_id="1", business_account_id="2", daily_recipients=250)
RULES = WhatsApp().rules(CONFIG)
ACCOUNT = Account("whatsapp", "whatsapp", CONFIG, "+62 811-**-99")
(QUOTA,) = RULES.quotas


def when(at: datetime) -> When:
    return When(f"{at:%Y-%m-%dT%H:%M}", "UTC", at)


def coming(people: int, *, due: datetime = DUE, expires: datetime | None = None) -> Coming:
    rendition = Rendition("whatsapp", (Part(1, "a"),))
    end = when(expires) if expires else None
    row = PlanRow("p", "posts/p.md", "T", "", ACCOUNT, when(due), rendition, expires=end)
    return Coming(row, Shown(ACCOUNT, rendition, RULES, people), due, people)


def test_three_thousand_people_and_a_young_number() -> None:
    expires = datetime(2027, 2, 3, 14, 0, tzinfo=UTC)
    one = coming(3000, expires=expires)
    reach = Day(QUOTA).reach(range(3000), one)
    assert reach is not None
    # 95 % of 250 is 237 a day: the thirteenth day is Monday, 15 February.
    assert (reach.limit, reach.last, reach.never) == (250, DUE + 12 * DAY, 3000 - 237)
    seen = Fate((Coming(one.row, one.shown, one.due, one.left, reach=reach),), ())
    text = "\n".join(plan_view(seen, Sending(False), clock=Clock("Asia/Jakarta", DUE - DAY)))
    assert "limit 250 people in 24 h: the last would get it Mon 15 Feb" in text
    assert "expires Wed 3 Feb 21:00: 2,763 people would never get it" in text


@pytest.mark.parametrize(("people", "days"), [(237, None), (238, 1), (474, 1), (475, 2)])
def test_each_day_takes_so_many(people: int, days: int | None) -> None:
    reach = Day(QUOTA).reach(range(people), coming(people))
    assert (reach.last if reach else None) == (DUE + days * DAY if days else None)


def test_whoever_gets_several_posts_counts_once() -> None:
    day = Day(QUOTA)
    assert day.reach(range(237), coming(237)) is None
    assert day.reach(range(237), coming(237, due=DUE + timedelta(hours=3))) is None
    later = day.reach([*range(237), "a"], coming(238, due=DUE + timedelta(hours=4)))
    assert later is not None
    assert later.last == DUE + timedelta(hours=4) + DAY, "they count from the last that they were sent"


def test_who_was_written_to_in_the_last_day_already_counts() -> None:
    day = Day(QUOTA)
    for person in range(237):
        day.count(person, DUE - timedelta(hours=20))
    reach = day.reach(["new"], coming(1))
    assert reach is not None
    assert reach.last == DUE + timedelta(hours=4)


def _by_the_gate(
    people: list[str], before: dict[str, datetime], quota: Quota, *, moments: list[datetime]
) -> datetime:
    """When the last of them really passes: the gate's own books, opened whenever somebody's wait is over."""
    ledger, rules = store.empty(), SimpleNamespace(rates=(), quotas=(quota,))
    uses = [{"account": "a", "name": quota.name, "recipient": who, "at": at} for who, at in before.items()]
    ledger.write(lambda conn: conn.execute(insert(account).values(id="a", name="x", channel="x")))
    ledger.write(lambda conn: uses and conn.execute(insert(quota_use), uses))
    waiting = dict.fromkeys(people, moments[0])

    def work(conn: Connection) -> None:
        now = moments[-1]
        due = [who for who in people if waiting.get(who, now + DAY) <= now]
        books = Books(conn, "a", rules, recipients=due, now=now)
        for who in due:
            slot = books.take(who, counts=True)
            waiting.pop(who)
            if not slot.taken:
                waiting[who] = slot.at
        books.close()

    while waiting:
        moments.append(max(moments[-1] + timedelta(microseconds=1), min(waiting.values())))
        ledger.write(work)
    ledger.close()
    return moments[-1]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 14), st.integers(1, 1439)), max_size=14, unique_by=lambda one: one[0]),
    st.lists(st.integers(0, 30), min_size=1, max_size=30, unique=True),
    st.integers(2, 9),
)
def test_the_forecast_is_what_the_gate_does(
    used: list[tuple[int, int]], people: list[int], limit: int
) -> None:
    quota = replace(QUOTA, count=limit)
    before = {f"{who:02}": DUE - timedelta(minutes=minutes) for who, minutes in used}
    wanted = [f"{who:02}" for who in people]
    day = Day(quota)
    for who, at in sorted(before.items(), key=lambda pair: pair[1]):
        day.count(who, at)
    reach = day.reach(wanted, coming(len(wanted)))
    really = _by_the_gate(wanted, before, quota, moments=[DUE])
    assert abs((reach.last if reach else DUE) - really) < timedelta(seconds=1)


def test_who_gets_it_anew_keeps_their_place_from_others() -> None:
    """Of 237 that count for 4 hours yet, all are sent it: their places are free a day later, not in 4 hours."""
    day = Day(QUOTA)
    for person in range(237):
        day.count(person, DUE - timedelta(hours=20))
    reach = day.reach(["new", *range(237)], coming(238))
    assert reach is not None
    assert (reach.first, reach.last) == (DUE, DUE + DAY)


@pytest.mark.parametrize(("open_", "missed"), [(0, True), (1, False)])
def test_what_nobody_would_get_in_time_is_said_to_be_missed(open_: int, missed: bool) -> None:
    """Whose 24 hours are open gets it, and then the others follow, however late."""
    day = Day(QUOTA)
    for person in range(237):
        day.count(person, DUE - timedelta(hours=20))
    one = coming(5 + open_)
    one = replace(one, reach=day.reach([f"new {number}" for number in range(5)], one))
    assert misses(one) is missed
    text = "\n".join(plan_view(Fate((one,), ()), Sending(False), clock=Clock("Asia/Jakarta", DUE - DAY)))
    assert ("nobody would get it before Wed 3 Feb 12:30" in text) is missed
    assert ("it would be missed" in text) is missed


def test_who_never_gets_it_takes_no_place() -> None:
    day = Day(QUOTA)
    day.reach(range(1000), coming(1000, expires=DUE + timedelta(hours=1)))
    assert day.reach(range(2000, 2237), coming(237, due=DUE + DAY)) is None
