"""A file of values that were made from other files, each with the stamp of its source.

One line per value: checksum, section, key, stamp and the value as JSON. The last line of a key counts.
"""

import json
import os
import stat
import time
import zlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar

from humaspost.base.files import atomic_write

#: A folder with fewer values is read as quickly as its cache.
MIN_VALUES = 100
_T = TypeVar("_T")
_HEADER = b"humaspost cache 1 "
#: `json.loads` looks for the encoding of each text first.
_decode = json.JSONDecoder().raw_decode
_DAMAGED = (ValueError, TypeError, LookupError, AttributeError)


class CacheSection:
    """The values of one kind, by key."""

    def __init__(
        self,
        load: Callable[[], dict[str, tuple[str, bytes]]],
        *,
        is_writable: Callable[[], bool],
        clock_ns: Callable[[], int],
    ) -> None:
        self._load = load
        #: Returns the time (epoch) to note before a source is read.
        self.clock_ns = clock_ns
        self._is_writable = is_writable
        self._stored: dict[str, tuple[str, bytes]] | None = None
        self._stamps: dict[str, str] = {}
        self.changes: dict[str, tuple[str, bytes] | None] = {}

    def __len__(self) -> int:
        return len(self._stamps)

    def take(self, key: str, stamp: str, decode: Callable[[Any], _T]) -> _T | None:
        """Hand over the value of the key, or None if it was not made from this stamp.

        The caller keeps the value: the next call for it returns None. The file keeps it too.
        """
        stored = self._load_once().pop(key, None)
        if stored is None or stored[0] != stamp:
            return None
        try:
            return decode(_decode(stored[1].decode())[0])
        except _DAMAGED:
            return None

    def put(
        self, key: str, stamp: str, value: _T, *, encode: Callable[[_T], object], decode: Callable[[Any], _T]
    ) -> None:
        """Keep the value, unless it does not come back equal from JSON."""
        self._load_once()
        if not self._is_writable():
            return
        try:
            text = json.dumps(encode(value), separators=(",", ":")).encode()
            is_equal = decode(json.loads(text)) == value
        except _DAMAGED:
            is_equal = False
        if is_equal:
            self.changes[key] = (stamp, text)
            self._stamps[key] = stamp
        else:
            self.discard(key)

    def __iter__(self) -> Iterator[str]:
        self._load_once()
        return iter(self._stamps)

    def discard(self, key: str) -> None:
        """Forget the value of the key."""
        self._load_once().pop(key, None)
        if self._stamps.pop(key, None) is not None:
            self.changes[key] = None

    def retain(self, keys: Collection[str]) -> None:
        """Forget the values of all other keys."""
        self._load_once()
        for key in [key for key in self._stamps if key not in keys]:
            self.discard(key)

    def _load_once(self) -> dict[str, tuple[str, bytes]]:
        if self._stored is None:
            self._stored = self._load()
            self._stamps = {key: stamp for key, (stamp, _text) in self._stored.items()}
        return self._stored


