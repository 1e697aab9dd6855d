"""Dates as people and spreadsheets write them: the day first, months by their Indonesian or English name."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humaspost.audience.csv.dates import MONTHS, DateFault, UnreadableDate, parse_date
from tests.support.examples import examples

JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02",
        "2026-3-2",
        "2026/03/02",
        "02/03/2026",
        "2/3/2026",
        "2-3-2026",
        "2.3.2026",
        "02/03/26",
        "2-Mar-26",
        "2 Maret 2026",
        "2 mrt 2026",
        "Senin, 2 Maret 2026",
        "2Mar2026",
        "March 2, 2026",
        "2 Mar '26",
    ],
)
def test_one_day_written_in_many_ways(text: str) -> None:
    assert parse_date(text, zone=JAKARTA).isoformat() == "2026-03-02T00:00:00+07:00"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-02T10:00Z", "10:00+00:00"),
        ("2026-03-02 10:00:05", "10:00:05+07:00"),
        ("2/3/2026 8:05:06", "08:05:06+07:00"),
        ("2 Maret 2026 10.30 WITA", "10:30+08:00"),
        ("2/3/2026, 10:30 +09:00", "10:30+09:00"),
    ],
)
def test_with_a_time(text: str, time: str) -> None:
    assert parse_date(text, zone=JAKARTA) == datetime.fromisoformat(f"2026-03-02T{time}")


@pytest.mark.parametrize(
    ("text", "fault", "suggestion"),
    [
        ("31/02/2026", DateFault.IMPOSSIBLE, None),
        ("2026-02-30", DateFault.IMPOSSIBLE, None),
        ("2/3/2026 25:00", DateFault.IMPOSSIBLE, None),
        ("03/14/2026", DateFault.MONTH_FIRST, date(2026, 3, 14)),
        ("46082", DateFault.SERIAL, date(2026, 3, 1)),
        ("46082,5", DateFault.SERIAL, date(2026, 3, 1)),
        ("2-Foo-26", DateFault.UNKNOWN_FORM, None),
        ("kemarin", DateFault.UNKNOWN_FORM, None),
        ("3/1/2026 10:00 AM", DateFault.UNKNOWN_FORM, None),
        ("2026", DateFault.UNKNOWN_FORM, None),
        ("01/2026", DateFault.UNKNOWN_FORM, None),
    ],
)
def test_what_is_no_date(text: str, fault: DateFault, suggestion: date | None) -> None:
    with pytest.raises(UnreadableDate) as raised:
        parse_date(text, zone=JAKARTA)
    assert (raised.value.fault, raised.value.suggestion) == (fault, suggestion)


@examples(50, 300)
@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(sorted(MONTHS)))
def test_every_day_under_every_name_of_its_month(day: date, name: str) -> None:
    expected = datetime(day.year, day.month, day.day, tzinfo=JAKARTA)
    assert parse_date(f"{day.day}/{day.month}/{day.year}", zone=JAKARTA) == expected
    of_name = day.replace(day=min(day.day, 28), month=MONTHS[name])
    for text in (f"{of_name.day} {name.title()} {of_name.year}", f"{of_name.day}-{name}-{of_name:%y}"):
        assert parse_date(text, zone=JAKARTA).date() == of_name


@examples(100, 1000)
@given(st.text(alphabet="0123456789/-. :,abMarT+Z'", max_size=24))
def test_no_text_breaks_it(text: str) -> None:
    try:
        found = parse_date(text, zone=JAKARTA)
    except UnreadableDate:
        return
    assert found.tzinfo is not None
    assert found - datetime(1, 1, 3, tzinfo=UTC) > -timedelta(days=3)
