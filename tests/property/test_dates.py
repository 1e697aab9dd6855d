"""Times in every zone, against a search that knows nothing of ``fold``."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from humaspost.content.frontmatter.dates import InvalidDate, parse_date
from tests.support.examples import examples

ZONES = sorted(available_timezones() - {"localtime", "posixrules", "Factory"})


def _meanings(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """Every moment at which the clocks of the zone show ``wall``: by trying all offsets near it."""
    about = wall.replace(tzinfo=UTC)
    offsets = {(about + timedelta(hours=h)).astimezone(zone).utcoffset() for h in range(-52, 53)}
    tried = (about - offset for offset in offsets if offset is not None)
    return sorted({one for one in tried if one.astimezone(zone).replace(tzinfo=None) == wall})


def _turns(zone: ZoneInfo, year: int) -> list[datetime]:
    """The local times just before each change of the zone's clocks in a year."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=6 * n) for n in range(4 * 366)]
    found = []
    for left, right in pairwise(hours):
        low, high = left, right
        if low.astimezone(zone).utcoffset() == high.astimezone(zone).utcoffset():
            continue
        while high - low > timedelta(minutes=1):
            middle = low + (high - low) // 2
            same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
            low, high = (middle, high) if same else (low, middle)
        found.append(high.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0))
    return found


def _check_instant(wall: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    when = parse_date(f"{wall:%Y-%m-%d %H:%M} {name}", "UTC")
    assert not isinstance(when, InvalidDate), (wall, name)
    meanings = _meanings(wall, zone)
    if meanings:
        assert (when.utc, when.dst_shift) == (meanings[0], "fold" if len(meanings) > 1 else None), (
            wall,
            name,
        )
        return
    gap = when.utc.astimezone(zone).replace(tzinfo=None) - wall
    before, after = (
        (when.utc + delta).astimezone(zone).utcoffset() for delta in (timedelta(days=-2), timedelta(days=2))
    )
    assert when.dst_shift == "gap", (wall, name)
    assert gap > timedelta(0), (wall, name)
    assert before is not None
    assert after is not None
    assert gap == after - before, (wall, name)


@examples(75, 300)
@given(
    st.sampled_from(ZONES),
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2037, 12, 31)),
)
def test_any_time_in_any_zone(name: str, wall: datetime) -> None:
    _check_instant(wall.replace(second=0, microsecond=0), name)


@examples(20, 60)
@given(st.sampled_from(ZONES), st.integers(2020, 2030), st.integers(-90, 90))
def test_times_around_every_change_of_the_clocks(name: str, year: int, minutes: int) -> None:
    for turn in _turns(ZoneInfo(name), year):
        _check_instant(turn + timedelta(minutes=minutes), name)


def test_every_zone_has_a_name_that_is_read() -> None:
    for name in ZONES:
        assert not isinstance(parse_date(f"2027-02-03 08:30 {name}", "UTC"), InvalidDate), name
