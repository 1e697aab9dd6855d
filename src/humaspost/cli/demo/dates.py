"""New dates for the example posts: only ``date:`` and ``expires:`` change, not their texts."""

import re
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from humaspost.base.files import atomic_write
from humaspost.base.timezones import iana

_DATE_LINE = re.compile(
    r"^(?P<key>date|expires):[ ]*(?P<day>\d{4}-\d\d-\d\d)[ T](?P<hour>\d\d)[:.](?P<minute>\d\d)"
    r"(?:[:.](?P<second>\d\d))?[ ]*(?P<zone>WIB|WITA|WIT)?[ ]*$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class DatedPost:
    """One post of the example office; a ``draft`` is never sent."""

    path: Path
    id: str
    date: datetime
    draft: bool


def read_dated_posts(folder: Path, *, zone: str = "WIB") -> list[DatedPost]:
    """Return the folder's posts by date; ``zone`` applies to dates without a zone."""
    posts = [_read_dated_post(path, zone) for path in folder.glob("*.md")]
    return sorted((post for post in posts if post), key=lambda post: (post.date, post.id))


def _read_dated_post(path: Path, zone: str) -> DatedPost | None:
    text = path.read_text("utf-8")
    match = next((m for m in _DATE_LINE.finditer(text) if m["key"] == "date"), None)
    name = re.search(r"^id:\s*(\S+)\s*$", text, re.MULTILINE)
    if match is None:
        return None
    draft = re.search(r"^draft:\s*true\s*$", text, re.MULTILINE) is not None
    return DatedPost(path, name[1] if name else path.stem, _parse_date(match, zone), draft)


def _parse_date(match: re.Match[str], zone: str) -> datetime:
    wall_time = f"{match['day']} {match['hour']}:{match['minute']}:{match['second'] or '00'}"
    info = ZoneInfo(iana(match["zone"] or zone))
    return datetime.strptime(wall_time, "%Y-%m-%d %H:%M:%S").replace(tzinfo=info)


def set_due(post: DatedPost, due: datetime, *, zone: str = "WIB") -> None:
    """Move the post to ``due`` and its expiry by the same time; save it in one step."""
    shift = due - post.date

    def replace_date(match: re.Match[str]) -> str:
        zone_name = match["zone"] or zone
        new_date = (_parse_date(match, zone) + shift).astimezone(ZoneInfo(iana(zone_name)))
        return f"{match['key']}: {new_date:%Y-%m-%d %H:%M:%S} {zone_name}"

    text = _DATE_LINE.sub(replace_date, post.path.read_text("utf-8"))
    with atomic_write(post.path, mode=stat.S_IMODE(post.path.stat().st_mode)) as out:
        out.write(text.encode())


def distribute_dates(posts: list[DatedPost], start: datetime, *, duration: timedelta) -> None:
    """Move the posts to even intervals from ``start`` on, within ``duration``, in their order."""
    step = duration / max(1, len(posts))
    for number, post in enumerate(posts):
        set_due(post, start + step * number)
