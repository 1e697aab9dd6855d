"""The removal of metadata from an MP4 or MOV file: place, date and phone; in place.

No byte moves, so the index stays correct: removed boxes become empty (``free``).
Boxes as in https://developer.apple.com/documentation/quicktime-file-format (read 2026-11-23).
"""

from collections.abc import Iterable, Sequence
from typing import BinaryIO, cast

from humaspost.media.mp4.atoms import Box, find_box, iterate_boxes
from humaspost.media.mp4.fragments import sample_defaults, track_fragments, track_number
from humaspost.media.mp4.samples import sample_ranges

#: Boxes that contain the boxes with metadata.
_CONTAINER_BOXES = (b"moov", b"trak", b"mdia")
#: User data (©xyz is the place), metadata, XMP, events of a stream.
_METADATA_BOXES = (b"udta", b"meta", b"uuid", b"emsg")
#: Tracks of these handlers are neither video nor audio. A time code track (tmcd) has no private data, and
#: some programs need it.
_METADATA_HANDLERS = (b"meta", b"text", b"sbtl", b"subt", b"data")
_CHUNK = 1 << 20
_HANDLER_OFFSET = 8


def strip_metadata(file: BinaryIO, size: int) -> None:
    """Remove all metadata from the open file of length ``size``; raise ValueError if it is cut."""
    boxes = list(iterate_boxes(file, 0, size))
    media = [box for box in boxes if box.kind == b"mdat"]
    for moov in [box for box in boxes if box.kind == b"moov"]:
        # Fragments first: they name tracks that are removed below.
        _strip_fragments(file, moov, [box for box in boxes if box.kind == b"moof"], media)
    for box in boxes:
        if box.kind in _METADATA_BOXES:
            _blank_box(file, box)
        elif box.kind in _CONTAINER_BOXES:
            _strip_container(file, box, media, depth=len(_CONTAINER_BOXES))


def check_whole(file: BinaryIO, size: int) -> None:
    """Raise ValueError or struct.error if ``strip_metadata`` would; the file is not changed."""
    strip_metadata(cast("BinaryIO", _ReadOnlyFile(file)), size)


class _ReadOnlyFile:
    """A file that ignores writes."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.read, self.tell = file.seek, file.read, file.tell

    def write(self, data: bytes) -> int:
        """Return the length as if the data were written."""
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
    """Remove the fragments of metadata tracks, and the ``trex`` boxes that announce them."""
    if not moofs:
        return
    traks = [box for box in iterate_boxes(file, moov.content_start, moov.end) if box.kind == b"trak"]
    metadata_tracks = {track_number(file, trak) for trak in traks if _is_metadata_track(file, trak)}
    defaults = sample_defaults(file, moov)
    sizes = {number: size for number, (_box, size) in defaults.items()}
    fragments = [
        fragment for moof in moofs for fragment in track_fragments(file, moof, metadata_tracks, sizes)
    ]
    _blank_samples(file, (run for one in fragments for run in one.runs), media_ranges)
    for box in [
        *(one.traf for one in fragments),
        *(box for number, (box, _size) in defaults.items() if number in metadata_tracks),
    ]:
        _blank_box(file, box)


def _is_metadata_track(file: BinaryIO, trak: Box) -> bool:
    """Return True for a track without video or audio.

    Phones and drones write their position there every second.
    """
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
    """Clear a track's samples; raise ValueError if its index points outside the media data."""
    left = sum(box.end - box.content_start for box in media_ranges)
    for start, end in sample_ranges:
        left -= end - start
        # Samples do not overlap. An index with overlapping samples could keep us busy without end.
        if left < 0 or not any(box.content_start <= start and end <= box.end for box in media_ranges):
            raise ValueError("cut off")
        _blank_range(file, start, end)


def _blank_range(file: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    remaining = end - start
    while remaining:
        remaining -= file.write(bytes(min(remaining, _CHUNK)))


def _clear_dates(file: BinaryIO, box: Box) -> None:
    """Set the times of creation and modification to zero, which means unknown."""
    file.seek(box.content_start)
    is_64_bit = file.read(1) == b"\x01"
    file.seek(box.content_start + 4)
    file.write(bytes(16 if is_64_bit else 8))
