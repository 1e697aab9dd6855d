"""Dates as people write them: ``Rabu, 3 Februari 2027 pukul 8.30 malam WIB``."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from humaspost.content.frontmatter.day_periods import PERIOD

_WEEKDAY = (
    r"(?:(?:hari )?(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad|sen|sel|rab|kam|jum|sab|min"
    r"|mon|tue|wed|thu|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\.?,? )?(?:(?:tanggal|tgl)\.? )?"
)
_SEPARATOR = r"(?:, | ?[-/. ] ?)"
_NAME = r"[A-Za-z]{3,9}\.?"
_DAYS = tuple(
    re.compile(f"{_WEEKDAY}{pattern}(?!\\d)(?P<rest>.*)", re.ASCII | re.IGNORECASE)
    for pattern in (
        rf"(?P<year>\d{{4}}){_SEPARATOR}(?P<month>\d\d?|{_NAME}){_SEPARATOR}(?P<day>\d\d?)",
        rf"(?P<day>\d\d?){_SEPARATOR}(?P<month>\d\d?|{_NAME}){_SEPARATOR}(?P<year>\d{{4}})",
        rf"(?P<month>{_NAME}){_SEPARATOR}(?P<day>\d\d?){_SEPARATOR}(?P<year>\d{{4}})",
    )
)
_CLOCK = re.compile(
    r"(?<![\w.:+-])(?P<hour>\d\d?)(?:[.:](?P<minute>\d\d)(?:[.:](?P<second>\d\d))?)?(?!\d)", re.ASCII
)
_WORD = re.compile(r"[A-Za-z][\w+/:-]*|[+-]\d[\d:]*", re.ASCII)
#: Words before an hour, and signs between the parts of a date.
_EMPTY_WORDS = frozenset(("pukul", "jam", "pkl", "pk", "at", "t", "waktu", "tanggal", "tgl"))
_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            *("jan", "feb,peb", "mar,mrt", "apr", "mei,may", "jun"),
            *("jul", "agu,agt,ags,aug", "sep", "okt,oct", "nov,nop", "des,dec"),
        ],
        start=1,
    )
    for name in names.split(",")
}
#: Signs that look like a hyphen, a colon or a full stop; word processors write them by themselves.
_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-"),
        **dict.fromkeys("\u2236\ua789\ufe55\uff1a", ":"),
        **dict.fromkeys("\u2024\uff0e", "."),
        **dict.fromkeys("\u2018\u2019", "'"),
    }
)


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """The parts of a written date; they may be impossible.

    ``hour`` is None without a time. ``period`` is a word such as ``malam``. ``zone`` is as written, "" without
    one. ``is_complete`` is False where words or numbers remain that are none of these parts.
    """

    year: int
    month: int
    day: int
    hour: int | None = None
    minute: int = 0
    second: int | None = None
    period: str = ""
    zone: str = ""
    is_complete: bool = True

    @property
    def last_day(self) -> int:
        """Return the number of days of the month."""
        return calendar.monthrange(self.year, self.month)[1]

    def format_at(self, hour: int) -> str:
        """Return the text to write for this day at the hour; from 24 on it is of the next day."""
        at = date(self.year, self.month, self.day) + timedelta(days=hour // 24)
        seconds = "" if self.second is None else f":{self.second:02}"
        return f"{at:%Y-%m-%d} {hour % 24:02}:{self.minute:02}{seconds} {self.zone}".rstrip()


def plain_signs(text: str) -> str:
    """Return the text with plain spaces, hyphens and colons for signs that look the same."""
    return " ".join(text.translate(_LOOKALIKES).split())


def read_written_date(text: str, is_zone: Callable[[str], bool]) -> WrittenDate | None:
    """Return the parts of a date in any usual order, or None if no day is found in it."""
    match = next((found for pattern in _DAYS if (found := pattern.fullmatch(text))), None)
    if match is None:
        return None
    name = match["month"].lower()
    month = int(name) if name.isdigit() else _MONTHS.get(name[:3])
    if month is None:
        return None
    day = int(match["day"])
    if month > 12 >= day and text[0].isdigit() and match.start("year"):
        # No calendar has a month above 12: the month stands first, as in America.
        month, day = day, month
    return _read_time(WrittenDate(int(match["year"]), month, day), match["rest"], is_zone)


def _read_time(day: WrittenDate, rest: str, is_zone: Callable[[str], bool]) -> WrittenDate:
    """Return the day with its time, as far as exactly one is written."""
    rest = re.sub(r"^[Tt](?=\d)", "", rest)
    periods = [match["period"] for match in PERIOD.finditer(rest)]
    rest = PERIOD.sub(" ", rest)
    clocks = list(_CLOCK.finditer(rest))
    words = [word for word in _WORD.findall(_CLOCK.sub(" ", rest)) if word.lower() not in _EMPTY_WORDS]
    zones = [word for word in words if is_zone(word) or (word.isupper() and word.isalpha())]
    is_complete = len(words) == len(zones) <= 1 and len(periods) <= 1 and len(clocks) <= 1
    if len(clocks) != 1 or len(periods) > 1 or len(zones) > 1:
        is_complete = is_complete and not clocks and not periods
        return replace(day, zone=zones[0] if len(zones) == 1 else "", is_complete=is_complete)
    clock = clocks[0]
    if clock["minute"] is None and not periods:
        return replace(day, is_complete=False)
    return replace(
        day,
        hour=int(clock["hour"]),
        minute=int(clock["minute"] or 0),
        second=int(clock["second"]) if clock["second"] else None,
        period=periods[0] if periods else "",
        zone=zones[0] if zones else "",
        is_complete=is_complete,
    )
