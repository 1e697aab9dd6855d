"""Moments as people write them."""

from datetime import UTC, datetime

import pytest

from humaspost.content.frontmatter.dates import InvalidDate, parse_date

BASE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2027-02-03 08:30", "2027-02-03 08.30", "2027-02-03 8:30", "2027-02-03T08:30", "2027-02-03  08:30:00",
     "2027-02-03 08:30 WIB", "2027-02-03 08.30 wib", "2027-02-03 09:30 WITA", "2027-02-03 10:30 WIT",
     "2027-02-03T08:30+07:00", "2027-02-03 08:30 +0700", "2027-02-03 08:30 +07", "2027-02-03 08:30 UTC+7",
     "2027-02-03T01:30Z", "2027-02-03 01:30 UTC", "2027-02-03 08:30 Asia/Jakarta", "2027-02-03 02:30 Europe/Berlin",
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
        ("2027-02-03 24:00", "date-impossible", ""),
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
        ("40/8/2027", "date-format", ""),
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
