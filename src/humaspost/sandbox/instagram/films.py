"""What Instagram takes as a video: MP4 or MOV with H.264 or HEVC, of a length that fits its place."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from humaspost.sandbox.instagram.errors import refused

if TYPE_CHECKING:
    from av.container import InputContainer

MOST_BYTES = {"REELS": 300 * 1024 * 1024, "STORIES": 100 * 1024 * 1024}
#: Kind -> shortest and longest, in seconds.
LENGTHS = {"REELS": (3.0, 900.0), "STORIES": (3.0, 60.0)}
_VIDEO_CODECS = ("h264", "hevc")
_CONTAINERS = {"mp4", "mov"}


@dataclass(frozen=True, slots=True)
class Film:
    """What matters of a video."""

    seconds: float
    width: int
    height: int


def most_bytes(kind: str) -> int:
    """The largest file that a container of ``kind`` takes."""
    return MOST_BYTES.get(kind, MOST_BYTES["REELS"])


def probe(data: bytes) -> Film:
    """The video in ``data``; 352/2207026 when it is not MP4 or MOV with a codec that Instagram plays.

    Where PyAV is not installed nothing can be looked at, so every video is refused.
    """
    try:
        import av  # costs a tenth of a second, and most posts hold no video
    except ImportError as absent:
        raise refused(
            2207026, found="video, and this sandbox has no PyAV to read it, whatever its"
        ) from absent
    if data[4:8] not in (b"ftyp", b"moov", b"wide", b"mdat", b"free"):
        raise refused(2207026, found="video")
    try:
        with av.open(io.BytesIO(data), mode="r") as film:
            return _measured(film, per_second=av.time_base)
    except (av.error.FFmpegError, ValueError) as broken:
        raise refused(2207026, found="video") from broken


def _measured(film: "InputContainer", *, per_second: int) -> Film:
    streams = film.streams.video
    if not _CONTAINERS & set(film.format.name.split(",")) or not streams:
        raise refused(2207026, found="video")
    stream = streams[0]
    if stream.codec_context.name not in _VIDEO_CODECS:
        raise refused(2207026, found=stream.codec_context.name)
    seconds = float(film.duration or 0) / per_second
    return Film(seconds, stream.codec_context.width, stream.codec_context.height)


def complaint(film: Film, kind: str) -> str | None:
    """The container's error status when ``film`` is too short, too long or too wide; None when it is fine."""
    shortest, longest = LENGTHS.get(kind, LENGTHS["REELS"])
    fits = shortest <= round(film.seconds, 1) <= longest and film.width <= 1920
    return None if fits else "Error: Media upload has failed with error code 2207076"
