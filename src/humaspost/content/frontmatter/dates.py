"""Dates and times as users write them: ``2027-02-03 08:30 WIB``."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.base.timezones import INDONESIA
from humaspost.content.frontmatter.hints import shorten
from humaspost.model.post import PublishTime

_DATE_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:(?:[Tt]|[ ]+)(\d\d?)[:.](\d\d)(?:[:.](\d\d))?[ ]*([A-Za-z+-].*)?)?", re.ASCII
)
_DAY_FIRST = re.compile(r"(\d\d?)[-/. ](\d\d?|[A-Za-z]{3,9})[-/. ](\d{4})\b(.*)", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d\d?|[A-Za-z]{3,9})[-/. ](\d\d?)\b(.*)", re.ASCII)
_TIME = re.compile(r"\b(\d\d?)[.:](\d\d)(?:[.:]\d\d)?[ ]*([A-Za-z+-][\w+/:-]*)?", re.ASCII)
_WORD = re.compile(r"[A-Za-z][\w+/-]*", re.ASCII)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?", re.ASCII | re.IGNORECASE)
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9+_/-]*", re.ASCII)
_MONTHS = {
    name: number
    for number, names in enumerate(
        ["jan", "feb", "mar", "apr", "mei,may", "jun", "jul", "agu,aug", "sep", "okt,oct", "nov", "des,dec"],
        start=1,
    )
    for name in names.split(",")
}
#: A post for any other year is a typing error.
_YEARS = range(2000, 2201)
#: Names that mean this computer's own setting, or nothing.
_INVALID_ZONES = frozenset(("localtime", "posixrules", "Factory"))
#: Shorter names have too many similar names for a useful suggestion.
_MIN_PREFIX_LENGTH = 6


@dataclass(frozen=True, slots=True)
class InvalidDate:
    """The reason why a text is not a date; ``replacement`` is the text to write.

    ``replacement`` is "" where only ``hint`` can help.
    """

    code: str
    message: str
    hint: str = ""
    replacement: str = ""


def parse_date(text: str, zone: str) -> PublishTime | InvalidDate:
    """Return the time that the text means; a text without a zone is local time in ``zone``."""
    text = text.strip()
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return _unreadable_date(text)
    year, month, day, hour, minute, second, written = match.groups()
    if int(year) not in _YEARS:
        return InvalidDate(
            "date-impossible", _("the year {year} is mistyped").format(year=year), _("look at the year")
        )
    if hour is None:
        return _missing_time(text)
    name = parse_zone(written.strip() if written else zone)
    if name is None:
        return _unknown_zone(text, (written or zone).strip())
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=_timezone(name)
        )
        return resolve_local_time(local, name, with_seconds=second is not None)
    except (ValueError, OverflowError):
        return _impossible_date(text, hour)


def resolve_local_time(local: datetime, zone: str, *, with_seconds: bool = False) -> PublishTime:
    """Return the instant of a local time.

    A time in a DST gap moves forward by the gap; in a fold the first of the two is used.
    ``local`` carries the zone that ``zone`` names. Raises OverflowError at the ends of the calendar.
    """
    utc = local.astimezone(UTC)
    wall_time = local.replace(tzinfo=None)
    shift = None
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        back = utc.astimezone(local.tzinfo).replace(tzinfo=None)
        shift = "gap" if back != wall_time else "fold"
    return PublishTime(
        wall_time.isoformat(timespec="seconds" if with_seconds else "minutes"), zone, utc, shift
    )


@lru_cache(maxsize=256)
def parse_zone(written: str) -> str | None:
    """Return the IANA name of ``WIB`` and others, ``+07:00`` for an offset, None if unknown."""
    zone_name = INDONESIA.get(written.upper())
    if zone_name:
        return zone_name
    if written.upper() in ("Z", "UTC"):
        return "UTC"
    offset = _OFFSET.fullmatch(written)
    if offset:
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        return f"{offset[1]}{hours:02}:{minutes:02}" if hours <= 14 and minutes < 60 else None
    if not _ZONE_NAME.fullmatch(written) or written in _INVALID_ZONES:
        return None
    try:
        ZoneInfo(written)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return written


@lru_cache(maxsize=256)
def _timezone(zone: str) -> tzinfo:
    if zone[0] not in "+-":
        return ZoneInfo(zone)
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return timezone(ahead if zone[0] == "+" else -ahead)


def _missing_time(text: str) -> InvalidDate:
    message = _("{text} is a day without a time").format(text=text)
    return InvalidDate("date-without-time", message, replacement=f"{text} 08:30")


def _impossible_date(text: str, hour: str) -> InvalidDate:
    message = _("there is no such moment: {text}").format(text=shorten(text))
    hint = _("write the next day at 00:00") if hour == "24" else _("look at the day and the hour")
    return InvalidDate("date-impossible", message, hint)


def _unknown_zone(text: str, written: str) -> InvalidDate:
    message = _("there is no time zone {name!r}").format(name=shorten(written))
    suggestion = nearest(written, (name for name in available_timezones() if "/" in name))
    if suggestion and len(written) >= _MIN_PREFIX_LENGTH:
        return InvalidDate("unknown-zone", message, replacement=text.removesuffix(written) + suggestion)
    hint = _("write WIB, WITA, WIT, an offset (+07:00) or a name (Asia/Jakarta)")
    return InvalidDate("unknown-zone", message, hint)


def _unreadable_date(text: str) -> InvalidDate:
    message = _("this is not a date and time: {text}").format(text=shorten(text))
    suggestion = _guess_date(text)
    hint = "" if suggestion else _("for example: {line}").format(line="date: 2027-02-03 08:30 WIB")
    return InvalidDate("date-format", message, hint, replacement=suggestion)


def _guess_date(text: str) -> str:
    """Return the date as humaspost reads it, with its zone; "" if the day is ambiguous."""
    year_first, day_first = _YEAR_FIRST.fullmatch(text), _DAY_FIRST.fullmatch(text)
    if year_first:
        year, number, day, rest = year_first.groups()
    elif day_first:
        day, number, year, rest = day_first.groups()
    else:
        return ""
    month = int(number) if number.isdigit() else _MONTHS.get(number[:3].lower(), 0)
    if not (1 <= month <= 12 and 1 <= int(day) <= 31):
        return ""
    times = list(_TIME.finditer(rest))
    if len(times) > 1 or (not times and any(character.isdigit() for character in rest)):
        return ""
    time = times[0] if times else None
    clock = f"{int(time[1]):02}:{time[2]}" if time else "08:30"
    zones = [word for word in _WORD.findall(rest) if word.isupper() or ("/" in word and parse_zone(word))]
    zones = [time[3]] if time and time[3] and parse_zone(time[3]) else zones
    if len(zones) > 1:
        return ""
    zone = f" {zones[0]}" if zones else ""
    return f"{year}-{month:02}-{int(day):02} {clock}{zone}"
