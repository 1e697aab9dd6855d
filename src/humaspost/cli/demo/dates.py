"""The example posts, moved in time: their texts stay, only `date:` and `expires:` change."""

import re
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from humaspost.base.files import written
from humaspost.base.timezones import iana

_LINE = re.compile(
    r"^(?P<key>date|expires):[ ]*(?P<day>\d{4}-\d\d-\d\d)[ T](?P<hour>\d\d)[:.](?P<minute>\d\d)"
    r"(?:[:.](?P<second>\d\d))?[ ]*(?P<zone>WIB|WITA|WIT)?[ ]*$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Dated:
    """One post of the example office; ``draft`` = it is not sent whatever its date."""

    path: Path
    id: str
    date: datetime
    draft: bool


def dated(folder: Path, *, zone: str = "WIB") -> list[Dated]:
    """The folder's posts by date; ``zone`` is for dates that name none."""
    posts = [_dated(path, zone) for path in folder.glob("*.md")]
    return sorted((post for post in posts if post), key=lambda post: (post.date, post.id))


def _dated(path: Path, zone: str) -> Dated | None:
    text = path.read_text("utf-8")
    match = next((m for m in _LINE.finditer(text) if m["key"] == "date"), None)
    name = re.search(r"^id:\s*(\S+)\s*$", text, re.MULTILINE)
    if match is None:
        return None
    draft = re.search(r"^draft:\s*true\s*$", text, re.MULTILINE) is not None
    return Dated(path, name[1] if name else path.stem, _moment(match, zone), draft)


def _moment(match: re.Match[str], zone: str) -> datetime:
    wall = f"{match['day']} {match['hour']}:{match['minute']}:{match['second'] or '00'}"
    info = ZoneInfo(iana(match["zone"] or zone))
    return datetime.strptime(wall, "%Y-%m-%d %H:%M:%S").replace(tzinfo=info)


def move(post: Dated, to: datetime, *, zone: str = "WIB") -> None:
    """The post is due at ``to``, its expiry as long after that as before; saved in one step."""
    by = to - post.date

    def moved(match: re.Match[str]) -> str:
        named = match["zone"] or zone
        at = (_moment(match, zone) + by).astimezone(ZoneInfo(iana(named)))
        return f"{match['key']}: {at:%Y-%m-%d %H:%M:%S} {named}"

    text = _LINE.sub(moved, post.path.read_text("utf-8"))
    with written(post.path, mode=stat.S_IMODE(post.path.stat().st_mode)) as out:
        out.write(text.encode())


def spread(posts: list[Dated], start: datetime, *, over: timedelta) -> None:
    """The posts are due one after the other from ``start``, within ``over``, in the order of their dates."""
    step = over / max(1, len(posts))
    for number, post in enumerate(posts):
        move(post, start + step * number)
