"""An MP4 or MOV without what it tells beside pictures and sound: place, date, telephone; box by box, in place.

Nothing moves, so every picture stays where the index says: what is taken out becomes empty (``free``).
Boxes as in https://developer.apple.com/documentation/quicktime-file-format (read 2026-11-23).
"""

from collections.abc import Iterable, Sequence
from typing import BinaryIO, cast

from humaspost.media.mp4.atoms import Box, boxes, inside
from humaspost.media.mp4.fragments import defaults, fragments, number_of
from humaspost.media.mp4.samples import samples

#: Boxes that hold other boxes on the way to what is told.
_INNER = (b"moov", b"trak", b"mdia")
#: User data (©xyz is the place), metadata, XMP, events of a stream.
_TOLD = (b"udta", b"meta", b"uuid", b"emsg")
#: Tracks of these are neither pictures nor sound; a time code (tmcd) tells nothing and is asked for by some.
_TELLING = (b"meta", b"text", b"sbtl", b"subt", b"data")
_CHUNK = 1 << 20
_HANDLER_AT = 8


def silence(file: BinaryIO, size: int) -> None:
    """The open file, whose length is ``size``, tells nothing but pictures and sound; raises ValueError if cut off."""
    whole = list(boxes(file, 0, size))
    media = [box for box in whole if box.kind == b"mdat"]
    for moov in [box for box in whole if box.kind == b"moov"]:
        # Before the tracks are gone that the fragments name.
        _silence_fragments(file, moov, [box for box in whole if box.kind == b"moof"], media)
    for box in whole:
        if box.kind in _TOLD:
            _empty(file, box)
        elif box.kind in _INNER:
            _silence_inner(file, box, media, depth=len(_INNER))


def demand_whole(file: BinaryIO, size: int) -> None:
    """``silence`` would not raise; the file stays as it is. Raises ValueError and struct.error where it would."""
    silence(cast("BinaryIO", _Untouched(file)), size)


class _Untouched:
    """A file that is read, and to which nothing comes that is written into it."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.read, self.tell = file.seek, file.read, file.tell

    def write(self, data: bytes) -> int:
        """As if it had been written."""
        return len(data)


def _silence_inner(file: BinaryIO, outer: Box, media: Sequence[Box], *, depth: int) -> None:
    for box in list(boxes(file, outer.head, outer.end)):
        if box.kind == b"trak" and _is_told(file, box):
            _empty_media(file, samples(file, box), media)
            _empty(file, box)
        elif box.kind in _TOLD:
            _empty(file, box)
        elif box.kind in _INNER and depth > 1:
            _silence_inner(file, box, media, depth=depth - 1)
        elif box.kind in (b"mvhd", b"tkhd", b"mdhd"):
            _undate(file, box)


def _silence_fragments(file: BinaryIO, moov: Box, moofs: Sequence[Box], media: Sequence[Box]) -> None:
    """Neither the fragments of a telling track are there any more, nor what says that there are any."""
    if not moofs:
        return
    traks = [box for box in boxes(file, moov.head, moov.end) if box.kind == b"trak"]
    told = {number_of(file, trak) for trak in traks if _is_told(file, trak)}
    known = defaults(file, moov)
    sizes = {number: size for number, (_box, size) in known.items()}
    found = [one for moof in moofs for one in fragments(file, moof, told, sizes)]
    _empty_media(file, (run for one in found for run in one.runs), media)
    for box in [
        *(one.traf for one in found),
        *(box for number, (box, _size) in known.items() if number in told),
    ]:
        _empty(file, box)


def _is_told(file: BinaryIO, trak: Box) -> bool:
    """Whether a track is neither seen nor heard: telephones and drones write the place there, second by second."""
    handler = inside(file, trak, b"mdia", b"hdlr")
    if handler is None:
        return False
    file.seek(handler.head + _HANDLER_AT)
    return file.read(4) in _TELLING


def _empty(file: BinaryIO, box: Box) -> None:
    file.seek(box.at + 4)
    file.write(b"free")
    _blank(file, box.head, box.end)


def _empty_media(file: BinaryIO, places: Iterable[tuple[int, int]], media: Sequence[Box]) -> None:
    """What a track tells lies among the pictures; nothing outside the media is touched, whatever its index says."""
    left = sum(box.end - box.head for box in media)
    for start, end in places:
        left -= end - start
        # No two samples lie in one place: one that says so could keep us busy for ever.
        if left < 0 or not any(box.head <= start and end <= box.end for box in media):
            raise ValueError("cut off")
        _blank(file, start, end)


def _blank(file: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    left = end - start
    while left:
        left -= file.write(bytes(min(left, _CHUNK)))


def _undate(file: BinaryIO, box: Box) -> None:
    """The times of making and of changing are unknown: zero, as the format has it."""
    file.seek(box.head)
    long = file.read(1) == b"\x01"
    file.seek(box.head + 4)
    file.write(bytes(16 if long else 8))
