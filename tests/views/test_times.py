"""Moments and lengths of time, as the office says them."""

from datetime import UTC, datetime, timedelta

import pytest

from humaspost.base import i18n
from humaspost.views.times import TimeFormatter, format_duration

NOW = datetime(2027, 2, 2, 10, 12, 4, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


def test_the_forms() -> None:
    clock = TimeFormatter("Asia/Jakarta", NOW)
    due = at("2027-02-03T08:30:01")
    assert clock.format_full(NOW) == "Tuesday 2 February 2027, 17:12 WIB"
    assert clock.format_day(due) == "Wednesday 3 February"
    assert clock.format_date(due) == "Wed 3 Feb 08:30"
    assert clock.format_weekday(due) == "Wed 08:30"
    assert clock.format_seconds(due) == "08:30:01"
    assert clock.format_date(at("2026-05-01T07:00:00")) == "Fri 1 May 2026 07:00"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2027-02-02T23:59:59", "today 23:59"),
        ("2027-02-03T00:00:00", "tomorrow 00:00"),
        ("2027-02-01T08:30:00", "yesterday 08:30"),
        ("2027-02-04T08:30:00", "Thu 4 Feb 08:30"),
    ],
)
def test_near_days_have_their_words(text: str, words: str) -> None:
    assert TimeFormatter("Asia/Jakarta", NOW).format_near(at(text)) == words


@pytest.mark.parametrize(
    ("zone", "name"), [("Asia/Makassar", "WITA"), ("Asia/Jayapura", "WIT"), ("UTC", "UTC")]
)
def test_zones_have_their_short_names(zone: str, name: str) -> None:
    assert TimeFormatter(zone, NOW).format_full(NOW).endswith(name)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=4.4), "4 s"),
        (timedelta(minutes=3, seconds=20), "3 min"),
        (timedelta(hours=15, minutes=18), "15 h 18 min"),
        (timedelta(hours=47, minutes=59), "47 h 59 min"),
        (timedelta(days=9, hours=5), "9 days"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_a_length_of_time_is_printed_in_its_largest_units(length: timedelta, words: str) -> None:
    assert format_duration(length) == words


def test_the_other_language_writes_hours_with_a_dot() -> None:
    forms = {"{hour:02}:{minute:02}": "{hour:02}.{minute:02}", "Wed": "Rab", "Feb": "Feb"}
    try:
        i18n.install(lambda text: forms.get(text, text), lambda one, many, count: one if count == 1 else many)
        assert TimeFormatter("Asia/Jakarta", NOW).format_date(at("2027-02-03T08:30:00")) == "Rab 3 Feb 08.30"
    finally:
        i18n.install(str, lambda one, many, count: one if count == 1 else many)
