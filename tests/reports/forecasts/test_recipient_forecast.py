"""When the last of many would get it, and who never would."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from humaspost.channels.whatsapp import WhatsApp
from humaspost.channels.whatsapp.config import WhatsAppConfig
from humaspost.model.account import Account
from humaspost.model.plan import PlanRow
from humaspost.model.post import Late, PublishTime
from humaspost.model.rendition import Part, Rendition
from humaspost.reports.forecasts.plan_outlook import PlanOutlook, RecipientForecast, Upcoming
from humaspost.reports.forecasts.quota_forecast import will_be_missed
from humaspost.reports.forecasts.recipient_day import RecipientDay
from humaspost.reports.forecasts.recipient_forecast import build_fan_out, recipient_forecast
from humaspost.reports.renditions_of_post import RenditionPreview
from humaspost.reports.sender_status import SenderStatus
from humaspost.views.forecasts.plan import format_plan, plan_to_json
from humaspost.views.times import TimeFormatter
from tests.support.deadlines import SECOND

DUE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)
CONFIG = WhatsAppConfig(phone_number_id="1", business_account_id="2", daily_recipients=250)
RULES = WhatsApp().rules(CONFIG)
ACCOUNT = Account("whatsapp", "whatsapp", CONFIG, "+62 811-**-99")
(QUOTA,) = RULES.quotas


def when(at: datetime) -> PublishTime:
    return PublishTime(f"{at:%Y-%m-%dT%H:%M}", "UTC", at)


def upcoming(
    people: int, *, due: datetime = DUE, expires: datetime | None = None, late: Late = Late.ASK
) -> Upcoming:
    rendition = Rendition("whatsapp", (Part(1, "a"),))
    end = when(expires) if expires else None
    row = PlanRow("p", "posts/p.md", "T", "", ACCOUNT, when(due), rendition, expires=end, late=late)
    return Upcoming(row, RenditionPreview(ACCOUNT, rendition, RULES, people), row.timing(), people)


def run_forecast(
    *posts: tuple[Iterable[object], Upcoming],
    written: Sequence[tuple[object, datetime]] = (),
    has_started: bool = False,
) -> list[RecipientForecast | None]:
    """What becomes of the posts to these people, after what was written before."""
    day = RecipientDay(QUOTA)
    for person, at in written:
        day.record_write(person, at)
    fan_outs = [build_fan_out(one, list(people), has_started=has_started) for people, one in posts]
    for fan_out in fan_outs:
        day.add(fan_out)
    day.simulate()
    return [recipient_forecast(day, fan_out) for fan_out in fan_outs]


def printed(one: Upcoming, forecast: RecipientForecast | None) -> tuple[str, dict[str, object]]:
    """The screen, and what the document has of the post."""
    seen, clock = (
        PlanOutlook((replace(one, recipient_forecast=forecast),), ()),
        TimeFormatter("Asia/Jakarta", DUE - DAY),
    )
    document = plan_to_json(seen, SenderStatus(False), clock=clock)
    return "\n".join(format_plan(seen, SenderStatus(False), clock=clock)), document["upcoming"][0]


def test_three_thousand_people_and_a_young_number() -> None:
    expires = datetime(2027, 2, 3, 14, 0, tzinfo=UTC)
    one = upcoming(3000, expires=expires)
    (found,) = run_forecast((range(3000), one))
    assert found is not None
    # 95 % of 250 is 237 a day: the thirteenth day is Monday, 15 February.
    assert (found.limit, found.last_delivery_at, found.never_count) == (250, DUE + 12 * DAY, 3000 - 237)
    text, document = printed(one, found)
    assert "limit 250 people in 24 h: the last would get it Mon 15 Feb" in text
    assert "expires Wed 3 Feb 21:00: 2,763 people would never get it" in text
    assert (document["not_sending"], document["missed"]) == (2763, 0)


@pytest.mark.parametrize(("people", "days"), [(237, None), (238, 1), (474, 1), (475, 2)])
def test_each_day_takes_so_many(people: int, days: int | None) -> None:
    (found,) = run_forecast((range(people), upcoming(people)))
    assert (found.last_delivery_at if found else None) == (DUE + days * DAY if days else None)


def test_a_recipient_of_several_posts_counts_once_from_the_last_of_them_on() -> None:
    again, later = DUE + timedelta(hours=3), DUE + timedelta(hours=4)
    found = run_forecast(
        (range(237), upcoming(237)),
        (range(237), upcoming(237, due=again)),
        ([*range(237), "a"], upcoming(238, due=later)),
    )
    assert found[:2] == [None, None]
    assert found[2] is not None
    assert found[2].last_delivery_at == later + DAY


def test_who_was_written_to_in_the_last_day_already_counts() -> None:
    late = upcoming(1, late=Late.PUBLISH)
    (found,) = run_forecast((["new"], late), written=[(n, DUE - timedelta(hours=20)) for n in range(237)])
    assert found is not None
    assert (found.last_delivery_at, found.missed) == (DUE + timedelta(hours=4), 0)


def test_a_counted_recipient_who_is_written_to_counts_again() -> None:
    before = [(n, DUE - timedelta(hours=10)) for n in range(237)]
    (found,) = run_forecast(([*range(237), "new"], upcoming(238)), written=before)
    assert found is not None
    assert (found.last_delivery_at, found.missed) == (DUE + DAY, 0)


def test_a_recipient_who_never_gets_it_uses_no_quota() -> None:
    found = run_forecast(
        (range(1000), upcoming(1000, expires=DUE + timedelta(hours=1))),
        (range(2000, 2237), upcoming(237, due=DUE + DAY)),
    )
    assert found[1] is None


def test_a_post_that_reaches_no_recipient_within_its_grace_is_missed_by_all() -> None:
    full = [(n, DUE - timedelta(hours=10)) for n in range(237)]
    one = upcoming(5)
    (found,) = run_forecast((range(1000, 1005), one), written=full)
    assert found is not None
    assert (found.missed, found.never_count) == (5, 0)
    assert will_be_missed(replace(one, recipient_forecast=found))
    text, document = printed(one, found)
    assert "limit 250 people in 24 h: no place before Wed 3 Feb 22:30" in text
    assert "5 of 5 people would find no place in time and get nothing (missed)" in text
    assert "the last would get it" not in text
    assert (document["missed"], document["not_sending"]) == (5, 0)
    skipped, _ = printed(upcoming(5, late=Late.SKIP), found)
    assert "get nothing (expired)" in skipped


def test_where_one_recipient_gets_it_in_time_the_others_get_it_late() -> None:
    full = [(n, DUE - timedelta(hours=10)) for n in range(236)]
    (found,) = run_forecast((range(1000, 1003), upcoming(3)), written=full)
    assert found is not None
    assert (found.missed, found.last_delivery_at) == (0, DUE + timedelta(hours=14))
    assert not will_be_missed(replace(upcoming(3), recipient_forecast=found))
    full.append((236, DUE - timedelta(hours=10)))
    (found,) = run_forecast((range(1000, 1003), upcoming(3)), written=full, has_started=True)
    assert found is not None
    assert found.missed == 0


def test_ten_thousand_people_and_a_month_of_posts_are_forecast_at_once() -> None:
    posts = [(range(10_000), upcoming(10_000, due=DUE + n * DAY)) for n in range(30)]
    begun = time.process_time()
    found = run_forecast(*posts)
    assert time.process_time() - begun < 5 * SECOND
    assert found[0] is not None
    assert found[0].last_delivery_at >= DUE + 42 * DAY
