"""The code that this process runs, by the stamps of its files.

A version says less: that of a plug-in, or of a checkout, may stay the same.
"""

import os
import sys
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from humaspost.base.file_stamp import read_stamp
from humaspost.model.channel import Channel

#: Where libraries are, before one of them (setuptools) adds folders of its own.
_LIBRARIES = tuple(sys.path)


class LoadedCode:
    """The code of humaspost, its channels and all libraries, and the time zone.

    Create one for the life of a process. Each part is noted when it is first described, and stays as it was then,
    because Python loads no file a second time.
    """

    def __init__(self) -> None:
        self._noted: dict[str, tuple[Callable[[], list[str]], list[str]]] = {}

    def describe(self, channels: Iterable[Channel], zone: str) -> list[str]:
        """Return the lines that describe the code of these channels and everything that they share."""
        modules = {"humaspost", *(type(channel).__module__ for channel in channels)}
        roots = {root for module in modules for root in _list_roots(module)}
        readers: dict[str, Callable[[], list[str]]] = {
            f"code {root}": partial(_list_stamps, root) for root in roots
        }
        readers["libraries"] = _list_distributions
        readers[f"zone {zone}"] = partial(_list_zone_files, zone)
        for name, read in readers.items():
            if name not in self._noted:
                self._noted[name] = (read, read())
        return [line for name in sorted(readers) for line in self._noted[name][1]]

    def is_on_disk(self) -> bool:
        """Return True if no file of the noted code has changed since."""
        return all(read() == lines for read, lines in self._noted.values())


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


def _list_roots(module: str) -> Iterator[Path]:
    """Yield the folders and files that have the module and its neighbours."""
    names = module.split(".")
    for length in range(1, len(names) + 1):
        package = sys.modules.get(".".join(names[:length]))
        file = getattr(package, "__file__", None)
        if file is not None:
            yield Path(file).parent if Path(file).name == "__init__.py" else Path(file)
            return
        # A namespace package has no file of its own, and may have several folders.
        yield from map(Path, getattr(package, "__path__", ()))


def _list_stamps(root: Path) -> list[str]:
    """Return the stamps of all files there: code, translations and data."""
    return sorted(_describe_stamp(path) for path in _walk(root))


def _walk(root: Path) -> Iterator[Path]:
    try:
        entries = list(os.scandir(root))
    except OSError:
        # It is a file, or in an archive, which is the file then.
        yield from (path for path in (root, *root.parents) if path.is_file())
        return
    for entry in entries:
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _walk(Path(entry.path))
        elif not entry.name.endswith(".pyc"):
            yield Path(entry.path)


def _list_zone_files(zone: str) -> list[str]:
    """Return the stamps of the office's time zone; an update replaces all zones at once."""
    return [_describe_stamp(Path(folder) / zone) for folder in zoneinfo.TZPATH]


def _describe_stamp(path: Path) -> str:
    return f"{path} {read_stamp(path).text()}"
