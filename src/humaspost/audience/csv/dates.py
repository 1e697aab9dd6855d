"""Dates as people and spreadsheets write them in Indonesia, with the day first."""

import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum

#: The first three letters of each month are enough, in Indonesian or English.
MONTHS = {
    "jan": 1, "januari": 1, "january": 1,
    "feb": 2, "peb": 2, "februari": 2, "pebruari": 2, "february": 2,
    "mar": 3, "mrt": 3, "maret": 3, "march": 3,
    "apr": 4, "april": 4,
    "mei": 5, "may": 5,
    "jun": 6, "juni": 6, "june": 6,
    "jul": 7, "juli": 7, "july": 7,
    "agu": 8, "agt": 8, "ags": 8, "agst": 8, "agust": 8, "agustus": 8, "aug": 8, "august": 8,
    "sep": 9, "sept": 9, "september": 9,
    "okt": 10, "oct": 10, "oktober": 10, "october": 10,
    "nov": 11, "nop": 11, "nopember": 11, "november": 11,
    "des": 12, "dec": 12, "desember": 12, "december": 12,
}  # fmt: skip
_ZONES = {"Z": 0, "UTC": 0, "WIB": 7, "WITA": 8, "WIT": 9}
_TIME = (
    r"(?:[T ,]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<zone>Z|UTC|WIB|WITA|WIT|[+-]\d{2}:?\d{2})?)?"
)
_SEPARATOR = r"[\s,./-]{1,2}"
_DAY, _NAME, _YEAR = r"(?P<day>\d{1,2})", r"(?P<name>[^\W\d_]{3,9})\.?", r"(?P<year>\d{4}|'?\d{2})"
_PATTERNS = tuple(
    re.compile(pattern + _TIME, re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})(?P<s>[-/.])(?P<month>\d{1,2})(?P=s)(?P<day>\d{1,2})",
        rf"{_DAY}\s?(?P<s>[-/. ])\s?(?P<month>\d{{1,2}})\s?(?P=s)\s?{_YEAR}",
        rf"{_DAY}{_SEPARATOR}{_NAME}{_SEPARATOR}{_YEAR}",
        rf"{_DAY}{_NAME}{_YEAR}",
        rf"{_NAME}{_SEPARATOR}{_DAY}{_SEPARATOR}(?P<year>\d{{4}})",
    )
)
_WEEKDAY = re.compile(r"(?:[^\W\d_]|'){3,9}\s*,\s*")
#: How a spreadsheet counts days, where a date lost its format: 46082 is 2026-03-01.
_SERIAL = re.compile(r"([2-6]\d{4})(?:[.,]\d+)?")
_SERIAL_EPOCH = date(1899, 12, 30)


class DateFault(StrEnum):
    """The reason for which a text is no date."""

    UNKNOWN_FORM = "unknown-form"
    #: No calendar has this day, or the clock this time.
    IMPOSSIBLE = "impossible"
    #: The month is above 12: the day stands second.
    MONTH_FIRST = "month-first"
    SERIAL = "serial"


class UnreadableDate(Exception):
    """A text that is no date; ``suggestion`` is the date that it may mean."""

    def __init__(self, fault: DateFault, suggestion: date | None = None) -> None:
        super().__init__(fault)
        self.fault = fault
        self.suggestion = suggestion


def parse_date(text: str, *, zone: tzinfo) -> datetime:
    """Return the instant; without a time it is the start of the day in the office's zone.

    The day stands before the month, as Indonesia writes: 01/03/2026 is 1 March. A year of two digits is of
    this century.
    """
    plain = " ".join(text.replace("\u00a0", " ").split())
    if serial := _SERIAL.fullmatch(plain):
        raise UnreadableDate(DateFault.SERIAL, _SERIAL_EPOCH + timedelta(days=int(serial[1])))
    plain = _WEEKDAY.sub("", plain, count=1) if _WEEKDAY.match(plain) else plain
    for pattern in _PATTERNS:
        if match := pattern.fullmatch(plain):
            return _to_instant(match, zone)
    raise UnreadableDate(DateFault.UNKNOWN_FORM)


def _to_instant(match: re.Match[str], zone: tzinfo) -> datetime:
    fields = match.groupdict()
    day, year = int(fields["day"]), _to_year(fields["year"])
    month = int(fields["month"]) if fields.get("month") else MONTHS.get(fields["name"].casefold(), 0)
    if not month and fields.get("name"):
        raise UnreadableDate(DateFault.UNKNOWN_FORM)
    try:
        on_day = date(year, month, day)
    except ValueError as error:
        raise _impossible(year, month, day) from error
    return _at_time(on_day, fields, zone)


def _to_year(text: str) -> int:
    digits = text.removeprefix("'")
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _impossible(year: int, month: int, day: int) -> UnreadableDate:
    try:
        return UnreadableDate(DateFault.MONTH_FIRST, date(year, day, month))
    except ValueError:
        return UnreadableDate(DateFault.IMPOSSIBLE)


def _at_time(on_day: date, fields: dict[str, str | None], zone: tzinfo) -> datetime:
    hour, minute, second = (int(fields[name] or 0) for name in ("hour", "minute", "second"))
    try:
        at_time = time(hour, minute, second)
        return datetime.combine(on_day, at_time, _to_zone(fields["zone"]) or zone)
    except ValueError as error:
        raise UnreadableDate(DateFault.IMPOSSIBLE) from error


def _to_zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text.upper() in _ZONES:
        return timezone(timedelta(hours=_ZONES[text.upper()]))
    sign = -1 if text.startswith("-") else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
