"""Sample positions of one track in an MP4 or MOV file, by the track's own index.

https://developer.apple.com/documentation/quicktime-file-format/sample_table_atoms (read 2026-11-26).
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from humaspost.media.mp4.atoms import Box, find_box

#: A video of two hours with a hundred samples a second has fewer.
_MAX_SAMPLES = 1_000_000


def sample_ranges(file: BinaryIO, trak: Box) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each chunk of the track, in bytes of the file.

    Raises ValueError for a broken index.
    """
    table = find_box(file, trak, b"mdia", b"minf", b"stbl")
    if table is None:
        return
    starts = _chunk_starts(file, table)
    sizes = _sample_sizes(file, table)
    first = 0
    for start, count in zip(starts, _samples_per_chunk(file, table, len(starts)), strict=True):
        chunk = sizes[first : first + count]
        if len(chunk) < count:
            raise ValueError("cut off")
        yield start, start + sum(chunk)
        first += count


def _chunk_starts(file: BinaryIO, table: Box) -> list[int]:
    short, long = find_box(file, table, b"stco"), find_box(file, table, b"co64")
    if short is not None:
        return _read_table(file, short, 4, "I")
    return _read_table(file, long, 4, "Q") if long is not None else []


def _sample_sizes(file: BinaryIO, table: Box) -> "list[int] | _UniformSizes":
    box = find_box(file, table, b"stsz")
    if box is None:
        # A sample that cannot be found cannot be removed.
        raise ValueError("cut off")
    file.seek(box.content_start + 4)
    size, count = struct.unpack(">II", _read_box(file, box, 8))
    return _UniformSizes(size, count) if size else _read_table(file, box, 8, "I")


class _UniformSizes:
    """Sample sizes that are all equal."""

    def __init__(self, size: int, count: int) -> None:
        self._size, self._count = size, count

    def __getitem__(self, index: slice) -> list[int]:
        return [self._size] * len(range(self._count)[index])


def _samples_per_chunk(file: BinaryIO, table: Box, chunks: int) -> list[int]:
    """Return the number of samples of each chunk; runs are (first chunk, samples, description)."""
    box = find_box(file, table, b"stsc")
    if box is None or not chunks:
        return [1] * chunks
    runs = _read_table(file, box, 4, "III")
    counts: list[int] = []
    for index in range(0, len(runs), 3):
        following = runs[index + 3] - 1 if index + 3 < len(runs) else chunks
        more = min(following, chunks) - len(counts)
        if more * runs[index + 1] > _MAX_SAMPLES:
            raise ValueError("too many boxes")
        counts += [runs[index + 1]] * more
    if len(counts) < chunks:
        raise ValueError("cut off")
    return counts


def _read_table(file: BinaryIO, box: Box, offset: int, row_format: str) -> list[int]:
    """Return the rows of a table whose count is ``offset`` bytes into the box."""
    file.seek(box.content_start + offset)
    (count,) = struct.unpack(">I", _read_box(file, box, 4))
    row_struct = struct.Struct(f">{row_format}")
    if count > _MAX_SAMPLES:
        raise ValueError("too many boxes")
    if count * row_struct.size > box.end - box.content_start - offset - 4:
        raise ValueError("cut off")
    return [
        number for values in row_struct.iter_unpack(file.read(count * row_struct.size)) for number in values
    ]


def _read_box(file: BinaryIO, box: Box, size: int) -> bytes:
    if file.tell() + size > box.end:
        raise ValueError("cut off")
    return file.read(size)
