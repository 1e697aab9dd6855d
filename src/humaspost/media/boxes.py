"""An MP4 or MOV without what it tells beside pictures and sound: place, date, telephone; box by box, in place.

Nothing moves, so every picture stays where the index says: what is taken out becomes empty (``free``).
Boxes as in https://developer.apple.com/documentation/quicktime-file-format (read 2026-11-23).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

#: Boxes that hold other boxes on the way to what is told.
_INNER = (b"moov", b"trak", b"mdia")
#: User data (©xyz is the place), metadata, XMP.
_TOLD = (b"udta", b"meta", b"uuid")
_MOST_BOXES = 10_000
_CHUNK = 1 << 20
_HANDLER_AT = 8


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    at: int
    head: int
    end: int


def silence(file: BinaryIO, size: int) -> None:
    """The open file, whose length is ``size``, tells nothing but pictures and sound; raises ValueError if cut off."""
    for box in _boxes(file, 0, size):
        if box.kind in _TOLD:
            _empty(file, box)
        elif box.kind in _INNER:
            _silence_inner(file, box, depth=len(_INNER))


def _silence_inner(file: BinaryIO, outer: _Box, *, depth: int) -> None:
    for box in list(_boxes(file, outer.head, outer.end)):
        if box.kind in _TOLD or (box.kind == b"trak" and _is_told(file, box)):
            _empty(file, box)
        elif box.kind in _INNER and depth > 1:
            _silence_inner(file, box, depth=depth - 1)
        elif box.kind in (b"mvhd", b"tkhd", b"mdhd"):
            _undate(file, box)


def _is_told(file: BinaryIO, trak: _Box) -> bool:
    """Whether a track is neither seen nor heard: telephones write the place there, second by second."""
    for media in _boxes(file, trak.head, trak.end):
        if media.kind == b"mdia":
            for box in _boxes(file, media.head, media.end):
                if box.kind == b"hdlr":
                    file.seek(box.head + _HANDLER_AT)
                    return file.read(4) == b"meta"
    return False


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
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
        yield _Box(kind, at, head, at + length)
        at += length
    raise ValueError("too many boxes")


def _empty(file: BinaryIO, box: _Box) -> None:
    file.seek(box.at + 4)
    file.write(b"free")
    file.seek(box.head)
    left = box.end - box.head
    while left:
        left -= file.write(bytes(min(left, _CHUNK)))


def _undate(file: BinaryIO, box: _Box) -> None:
    """The times of making and of changing are unknown: zero, as the format has it."""
    file.seek(box.head)
    long = file.read(1) == b"\x01"
    file.seek(box.head + 4)
    file.write(bytes(16 if long else 8))
