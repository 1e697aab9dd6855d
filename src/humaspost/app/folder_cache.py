"""The cache of what was read in the posts folder: posts, facts of media, renditions."""

import hashlib
import os
import sys
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import humaspost
from humaspost.base import i18n
from humaspost.base.file_stamp import read_stamp
from humaspost.base.stamped_cache import StampedCache
from humaspost.model.channel import Channel
from humaspost.settings.settings import Settings

FILE = "posts.cache"
#: The sections of the file.
PARSED, MEDIA, PLANNED = "parsed", "media", "planned"
#: Where libraries are, before one of them (setuptools) adds folders of its own.
_LIBRARIES = tuple(sys.path)


def create_cache(settings: Settings, channels: Callable[[], Iterable[Channel]]) -> StampedCache:
    """Return the cache of the office; it reads its file at the first use."""
    return StampedCache(settings.state / FILE, basis=lambda: describe_basis(settings, channels()))


def delete(state: Path) -> None:
    """Delete the cache of the state folder; what the posts folder still has is read again."""
    (state / FILE).unlink(missing_ok=True)


def describe_basis(settings: Settings, channels: Iterable[Channel]) -> str:
    """Return a word for all that a plan depends on, but the files and the accounts' statuses.

    These are the settings, the language, the time zones, and the code: of humaspost, of its channels and of
    all libraries.
    """
    parts = [
        humaspost.__version__,
        sys.version,
        i18n.language(),
        repr((settings, settings.digest)),
        *_list_distributions(),
        *_list_sources(channels),
        *_list_zones(settings.timezone),
    ]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _list_distributions() -> list[str]:
    """Return every installed distribution with its version, as the names of folders have it."""
    names: set[str] = set()
    for folder in _LIBRARIES:
        try:
            entries = os.listdir(folder or ".")  # noqa: PTH208 - names alone, of thousands of entries
        except OSError:
            continue
        names.update(name for name in entries if name.endswith((".dist-info", ".egg-info")))
    return sorted(names)


def _list_sources(channels: Iterable[Channel]) -> list[str]:
    """Return the stamps of the code of humaspost and its plug-ins, which may have no version."""
    packages = {
        "humaspost",
        *(type(channel).__module__.partition(".")[0] for channel in channels),
    }
    lines: list[str] = []
    for package in sorted(packages):
        file = getattr(sys.modules.get(package), "__file__", None)
        if file is not None:
            path = Path(file)
            lines += sorted(_list_stamps(path.parent) if path.name == "__init__.py" else [_stamp(path)])
    return lines


def _list_stamps(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _list_stamps(Path(entry.path))
            elif entry.name.endswith((".py", ".mo")):
                yield _stamp(Path(entry.path))


def _list_zones(zone: str) -> list[str]:
    """Return the stamps of the office's time zone; an update replaces all zones at once."""
    return [_stamp(Path(folder) / zone) for folder in zoneinfo.TZPATH]


def _stamp(path: Path) -> str:
    return f"{path} {read_stamp(path).text()}"
