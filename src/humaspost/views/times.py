"""Times in the office's own zone and language."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from humaspost.base.i18n import _, ngettext
from humaspost.base.timezones import short


def _days() -> tuple[str, ...]:
    return (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def _short_days() -> tuple[str, ...]:
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


def _months() -> tuple[str, ...]:
    first = (_("January"), _("February"), _("March"), _("April"), _("May"), _("June"))
    return (*first, _("July"), _("August"), _("September"), _("October"), _("November"), _("December"))


def _short_months() -> tuple[str, ...]:
    first = (_("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun"))
    return (*first, _("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"), _("Dec"))


#: A date of this year without its year is at most so long ago.
_RECENT = timedelta(days=60)


class TimeFormatter:
    """A formatter of times in one zone; ``now`` decides which day is today."""

    def __init__(self, zone: str, now: datetime) -> None:
        self.zone = zone
        self._info = ZoneInfo(zone)
        self.now = now

    def to_local(self, instant: datetime) -> datetime:
        """Return the time in the office's zone."""
        return instant.astimezone(self._info)

    @property
    def zone_name(self) -> str:
        """Return ``WIB``, or the zone's name elsewhere."""
        name = short(self.zone)
        return name if name != self.zone else self.to_local(self.now).tzname() or self.zone

    def format_time(self, instant: datetime) -> str:
        """Return ``08:30``; Indonesian uses ``08.30``."""
        return _("{hour:02}:{minute:02}").format(
            hour=self.to_local(instant).hour, minute=self.to_local(instant).minute
        )

    def format_seconds(self, instant: datetime) -> str:
        """Return ``08:30:01``."""
        at = self.to_local(instant)
        pattern = _("{hour:02}:{minute:02}:{second:02}")
        return pattern.format(hour=at.hour, minute=at.minute, second=at.second)

    def format_day(self, instant: datetime) -> str:
        """Return ``Wednesday 3 February``, with the year if it is not the current one."""
        at = self.to_local(instant)
        text = f"{_days()[at.weekday()]} {at.day} {_months()[at.month - 1]}"
        return text if at.year == self.to_local(self.now).year else f"{text} {at.year}"

    def format_full(self, instant: datetime) -> str:
        """Return ``Tuesday 2 February 2027, 17:12 WIB``."""
        at = self.to_local(instant)
        day = f"{_days()[at.weekday()]} {at.day} {_months()[at.month - 1]} {at.year}"
        return f"{day}, {self.format_time(instant)} {self.zone_name}"

    def format_date(self, instant: datetime) -> str:
        """Return ``Wed 3 Feb 08:30``, with the year if it is another one or long ago."""
        at = self.to_local(instant)
        text = f"{_short_days()[at.weekday()]} {at.day} {_short_months()[at.month - 1]}"
        # In November a bare 5 January reads like the coming one.
        is_recent = self.now - instant < _RECENT and at.year == self.to_local(self.now).year
        year = "" if is_recent else f" {at.year}"
        return f"{text}{year} {self.format_time(instant)}"

    def format_near(self, instant: datetime) -> str:
        """Return ``today 08:30``, ``tomorrow 08:30``, ``yesterday 08:30``, else as ``format_date``."""
        days = (self.to_local(instant).date() - self.to_local(self.now).date()).days
        words = {0: _("today {hour}"), 1: _("tomorrow {hour}"), -1: _("yesterday {hour}")}
        if days not in words:
            return self.format_date(instant)
        return words[days].format(hour=self.format_time(instant))

    def format_weekday(self, instant: datetime) -> str:
        """Return ``Wed 08:30``."""
        return f"{_short_days()[self.to_local(instant).weekday()]} {self.format_time(instant)}"


def format_duration(duration: timedelta) -> str:
    """Return the duration in its two largest units: ``15 h 18 min``, ``3 days``, ``4 s``."""
    seconds = max(0, round(duration.total_seconds()))
    days, rest = divmod(seconds, 86400)
    if days >= 2:
        return ngettext("{count} day", "{count} days", days).format(count=days)
    hours, rest = divmod(days * 86400 + rest, 3600)
    if hours:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=rest // 60)
    if rest >= 60:
        return _("{minutes} min").format(minutes=rest // 60)
    return _("{seconds} s").format(seconds=rest)
