"""The boxes that an MP4 or MOV consists of, one behind the other and inside each other."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MOST_BOXES = 10_000


@dataclass(frozen=True, slots=True)
class Box:
    """``at`` is where it begins, ``head`` where its content does, ``end`` behind it, in bytes of the file."""

    kind: bytes
    at: int
    head: int
    end: int


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Each box between two places; raises ValueError for one that is cut off, and for too many."""
    at = start
    for _turn in range(_MOST_BOXES):
        if at + 8 > end:
            return
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        head = at + 8
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
            head += 8
        length = length or end - at
        if length < head - at or at + length > end:
            raise ValueError("cut off")
        yield Box(kind, at, head, at + length)
        at += length
    raise ValueError("too many boxes")


def inside(file: BinaryIO, outer: Box, *path: bytes) -> Box | None:
    """The first box of that path in the other one, None where there is none."""
    for kind in path:
        found = next((box for box in boxes(file, outer.head, outer.end) if box.kind == kind), None)
        if found is None:
            return None
        outer = found
    return outer
