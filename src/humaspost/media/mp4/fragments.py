"""Where the samples of tracks lie in a film that is stored in fragments, as recorders of a screen write it.

Movie fragments (moof, traf, tfhd, trun) as in ISO/IEC 14496-12:2015, 8.8.
"""

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from humaspost.media.mp4.atoms import Box, boxes, inside

#: Samples of one run; a fragment holds seconds.
_MOST = 1_000_000
#: Flags of tfhd: what stands in it, in this order, and what the offsets are counted from.
_BASE, _DESCRIPTION, _DURATION, _SIZE = 0x1, 0x2, 0x8, 0x10
_FROM_MOOF = 0x20000
#: Flags of trun: its offset, the flags of its first sample; of each sample its duration, size, flags and composition time.
_OFFSET, _FIRST = 0x1, 0x4
_EACH_SIZE, _EACH = 0x200, (0x100, 0x200, 0x400, 0x800)


@dataclass(frozen=True, slots=True)
class Fragment:
    """One track's part of a fragment: its box, and (start, end) of each of its runs, in bytes of the file."""

    traf: Box
    runs: tuple[tuple[int, int], ...]


def number_of(file: BinaryIO, trak: Box) -> int:
    """The number by which fragments name the track; 0 = none does."""
    header = inside(file, trak, b"tkhd")
    if header is None:
        return 0
    file.seek(header.head)
    long = _read(file, header, 4)[0] == 1
    return int(struct.unpack(">I", _read(file, header, 20 if long else 12)[-4:])[0])


def defaults(file: BinaryIO, moov: Box) -> dict[int, tuple[Box, int]]:
    """By the number of each track its ``trex``, and the size of its samples where nothing else is said."""
    found = {}
    extends = inside(file, moov, b"mvex")
    for box in list(boxes(file, extends.head, extends.end)) if extends else []:
        if box.kind == b"trex":
            file.seek(box.head)
            _, number, _description, _duration, size, _flags = struct.unpack(">6I", _read(file, box, 24))
            found[number] = (box, size)
    return found


def fragments(
    file: BinaryIO, moof: Box, tracks: Collection[int], sizes: dict[int, int]
) -> Iterator[Fragment]:
    """What a ``moof`` has of these tracks; raises ValueError where it is broken. ``sizes`` as in ``defaults``."""
    base = moof.at
    for traf in [box for box in boxes(file, moof.head, moof.end) if box.kind == b"traf"]:
        head = inside(file, traf, b"tfhd")
        if head is None:
            raise ValueError("cut off")
        number, base, size = _header(file, head, moof.at, base, sizes)
        runs: list[tuple[int, int]] = []
        for box in [box for box in boxes(file, traf.head, traf.end) if box.kind == b"trun"]:
            start = runs[-1][1] if runs else base
            runs.append(_run(file, box, base, start, size))
        if number in tracks:
            yield Fragment(traf, tuple(runs))
        # Without a base of its own the next track begins where this one ends.
        base = runs[-1][1] if runs else base


def _header(file: BinaryIO, box: Box, moof: int, before: int, sizes: dict[int, int]) -> tuple[int, int, int]:
    """The track, what its offsets are counted from, and the size of a sample that does not tell its own."""
    file.seek(box.head)
    flags, number = struct.unpack(">II", _read(file, box, 8))
    flags &= 0xFFFFFF
    base, size = moof if flags & _FROM_MOOF else before, sizes.get(number, 0)
    if flags & _BASE:
        (base,) = struct.unpack(">Q", _read(file, box, 8))
    for flag in (_DESCRIPTION, _DURATION):
        if flags & flag:
            _read(file, box, 4)
    if flags & _SIZE:
        (size,) = struct.unpack(">I", _read(file, box, 4))
    return number, base, size


def _run(file: BinaryIO, box: Box, base: int, start: int, size: int) -> tuple[int, int]:
    file.seek(box.head)
    flags, count = struct.unpack(">II", _read(file, box, 8))
    if count > _MOST:
        raise ValueError("too many boxes")
    if flags & _OFFSET:
        start = base + struct.unpack(">i", _read(file, box, 4))[0]
    if flags & _FIRST:
        _read(file, box, 4)
    if not flags & _EACH_SIZE:
        return start, start + count * size
    columns = sum(bool(flags & flag) for flag in _EACH)
    at = bool(flags & _EACH[0])
    rows = struct.Struct(f">{columns}I").iter_unpack(_read(file, box, 4 * columns * count))
    return start, start + sum(row[at] for row in rows)


def _read(file: BinaryIO, box: Box, size: int) -> bytes:
    if file.tell() + size > box.end:
        raise ValueError("cut off")
    return file.read(size)
