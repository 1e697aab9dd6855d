"""The boxes of an MP4 or MOV file: one after the other, and inside each other."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MAX_BOXES = 10_000


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the file; all positions are in bytes of the file.

    The box begins at ``start``, its content at ``content_start``, and ``end`` is after its last byte.
    """

    kind: bytes
    start: int
    content_start: int
    end: int


def iterate_boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Yield each box between two positions; raise ValueError for a cut box or too many boxes."""
    position = start
    for _turn in range(_MAX_BOXES):
        if position + 8 > end:
            return
        file.seek(position)
        length, kind = struct.unpack(">I4s", file.read(8))
        head = position + 8
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
            head += 8
        length = length or end - position
        if length < head - position or position + length > end:
            raise ValueError("cut off")
        yield Box(kind, position, head, position + length)
        position += length
    raise ValueError("too many boxes")


def find_box(file: BinaryIO, parent: Box, *path: bytes) -> Box | None:
    """Return the first box at that path inside ``parent``, or None."""
    for kind in path:
        child = next(
            (box for box in iterate_boxes(file, parent.content_start, parent.end) if box.kind == kind), None
        )
        if child is None:
            return None
        parent = child
    return parent
