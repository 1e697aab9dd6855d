"""Times in every zone, against a search that knows nothing of ``fold``."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from humaspost.content.frontmatter.dates import InvalidDate, parse_date, plain_date
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


_NUMBERS = st.integers(0, 33).flatmap(lambda number: st.sampled_from([str(number), f"{number:02}"]))
_GAPS = st.sampled_from([" ", "  ", ", ", "\u00a0", "\u202f", "\u2009", "T"])
_SIGNS = st.sampled_from(["-", "/", ".", " ", "\u2011", "\u2013"])
_CLOCKS = st.one_of(
    st.just(""),
    st.builds("{}{}{}".format, _NUMBERS, st.sampled_from([":", ".", "\uff1a"]), st.sampled_from(["00", "30", "61"])),
    st.builds("jam {}".format, _NUMBERS),
    _NUMBERS,
)  # fmt: skip
_TAILS = st.lists(
    st.sampled_from(["WIB", "WIB.", "(WIT)", "wita", "+07:00", "PST", "Asia/Makasar", "asia/jakarta", "PM", "a.m.", "malam",
                     "pagi", "siang", "sore", "dini hari", "selesai", "s.d. 10.00", "\u200b"]),
    max_size=2,
).map(" ".join)  # fmt: skip
_MONTH_WORDS = st.one_of(
    _NUMBERS, st.sampled_from(["Februari", "february", "Mei", "Agt", "Nopember", "Des.", "Foo"])
)


@st.composite
def _made_up_dates(draw: st.DrawFn) -> str:
    """Text that looks like a date: possible, impossible, or with too much in it."""
    sign, day, month = draw(_SIGNS), draw(_NUMBERS), draw(_MONTH_WORDS)
    year = draw(st.sampled_from(["2027", "2028", "0227", "2200"]))
    order = draw(st.sampled_from([(year, month, day), (day, month, year), (month, day, year)]))
    weekday = draw(st.sampled_from(["", "Rabu, ", "Jum'at ", "Wed "]))
    return f"{weekday}{sign.join(order)}{draw(_GAPS)}{draw(_CLOCKS)} {draw(_TAILS)}".strip()


def _to_the_eye(text: str) -> str:
    """The text as a person sees it: spaces and hyphens of all kinds look the same."""
    return " ".join(text.translate(dict.fromkeys((0x2011, 0x2013), "-") | {0xFF1A: ":"}).split())


@examples(600, 3000)
@given(_made_up_dates())
def test_what_is_proposed_differs_from_what_is_written_and_leads_to_a_date(text: str) -> None:
    seen = [_to_the_eye(text)]
    found = parse_date(text, "Asia/Jakarta")
    while isinstance(found, InvalidDate) and found.replacement:
        assert found.alternative not in seen
        assert found.replacement not in seen, seen
        seen.append(found.replacement)
        found = parse_date(found.replacement, "Asia/Jakarta")
    assert len(seen) <= 3, seen
    assert not isinstance(found, InvalidDate) or found.hint


@examples(300, 1500)
@given(_made_up_dates())
def test_a_day_that_no_calendar_has_is_told_first(text: str) -> None:
    found = parse_date(text, "Asia/Jakarta")
    if isinstance(found, InvalidDate) and found.code != "date-impossible" and found.replacement:
        following = parse_date(found.replacement, "Asia/Jakarta")
        assert not isinstance(following, InvalidDate) or following.code != "date-impossible", text


@examples(300, 1500)
@given(_made_up_dates())
def test_an_hour_with_a_word_means_its_plain_form(text: str) -> None:
    found = parse_date(text, "Asia/Jakarta")
    plain = "" if isinstance(found, InvalidDate) else plain_date(text)
    if plain:
        assert plain != _to_the_eye(text)
        assert parse_date(plain, "Asia/Jakarta") == found