class StampedCache:
    """The sections of one file.

    A file of another ``basis`` or owner counts as empty, and so does a damaged line. ``basis`` returns a word for
    everything that the values depend on besides their sources; it is called once. Nothing is written while
    ``is_current`` returns False: the word does not say any more what this process does. The file is a copy of what
    other files say, so it may be deleted at any time.
    """

    def __init__(
        self,
        path: Path,
        *,
        basis: Callable[[], str],
        is_current: Callable[[], bool] = lambda: True,
        min_values: int = MIN_VALUES,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._clock_ns = clock_ns
        self._path = path
        self._get_basis = basis
        self._is_current = is_current
        self._basis = ""
        self._min_values = min_values
        self._is_own: bool | None = None
        self._loaded: dict[str, dict[str, tuple[str, bytes]]] | None = None
        self._sections: dict[str, CacheSection] = {}
        #: Lines in the file, or None where the file does not count.
        self._lines: int | None = None

    def section(self, name: str) -> CacheSection:
        """Return the section of that name."""
        if name not in self._sections:
            self._sections[name] = CacheSection(
                lambda: self._take(name), is_writable=self._is_own_folder, clock_ns=self._clock_ns
            )
        return self._sections[name]

    @property
    def basis(self) -> str:
        """Return the word for everything that the values depend on besides their sources."""
        self._basis = self._basis or self._get_basis()
        return self._basis

    def save(self) -> None:
        """Write what changed; a disk that refuses costs the next process time and nothing else."""
        sections = self._sections
        changes = sum(len(section.changes) for section in sections.values())
        count = sum(len(section) for section in sections.values())
        if not changes or (self._lines is None and count < self._min_values):
            return
        try:
            if self._is_current():
                self._write(changes, count)
        except FileNotFoundError:
            self._lines = None  # somebody deleted it: the next save makes another
        except OSError:
            return
        for section in sections.values():
            section.changes.clear()

    def _write(self, changes: int, count: int) -> None:
        if self._lines is None or self._lines + changes > 2 * count + self._min_values:
            self._rewrite()
        else:
            self._append(changes)

    def _take(self, name: str) -> dict[str, tuple[str, bytes]]:
        if self._loaded is None:
            self._loaded = self._read()
        return self._loaded.pop(name, {})

    def _read(self) -> dict[str, dict[str, tuple[str, bytes]]]:
        values: dict[str, dict[str, tuple[str, bytes]]] = {}
        self._lines = None
        try:
            raw = self._read_bytes()
        except OSError:
            return values
        head, _newline, body = raw.partition(b"\n")
        if head != self._header():
            return values
        self._lines = 0
        for line in body.split(b"\n"):
            self._lines += 1
            for name, key, stamp, text in _parse_line(line):
                entries = values.setdefault(name, {})
                if text:
                    entries[key] = (stamp, text)
                else:
                    entries.pop(key, None)
        return values

    def _read_bytes(self) -> bytes:
        """Return the content of a file that nobody but this user could write; raise OSError."""
        handle = os.open(
            self._path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        )
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or not _is_private(status):
                raise PermissionError(self._path)
            return file.read()

    def _header(self) -> bytes:
        return _HEADER + self.basis.encode()

    def _is_own_folder(self) -> bool:
        # What root writes into somebody's folder could not be opened by its owner.
        if self._is_own is None:
            try:
                status = self._path.parent.stat()
            except OSError:
                return False  # it may be made yet
            self._is_own = os.name != "posix" or status.st_uid == os.geteuid()
        return self._is_own

    def _rewrite(self) -> None:
        # The draft comes first: whoever deletes drafts and file for good deletes the old lines with them.
        with atomic_write(self._path) as file:
            values = self._read() if self._lines is not None else {}
            for name, section in self._sections.items():
                entries = values.setdefault(name, {})
                for key, change in section.changes.items():
                    if change is None:
                        entries.pop(key, None)
                    else:
                        entries[key] = change
            lines = [_format_line(name, key, value) for name in values for key, value in values[name].items()]
            file.write(b"\n".join([self._header(), *lines]))
        self._lines = len(lines)

    def _append(self, changes: int) -> None:
        lines = [
            _format_line(name, key, change)
            for name, section in self._sections.items()
            for key, change in section.changes.items()
        ]
        handle = os.open(self._path, os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(handle, "r+b", buffering=0) as file:
            head = self._header() + b"\n"
            if not _is_private(os.fstat(handle)) or file.read(len(head)) != head:
                self._lines = None  # another process wrote a file of its own: the next save replaces it
                return
            # The line break comes first: a process that died may have written half a line.
            file.write(b"".join(b"\n" + line for line in lines))
        self._lines = (self._lines or 0) + changes


def _is_private(status: os.stat_result) -> bool:
    return os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & 0o077)


def _format_line(section: str, key: str, value: tuple[str, bytes] | None) -> bytes:
    stamp, text = value or ("", b"")
    line = b"\t".join([section.encode(), json.dumps(key).encode(), stamp.encode(), text])
    return b"%08x\t%b" % (zlib.crc32(line), line)


def _parse_line(line: bytes) -> Iterator[tuple[str, str, str, bytes]]:
    """Yield section, key, stamp and value of a whole line; nothing for a damaged one."""
    checksum, _tab, rest = line.partition(b"\t")
    if b"%08x" % zlib.crc32(rest) == checksum:
        section, key, stamp, text = rest.split(b"\t")
        # Most names need no escape, and 20,000 are quicker without the parser.
        name = json.loads(key) if b"\\" in key else key[1:-1].decode()
        yield section.decode(), name, stamp.decode(), text
