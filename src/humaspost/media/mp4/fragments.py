"""Sample positions of tracks in a fragmented video, as screen recorders write it.

Movie fragments (moof, traf, tfhd, trun) as in ISO/IEC 14496-12:2015, 8.8.
"""

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from humaspost.media.mp4.atoms import Box, find_box, iterate_boxes

#: Samples of one run; a fragment has a few seconds.
_MAX_SAMPLES = 1_000_000
#: Flags of tfhd: its fields, in this order, and the base of its offsets.
_HAS_BASE_OFFSET, _HAS_DESCRIPTION, _HAS_DURATION, _HAS_SIZE = 0x1, 0x2, 0x8, 0x10
_BASE_IS_MOOF = 0x20000
#: Flags of trun: its offset and the flags of its first sample; then duration, size, flags and composition
#: time of each sample.
_HAS_DATA_OFFSET, _HAS_FIRST_FLAGS = 0x1, 0x4
_HAS_SAMPLE_SIZE, _SAMPLE_FIELDS = 0x200, (0x100, 0x200, 0x400, 0x800)


@dataclass(frozen=True, slots=True)
class TrackFragment:
    """One track's part of a fragment: its box, and (start, end) of each run in bytes."""

    traf: Box
    runs: tuple[tuple[int, int], ...]


def track_number(file: BinaryIO, trak: Box) -> int:
    """Return the number by which fragments name the track; 0 if no fragment does."""
    header = find_box(file, trak, b"tkhd")
    if header is None:
        return 0
    file.seek(header.content_start)
    is_64_bit = _read_box(file, header, 4)[0] == 1
    return int(struct.unpack(">I", _read_box(file, header, 20 if is_64_bit else 12)[-4:])[0])


def sample_defaults(file: BinaryIO, moov: Box) -> dict[int, tuple[Box, int]]:
    """Return the ``trex`` box and the default sample size of each track, by track number."""
    defaults = {}
    extends = find_box(file, moov, b"mvex")
    for box in list(iterate_boxes(file, extends.content_start, extends.end)) if extends else []:
        if box.kind == b"trex":
            file.seek(box.content_start)
            _, number, _description, _duration, size, _flags = struct.unpack(">6I", _read_box(file, box, 24))
            defaults[number] = (box, size)
    return defaults


def track_fragments(
    file: BinaryIO, moof: Box, tracks: Collection[int], sizes: dict[int, int]
) -> Iterator[TrackFragment]:
    """Yield the parts of a ``moof`` box for these tracks; raise ValueError if it is broken.

    ``sizes`` are the default sample sizes by track number, as in ``sample_defaults``.
    """
    base = moof.start
    for traf in [box for box in iterate_boxes(file, moof.content_start, moof.end) if box.kind == b"traf"]:
        head = find_box(file, traf, b"tfhd")
        if head is None:
            raise ValueError("cut off")
        number, base, size = _read_header(file, head, moof.start, base, sizes)
        runs: list[tuple[int, int]] = []
        for box in [box for box in iterate_boxes(file, traf.content_start, traf.end) if box.kind == b"trun"]:
            start = runs[-1][1] if runs else base
            runs.append(_read_run(file, box, base, start, size))
        if number in tracks:
            yield TrackFragment(traf, tuple(runs))
        # Without its own base, the next track begins where this one ends.
        base = runs[-1][1] if runs else base


def _read_header(
    file: BinaryIO, box: Box, moof: int, before: int, sizes: dict[int, int]
) -> tuple[int, int, int]:
    """Return the track number, the base of its offsets, and the default size of its samples."""
    file.seek(box.content_start)
    flags, number = struct.unpack(">II", _read_box(file, box, 8))
    flags &= 0xFFFFFF
    base, size = moof if flags & _BASE_IS_MOOF else before, sizes.get(number, 0)
    if flags & _HAS_BASE_OFFSET:
        (base,) = struct.unpack(">Q", _read_box(file, box, 8))
    for flag in (_HAS_DESCRIPTION, _HAS_DURATION):
        if flags & flag:
            _read_box(file, box, 4)
    if flags & _HAS_SIZE:
        (size,) = struct.unpack(">I", _read_box(file, box, 4))
    return number, base, size


def _read_run(file: BinaryIO, box: Box, base: int, start: int, size: int) -> tuple[int, int]:
    file.seek(box.content_start)
    flags, count = struct.unpack(">II", _read_box(file, box, 8))
    if count > _MAX_SAMPLES:
        raise ValueError("too many boxes")
    if flags & _HAS_DATA_OFFSET:
        start = base + struct.unpack(">i", _read_box(file, box, 4))[0]
    if flags & _HAS_FIRST_FLAGS:
        _read_box(file, box, 4)
    if not flags & _HAS_SAMPLE_SIZE:
        return start, start + count * size
    columns = sum(bool(flags & flag) for flag in _SAMPLE_FIELDS)
    offset = bool(flags & _SAMPLE_FIELDS[0])
    rows = struct.Struct(f">{columns}I").iter_unpack(_read_box(file, box, 4 * columns * count))
    return start, start + sum(row[offset] for row in rows)


def _read_box(file: BinaryIO, box: Box, size: int) -> bytes:
    if file.tell() + size > box.end:
        raise ValueError("cut off")
    return file.read(size)
