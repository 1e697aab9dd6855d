"""What Instagram takes as a video: MP4 or MOV with H.264 or HEVC, of a length that fits its place.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media (2026-09-11)
"""

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from humaspost.sandbox.instagram.errors import refused

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.container import InputContainer

MOST_BYTES = {"REELS": 300 * 1024 * 1024, "STORIES": 100 * 1024 * 1024}
#: Kind -> shortest and longest, in seconds.
LENGTHS = {"REELS": (3.0, 900.0), "STORIES": (3.0, 60.0)}
_VIDEO_CODECS = ("h264", "hevc")
_RATES = (23, 60)
_PIXELS = ("yuv420p", "yuvj420p")
_MOST_BITS = 25_000_000
_CONTAINERS = {"mp4", "mov"}


@dataclass(frozen=True, slots=True)
class Film:
    """What matters of a video."""

    seconds: float
    width: int
    height: int
    #: Whether it breaks a rule that holds everywhere.
    odd: bool = False


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
            found = _measured(film, per_second=av.time_base)
    except (av.error.FFmpegError, ValueError) as broken:
        raise refused(2207026, found="video") from broken
    return replace(found, odd=found.odd or not _index_first(data))


def _measured(film: "InputContainer", *, per_second: int) -> Film:
    streams = film.streams.video
    if not _CONTAINERS & set(film.format.name.split(",")) or not streams:
        raise refused(2207026, found="video")
    stream = streams[0]
    if stream.codec_context.name not in _VIDEO_CODECS:
        raise refused(2207026, found=stream.codec_context.name)
    seconds = float(film.duration or 0) / per_second
    pictures = stream.codec_context
    odd = (
        not _RATES[0] <= round(float(stream.average_rate or 0)) <= _RATES[1]
        or pictures.pix_fmt not in _PIXELS
        or (film.bit_rate or 0) > _MOST_BITS
        or not all(_takes_sound(sound.codec_context) for sound in film.streams.audio)
    )
    return Film(seconds, pictures.width, pictures.height, odd)


def _takes_sound(sound: "AudioCodecContext") -> bool:
    return sound.name == "aac" and sound.sample_rate <= 48_000 and sound.layout.nb_channels <= 2


def _index_first(data: bytes) -> bool:
    """Whether the index (moov) stands before the pictures (mdat)."""
    at = 0
    while at + 16 <= len(data):
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if name in (b"moov", b"mdat"):
            return name == b"moov"
        # A size of 1 stands for the 64-bit one that follows.
        at += max(int.from_bytes(data[at + 8 : at + 16], "big") if size == 1 else size, 8)
    return False


def complaint(film: Film, kind: str) -> str | None:
    """The container's error status when ``film`` breaks a rule of its ``kind``; None when it is fine."""
    shortest, longest = LENGTHS.get(kind, LENGTHS["REELS"])
    narrowest = 0.1 if kind == "STORIES" else 0.01
    shaped = film.width <= 1920 and narrowest <= film.width / max(film.height, 1) <= 10
    fits = shaped and shortest <= round(film.seconds, 1) <= longest
    return None if fits and not film.odd else "Error: Media upload has failed with error code 2207076"
