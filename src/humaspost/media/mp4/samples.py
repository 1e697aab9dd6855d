"""Where the samples of one track lie in an MP4 or MOV, by the track's own index.

https://developer.apple.com/documentation/quicktime-file-format/sample_table_atoms (read 2026-11-26).
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from humaspost.media.mp4.atoms import Box, inside

#: A film of two hours, told of a hundred times a second, has less.
_MOST = 1_000_000


def samples(file: BinaryIO, trak: Box) -> Iterator[tuple[int, int]]:
    """(start, end) of each of the track's chunks, in bytes of the file; raises ValueError for a broken index."""
    table = inside(file, trak, b"mdia", b"minf", b"stbl")
    if table is None:
        return
    starts = _starts(file, table)
    sizes = _sizes(file, table)
    first = 0
    for start, count in zip(starts, _counts(file, table, len(starts)), strict=True):
        chunk = sizes[first : first + count]
        if len(chunk) < count:
            raise ValueError("cut off")
        yield start, start + sum(chunk)
        first += count


def _starts(file: BinaryIO, table: Box) -> list[int]:
    short, long = inside(file, table, b"stco"), inside(file, table, b"co64")
    if short is not None:
        return _numbers(file, short, 4, "I")
    return _numbers(file, long, 4, "Q") if long is not None else []


def _sizes(file: BinaryIO, table: Box) -> "list[int] | _Same":
    box = inside(file, table, b"stsz")
    if box is None:
        # What cannot be found cannot be taken out.
        raise ValueError("cut off")
    file.seek(box.head + 4)
    size, count = struct.unpack(">II", _read(file, box, 8))
    return _Same(size, count) if size else _numbers(file, box, 8, "I")


class _Same:
    """Samples that are all of one size."""

    def __init__(self, size: int, count: int) -> None:
        self._size, self._count = size, count

    def __getitem__(self, which: slice) -> list[int]:
        return [self._size] * len(range(self._count)[which])


def _counts(file: BinaryIO, table: Box, chunks: int) -> list[int]:
    """How many samples each chunk has: runs of (first chunk, samples in each, description)."""
    box = inside(file, table, b"stsc")
    if box is None or not chunks:
        return [1] * chunks
    runs = _numbers(file, box, 4, "III")
    counts: list[int] = []
    for at in range(0, len(runs), 3):
        following = runs[at + 3] - 1 if at + 3 < len(runs) else chunks
        more = min(following, chunks) - len(counts)
        if more * runs[at + 1] > _MOST:
            raise ValueError("too many boxes")
        counts += [runs[at + 1]] * more
    if len(counts) < chunks:
        raise ValueError("cut off")
    return counts


def _numbers(file: BinaryIO, box: Box, at: int, kinds: str) -> list[int]:
    """The rows of a table whose count stands ``at`` bytes into the box."""
    file.seek(box.head + at)
    (count,) = struct.unpack(">I", _read(file, box, 4))
    row = struct.Struct(f">{kinds}")
    if count > _MOST:
        raise ValueError("too many boxes")
    if count * row.size > box.end - box.head - at - 4:
        raise ValueError("cut off")
    return [number for values in row.iter_unpack(file.read(count * row.size)) for number in values]


def _read(file: BinaryIO, box: Box, size: int) -> bytes:
    if file.tell() + size > box.end:
        raise ValueError("cut off")
    return file.read(size)
