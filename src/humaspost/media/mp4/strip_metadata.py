"""An MP4 or MOV without what it tells beside pictures and sound: place, date, telephone; box by box, in place.

Nothing moves, so every picture stays where the index says: what is taken out becomes empty (``free``).
Boxes as in https://developer.apple.com/documentation/quicktime-file-format (read 2026-11-23).
"""

from collections.abc import Iterable, Sequence
from typing import BinaryIO, cast

from humaspost.media.mp4.atoms import Box, find_box, iterate_boxes
from humaspost.media.mp4.fragments import sample_defaults, track_fragments, track_number
from humaspost.media.mp4.samples import sample_ranges

#: Boxes that hold other boxes on the way to what is told.
_CONTAINER_BOXES = (b"moov", b"trak", b"mdia")
#: User data (©xyz is the place), metadata, XMP, events of a stream.
_METADATA_BOXES = (b"udta", b"meta", b"uuid", b"emsg")
#: Tracks of these are neither pictures nor sound; a time code (tmcd) tells nothing and is asked for by some.
_METADATA_HANDLERS = (b"meta", b"text", b"sbtl", b"subt", b"data")
_CHUNK = 1 << 20
_HANDLER_OFFSET = 8


def strip_metadata(file: BinaryIO, size: int) -> None:
    """The open file, whose length is ``size``, tells nothing but pictures and sound; raises ValueError if cut off."""
    is_whole = list(iterate_boxes(file, 0, size))
    media = [box for box in is_whole if box.kind == b"mdat"]
    for moov in [box for box in is_whole if box.kind == b"moov"]:
        # Before the tracks are gone that the fragments name.
        _strip_fragments(file, moov, [box for box in is_whole if box.kind == b"moof"], media)
    for box in is_whole:
        if box.kind in _METADATA_BOXES:
            _blank_box(file, box)
        elif box.kind in _CONTAINER_BOXES:
            _strip_container(file, box, media, depth=len(_CONTAINER_BOXES))


def check_whole(file: BinaryIO, size: int) -> None:
    """Raise ValueError or struct.error where ``strip_metadata`` would; the file stays as it is."""
    strip_metadata(cast("BinaryIO", _ReadOnlyFile(file)), size)


class _ReadOnlyFile:
    """A file that is read, and to which nothing comes that is written into it."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.read, self.tell = file.seek, file.read, file.tell

    def write(self, data: bytes) -> int:
        """As if it had been written."""
        return len(data)


def _strip_container(file: BinaryIO, container: Box, media_ranges: Sequence[Box], *, depth: int) -> None:
    for box in list(iterate_boxes(file, container.content_start, container.end)):
        if box.kind == b"trak" and _is_metadata_track(file, box):
            _blank_samples(file, sample_ranges(file, box), media_ranges)
            _blank_box(file, box)
        elif box.kind in _METADATA_BOXES:
            _blank_box(file, box)
        elif box.kind in _CONTAINER_BOXES and depth > 1:
            _strip_container(file, box, media_ranges, depth=depth - 1)
        elif box.kind in (b"mvhd", b"tkhd", b"mdhd"):
            _clear_dates(file, box)


def _strip_fragments(file: BinaryIO, moov: Box, moofs: Sequence[Box], media_ranges: Sequence[Box]) -> None:
    """Neither the fragments of a telling track are there any more, nor what says that there are any."""
    if not moofs:
        return
    traks = [box for box in iterate_boxes(file, moov.content_start, moov.end) if box.kind == b"trak"]
    metadata_tracks = {track_number(file, trak) for trak in traks if _is_metadata_track(file, trak)}
    track_numbers = sample_defaults(file, moov)
    sizes = {number: size for number, (_box, size) in track_numbers.items()}
    fragment = [
        fragment_part
        for moof in moofs
        for fragment_part in track_fragments(file, moof, metadata_tracks, sizes)
    ]
    _blank_samples(file, (run for one in fragment for run in one.runs), media_ranges)
    for box in [
        *(one.traf for one in fragment),
        *(box for number, (box, _size) in track_numbers.items() if number in metadata_tracks),
    ]:
        _blank_box(file, box)


def _is_metadata_track(file: BinaryIO, trak: Box) -> bool:
    """Whether a track is neither seen nor heard: telephones and drones write the place there, second by second."""
    handler = find_box(file, trak, b"mdia", b"hdlr")
    if handler is None:
        return False
    file.seek(handler.content_start + _HANDLER_OFFSET)
    return file.read(4) in _METADATA_HANDLERS


def _blank_box(file: BinaryIO, box: Box) -> None:
    file.seek(box.start + 4)
    file.write(b"free")
    _blank_range(file, box.content_start, box.end)


def _blank_samples(
    file: BinaryIO, sample_ranges: Iterable[tuple[int, int]], media_ranges: Sequence[Box]
) -> None:
    """What a track tells lies among the pictures; nothing outside the media is touched, whatever its index says."""
    left = sum(box.end - box.content_start for box in media_ranges)
    for start, end in sample_ranges:
        left -= end - start
        # No two samples lie in one place: one that says so could keep us busy for ever.
        if left < 0 or not any(box.content_start <= start and end <= box.end for box in media_ranges):
            raise ValueError("cut off")
        _blank_range(file, start, end)


def _blank_range(file: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    remaining = end - start
    while remaining:
        remaining -= file.write(bytes(min(remaining, _CHUNK)))


def _clear_dates(file: BinaryIO, box: Box) -> None:
    """The times of making and of changing are unknown: zero, as the format has it."""
    file.seek(box.content_start)
    is_64_bit = file.read(1) == b"\x01"
    file.seek(box.content_start + 4)
    file.write(bytes(16 if is_64_bit else 8))
