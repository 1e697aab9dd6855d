"""Moments as people write them."""

from datetime import UTC, datetime

import pytest

from humaspost.content.frontmatter.dates import InvalidDate, parse_date, plain_date

BASE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2027-02-03 08:30", "2027-02-03 08.30", "2027-02-03 8:30", "2027-02-03T08:30", "2027-02-03  08:30:00",
     "2027-02-03 08:30 WIB", "2027-02-03 08.30 wib", "2027-02-03 09:30 WITA", "2027-02-03 10:30 WIT",
     "2027-02-03T08:30+07:00", "2027-02-03 08:30 +0700", "2027-02-03 08:30 +07", "2027-02-03 08:30 UTC+7",
     "2027-02-03T01:30Z", "2027-02-03 01:30 UTC", "2027-02-03 08:30 Asia/Jakarta", "2027-02-03 02:30 Europe/Berlin",
     "2027-02-03\u00a008:30\u202fWIB", "2027-02-03\u200908:30", "2027\u201102\u201103 08:30", "2027\u201302\u201303 08\uff1a30 WIB",
     "2027-02-02 20:30 America/New_York", "2027-02-03 00:00 -01:30", " 2027-02-03 08:30 "],
)  # fmt: skip
def test_many_spellings_of_one_time(text: str) -> None:
    when = parse_date(text, "Asia/Jakarta")
    assert not isinstance(when, InvalidDate)
    assert (when.utc, when.dst_shift) == (BASE, None)


def test_the_wall_time_is_kept_as_written() -> None:
    when = parse_date("2027-02-03 10.30.15 WIT", "Asia/Jakarta")
    assert not isinstance(when, InvalidDate)
    assert (when.local_time, when.zone) == ("2027-02-03T10:30:15", "Asia/Jayapura")


@pytest.mark.parametrize(
    ("text", "code", "instead"),
    [
        ("2027-02-03", "date-without-time", "2027-02-03 08:30"),
        ("2027-02-30 08:30", "date-impossible", ""),
        ("2027-13-01 08:30", "date-impossible", ""),
        ("2027-02-03 24:00", "date-impossible", "2027-02-04 00:00"),
        ("2027-02-03 08:60", "date-impossible", ""),
        ("0001-01-01 00:00", "date-impossible", ""),
        ("0202-02-03 08:30", "date-impossible", ""),
        ("1999-12-31 08:30", "date-impossible", ""),
        ("2201-01-01 08:30", "date-impossible", ""),
        ("20270-02-03 08:30", "date-format", ""),
        ("9999-12-31 23:59 -14:00", "date-impossible", ""),
        ("2027-02-03 08:30 Asia/Makasar", "unknown-zone", "2027-02-03 08:30 Asia/Makassar"),
        ("2027-02-03 08:30 PST", "unknown-zone", ""),
        ("2027-02-03 08:30 localtime", "unknown-zone", ""),
        ("2027-02-03 08:30 +15:00", "unknown-zone", ""),
        ("2027-02-03 08:30 Asia", "unknown-zone", ""),
        ("3 Februari 2027 pukul 08.30", "date-format", "2027-02-03 08:30"),
        ("17 Agustus 2027 10.00 WITA", "date-format", "2027-08-17 10:00 WITA"),
        ("2027-8-17 9:05 WIT", "date-format", "2027-08-17 09:05 WIT"),
        ("17/8/2027 10:00 WXYZ", "date-format", "2027-08-17 10:00 WXYZ"),
        ("17/8/2027 10.00 pagi", "date-format", "2027-08-17 10:00"),
        ("17/8/2027 jam 8", "date-format", ""),
        ("3 Februari 2027 pukul 20.00 (WIT)", "date-format", "2027-02-03 20:00 WIT"),
        ("3 Februari 2027, 20.00 s.d. 21.00 WIT", "date-format", ""),
        ("40/8/2027", "date-impossible", ""),
        ("31 Februari 2027 pukul 08.30", "date-impossible", ""),
        ("2027-02-30", "date-impossible", ""),
        ("31-04-2027", "date-impossible", ""),
        ("2027-02-30 08:30 PST", "date-impossible", ""),
        ("Rabu, 31/4/2027 8.30 malam", "date-impossible", ""),
        ("2027-02-03 24:30 PST", "date-impossible", "2027-02-04 00:30 PST"),
        ("31 Desember 2027 24.00 WIT", "date-impossible", "2028-01-01 00:00 WIT"),
        ("2027-02-03 14.00 AM", "date-period", "2027-02-03 02:00"),
        ("2027-02-03 12 malam", "date-period", "2027-02-03 00:00"),
        ("2027-02-03 jam 1 malam WITA", "date-period", "2027-02-03 01:00 WITA"),
        ("2027-02-03 12:00 AM", "date-period", "2027-02-03 00:00"),
        ("2027-02-03 08.30 siang", "date-period", "2027-02-03 08:30"),
        ("3 Februari 2027 8.30 malam", "date-format", "2027-02-03 20:30"),
        ("02/17/2027 2:30 pm", "date-format", "2027-02-17 14:30"),
        ("February 3, 2027 2 PM WIB", "date-format", "2027-02-03 14:00 WIB"),
        ("Rabu, 3 Februari 2027, pukul 08.30 WIB", "date-format", "2027-02-03 08:30 WIB"),
        ("2027-02-03 08:30 WIB.", "unknown-zone", "2027-02-03 08:30 WIB"),
        ("2027-02-03 8 PM PST", "unknown-zone", ""),
        ("03/02/2027", "date-format", "2027-02-03 08:30"),
        ("besok", "date-format", ""),
        ("2027-2-3 08:30", "date-format", "2027-02-03 08:30"),
        ("٢٠٢٧-02-03 08:30", "date-format", ""),
    ],
)
def test_an_invalid_time_explains_why(text: str, code: str, instead: str) -> None:
    wrong = parse_date(text, "Asia/Jakarta")
    assert isinstance(wrong, InvalidDate)
    assert (wrong.code, wrong.replacement) == (code, instead)
    assert wrong.hint or wrong.replacement


