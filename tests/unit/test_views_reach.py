"""When the last of many would get it, and who never would."""

from datetime import UTC, datetime, timedelta

import pytest

from humaspost.channels.whatsapp import WhatsApp, WhatsAppConfig
from humaspost.model.account import Account
from humaspost.model.plan import PlanRow
from humaspost.model.post import When
from humaspost.model.rendition import Part, Rendition
from humaspost.views.fate import Coming, Fate
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
    assert later.last == DUE + DAY


def test_who_was_written_to_in_the_last_day_already_counts() -> None:
    day = Day(QUOTA)
    for person in range(237):
        day.count(person, DUE - timedelta(hours=20))
    reach = day.reach(["new"], coming(1))
    assert reach is not None
    assert reach.last == DUE + timedelta(hours=4)


def test_who_never_gets_it_takes_no_place() -> None:
    day = Day(QUOTA)
    day.reach(range(1000), coming(1000, expires=DUE + timedelta(hours=1)))
    assert day.reach(range(2000, 2237), coming(237, due=DUE + DAY)) is None
