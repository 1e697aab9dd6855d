"""The short names of Indonesia's zones."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import humaspost
from humaspost.base.timezones import INDONESIA, iana, short


def test_every_short_name_is_what_the_zone_calls_itself() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert {now.astimezone(ZoneInfo(zone)).tzname() for zone in INDONESIA.values()} == set(INDONESIA)
    assert all(now.astimezone(ZoneInfo(iana(name))).tzname() == name for name in INDONESIA)


def test_there_and_back() -> None:
    assert [iana(name) for name in ("WIB", "WITA", "WIT")] == [
        "Asia/Jakarta",
        "Asia/Makassar",
        "Asia/Jayapura",
    ]
    assert [short(iana(name)) for name in ("WIB", "WITA", "WIT", "Europe/Berlin")] == [
        "WIB",
        "WITA",
        "WIT",
        "Europe/Berlin",
    ]
    assert iana("wib") == "wib", "who takes small letters says so"


def test_no_other_module_has_its_own_map() -> None:
    source = Path(humaspost.__file__).parent
    pairs = re.compile(r"\"WITA\": \"Asia|\"Asia/Makassar\": \"WITA")
    found = [path for path in source.rglob("*.py") if pairs.search(path.read_text("utf-8"))]
    assert [path.name for path in found if "sandbox" not in path.parts] == ["timezones.py"]
