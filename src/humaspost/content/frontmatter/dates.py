"""Dates and times as users write them: ``2027-02-03 08:30 WIB``."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.base.timezones import INDONESIA
from humaspost.content.frontmatter.day_periods import PERIOD, possible_hours
from humaspost.content.frontmatter.hints import shorten
from humaspost.content.frontmatter.written_dates import WrittenDate, plain_signs, read_written_date
from humaspost.model.post import PublishTime

_DATE_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d?)[:.](\d\d)(?:[:.](\d\d))?[ ]?([A-Za-z+-].*)?)?", re.ASCII
)
_YEAR_FIRST = re.compile(r"\d{4}-\d\d-\d\d(?!\d)", re.ASCII)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?", re.ASCII | re.IGNORECASE)
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9+_/-]*", re.ASCII)
#: A post for any other year is a typing error.
_YEARS = range(2000, 2201)
#: Names that mean this computer's own setting, or nothing.
_INVALID_ZONES = frozenset(("localtime", "posixrules", "Factory"))
#: Shorter names have too many similar names for a useful suggestion.
_MIN_PREFIX_LENGTH = 6


@dataclass(frozen=True, slots=True)
class InvalidDate:
    """The reason why a text is not a date; ``replacement`` is the text to write.

    ``replacement`` is "" where only ``hint`` can help. ``alternative`` is the other text that may be meant.
    """

    code: str
    message: str
    hint: str = ""
    replacement: str = ""
    alternative: str = ""


def parse_date(text: str, zone: str) -> PublishTime | InvalidDate:
    """Return the time that the text means; a text without a zone is local time in ``zone``."""
    text = plain_signs(text)
    match = _DATE_TIME.fullmatch(text)
    return (_parse_strict(match, zone) if match else None) or _parse_written(text, match, zone)


def _parse_strict(match: re.Match[str], zone: str) -> PublishTime | None:
    """Return the time of a date without any fault, or None."""
    year, month, day, hour, minute, second, written_zone = match.groups()
    name = parse_zone(written_zone.strip() if written_zone else zone) if hour else None
    if name is None or int(year) not in _YEARS:
        return None
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=_timezone(name)
        )
    except ValueError:
        return None
    return resolve_local_time(local, name, with_seconds=second is not None)


def _parse_written(text: str, match: re.Match[str] | None, zone: str) -> PublishTime | InvalidDate:
    """Return the time of an hour with a word, or what is wrong: impossible days first."""
    written = read_written_date(text, _is_zone)
    if written is None:
        return _unreadable_date(text)
    if problem := _check_calendar(written, text):
        return problem
    if written.period and written.hour is not None:
        return _parse_period(written, zone, text)
    if match is None:
        return _unreadable_date(text, written)
    if match[4] is None:
        return _missing_time(text)
    return _unknown_zone(text, (match[7] or zone).strip(), written)


def plain_date(text: str) -> str:
    """Return a readable date with a plain hour if it has a word such as ``malam``, else ""."""
    text = plain_signs(text)
    written = read_written_date(text, _is_zone) if PERIOD.search(text) else None
    if written is None or written.hour is None or not written.period:
        return ""
    return written.format_at(possible_hours(written.hour, written.period)[0])


def _parse_period(written: WrittenDate, zone: str, text: str) -> PublishTime | InvalidDate:
    """Return the time of an hour with a word such as ``malam``, if it has one meaning."""
    hours = possible_hours(written.hour or 0, written.period)
    first, *others = [written.format_at(hour) for hour in hours]
    if others:
        message = _("{text} can mean two times").format(text=shorten(text))
        return InvalidDate("date-period", message, replacement=first, alternative=others[0])
    if not (written.is_complete and _YEAR_FIRST.match(text)):
        return _unreadable_date(text, written)
    name = parse_zone(written.zone or zone)
    if name is None:
        return _unknown_zone(text, written.zone or zone, written)
    day = datetime(written.year, written.month, written.day, tzinfo=_timezone(name))
    local = day.replace(hour=hours[0], minute=written.minute, second=written.second or 0)
    return resolve_local_time(local, name, with_seconds=written.second is not None)


def _is_zone(word: str) -> bool:
    return parse_zone(word) is not None


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


def _check_calendar(written: WrittenDate, text: str) -> InvalidDate | None:
    """Return the problem of a day or an hour that does not exist."""
    if written.year not in _YEARS:
        message = _("the year {year:04} is mistyped").format(year=written.year)
        return InvalidDate("date-impossible", message, _("look at the year"))
    if not 1 <= written.month <= 12:
        return _impossible_date(text, _("a year has 12 months"))
    if not 1 <= written.day <= written.last_day:
        month = f"{written.year}-{written.month:02}"
        return _impossible_date(
            text, _("{month} has {count} days").format(month=month, count=written.last_day)
        )
    hour = written.hour or 0
    if hour > 24 or written.minute > 59 or (written.second or 0) > 59:
        return _impossible_date(text, _("the hours are 00 to 23, the minutes 00 to 59"))
    if hour == 24:
        return replace(_impossible_date(text, ""), replacement=written.format_at(24))
    return None


def _impossible_date(text: str, hint: str) -> InvalidDate:
    message = _("there is no such moment: {text}").format(text=shorten(text))
    return InvalidDate("date-impossible", message, hint)


def _missing_time(text: str) -> InvalidDate:
    message = _("{text} is a day without a time").format(text=text)
    return InvalidDate("date-without-time", message, replacement=f"{text} 08:30")


def _unknown_zone(text: str, name: str, written: WrittenDate) -> InvalidDate:
    message = _("there is no time zone {name!r}").format(name=shorten(name))
    if written.zone and written.hour is not None and parse_zone(written.zone):
        return InvalidDate("unknown-zone", message, replacement=written.format_at(written.hour))
    suggestion = nearest(name, (name for name in available_timezones() if "/" in name))
    if suggestion and len(name) >= _MIN_PREFIX_LENGTH and text.endswith(name):
        return InvalidDate("unknown-zone", message, replacement=text.removesuffix(name) + suggestion)
    hint = _("write WIB, WITA, WIT, an offset (+07:00) or a name (Asia/Jakarta)")
    return InvalidDate("unknown-zone", message, hint)


def _unreadable_date(text: str, written: WrittenDate | None = None) -> InvalidDate:
    message = _("this is not a date and time: {text}").format(text=shorten(text))
    suggestion = _suggest(written) if written else ""
    hint = "" if suggestion else _("for example: {line}").format(line="date: 2027-02-03 08:30 WIB")
    return InvalidDate("date-format", message, hint, replacement=suggestion)


def _suggest(written: WrittenDate) -> str:
    """Return the date as humaspost reads it, with its zone; "" if its time is uncertain."""
    if written.hour is None:
        return replace(written, minute=30).format_at(8) if written.is_complete else ""
    if not written.period:
        return written.format_at(written.hour)
    return written.format_at(possible_hours(written.hour, written.period)[0])