@pytest.mark.parametrize(
    ("text", "utc", "shift"),
    [
        ("2027-03-28 02:30 Europe/Berlin", "2027-03-28 01:30", "gap"),
        ("2027-10-31 02:30 Europe/Berlin", "2027-10-31 00:30", "fold"),
        ("2027-03-28 03:00 Europe/Berlin", "2027-03-28 01:00", None),
        ("2011-12-30 12:00 Pacific/Apia", "2011-12-30 22:00", "gap"),
        ("2027-10-03 02:15 Australia/Lord_Howe", "2027-10-02 15:45", "gap"),
    ],
)
def test_summer_time_moves_forward_in_a_gap_and_takes_the_first_of_two(
    text: str, utc: str, shift: str | None
) -> None:
    when = parse_date(text, "Asia/Jakarta")
    assert not isinstance(when, InvalidDate)
    assert (f"{when.utc:%Y-%m-%d %H:%M}", when.dst_shift) == (utc, shift)


@pytest.mark.parametrize(
    ("written", "hour"),
    [("8:30 PM", "20:30"), ("8:30 p.m.", "20:30"), ("08.30 malam", "20:30"), ("14.00 PM", "14:00"), ("2 PM", "14:00"),
     ("2pm", "14:00"), ("2:30 pm", "14:30"), ("jam 7 malam", "19:00"), ("pukul 08.00 pagi", "08:00"), ("12 siang", "12:00"),
     ("12:15 PM", "12:15"), ("1 siang", "13:00"), ("11 siang", "11:00"), ("3 sore", "15:00"), ("18.30 petang", "18:30"),
     ("4 subuh", "04:00"), ("2 dini hari", "02:00"), ("11:59 AM", "11:59"), ("00.30 pagi", "00:30"), ("23.00 malam", "23:00"),
     ("5 pagi hari", "05:00")],
)  # fmt: skip
@pytest.mark.parametrize("zone", ["", " WIT", " +09:00"])
def test_an_hour_with_a_word_for_the_part_of_the_day(written: str, hour: str, zone: str) -> None:
    text = f"2027-02-03 {written}{zone}"
    assert plain_date(text) == f"2027-02-03 {hour}{zone}"
    assert parse_date(text, "Asia/Jakarta") == parse_date(plain_date(text), "Asia/Jakarta")


@pytest.mark.parametrize(
    ("written", "first", "other"),
    [
        ("12 malam", "2027-02-03 00:00", "2027-02-04 00:00"),
        ("02.15 malam WIB", "2027-02-03 02:15 WIB", "2027-02-04 02:15 WIB"),
        ("12 AM", "2027-02-03 00:00", "2027-02-03 12:00"),
        ("8 siang", "2027-02-03 08:00", "2027-02-03 20:00"),
        ("14.00 malam", "2027-02-03 02:00", "2027-02-03 14:00"),
    ],
)
def test_an_hour_that_can_mean_two_times_names_both(written: str, first: str, other: str) -> None:
    wrong = parse_date(f"2027-02-03 {written}", "Asia/Jakarta")
    assert isinstance(wrong, InvalidDate)
    assert (wrong.code, wrong.replacement, wrong.alternative) == ("date-period", first, other)


def test_a_date_without_such_a_word_is_as_it_is() -> None:
    assert plain_date("2027-02-03 08:30 America/New_York") == ""
    assert plain_date("besok malam") == ""
