"""Instagram's rules for videos: MP4 or MOV with H.264 or HEVC, and a duration per kind.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media (2026-09-11)
"""

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from humaspost.sandbox.instagram.errors import subcode_error

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.container import InputContainer

MAX_BYTES = {"REELS": 300 * 1024 * 1024, "STORIES": 100 * 1024 * 1024}
#: Kind -> shortest and longest duration, in seconds.
DURATIONS = {"REELS": (3.0, 900.0), "STORIES": (3.0, 60.0)}
_VIDEO_CODECS = ("h264", "hevc")
_FRAME_RATES = (23, 60)
_PIXEL_FORMATS = ("yuv420p", "yuvj420p")
_MAX_BIT_RATE = 25_000_000
_CONTAINERS = {"mp4", "mov"}


@dataclass(frozen=True, slots=True)
class VideoDetails:
    """The properties of a video that the rules use."""

    seconds: float
    width: int
    height: int
    #: True if the video breaks a rule that applies to every kind.
    breaks_rule: bool = False


def max_bytes_for(kind: str) -> int:
    """Return the size of the largest file that a container of ``kind`` accepts."""
    return MAX_BYTES.get(kind, MAX_BYTES["REELS"])


def probe_video(data: bytes) -> VideoDetails:
    """Return the details of the video in ``data``.

    Raise 352/2207026 unless it is MP4 or MOV with a codec that Instagram plays. Without PyAV
    the sandbox cannot read a video, so it refuses every one.
    """
    try:
        import av  # imported late: it costs 0.1 s, and most posts have no video
    except ImportError as absent:
        raise subcode_error(
            2207026, found="video, and this sandbox has no PyAV to read it, whatever its"
        ) from absent
    if data[4:8] not in (b"ftyp", b"moov", b"wide", b"mdat", b"free"):
        raise subcode_error(2207026, found="video")
    try:
        with av.open(io.BytesIO(data), mode="r") as container:
            video = _measure(container, per_second=av.time_base)
    except (av.error.FFmpegError, ValueError) as broken:
        raise subcode_error(2207026, found="video") from broken
    return replace(video, breaks_rule=video.breaks_rule or not _is_index_first(data))


def _measure(container: "InputContainer", *, per_second: int) -> VideoDetails:
    streams = container.streams.video
    if not _CONTAINERS & set(container.format.name.split(",")) or not streams:
        raise subcode_error(2207026, found="video")
    stream = streams[0]
    if stream.codec_context.name not in _VIDEO_CODECS:
        raise subcode_error(2207026, found=stream.codec_context.name)
    seconds = float(container.duration or 0) / per_second
    video_stream = stream.codec_context
    breaks_rule = (
        not _FRAME_RATES[0] <= round(float(stream.average_rate or 0)) <= _FRAME_RATES[1]
        or video_stream.pix_fmt not in _PIXEL_FORMATS
        or (container.bit_rate or 0) > _MAX_BIT_RATE
        or not all(_is_valid_audio(audio_stream.codec_context) for audio_stream in container.streams.audio)
    )
    return VideoDetails(seconds, video_stream.width, video_stream.height, breaks_rule)


def _is_valid_audio(audio_stream: "AudioCodecContext") -> bool:
    return (
        audio_stream.name == "aac"
        and audio_stream.sample_rate <= 48_000
        and audio_stream.layout.nb_channels <= 2
    )


def _is_index_first(data: bytes) -> bool:
    """Return True if the index (moov) is before the frames (mdat)."""
    position = 0
    while position + 16 <= len(data):
        size, name = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8]
        if name in (b"moov", b"mdat"):
            return name == b"moov"
        # A size of 1 means that a 64-bit size follows.
        position += max(int.from_bytes(data[position + 8 : position + 16], "big") if size == 1 else size, 8)
    return False


def status_error(video: VideoDetails, kind: str) -> str | None:
    """Return the container's error status if ``video`` breaks a rule of its ``kind``, or None."""
    min_duration, max_duration = DURATIONS.get(kind, DURATIONS["REELS"])
    min_ratio = 0.1 if kind == "STORIES" else 0.01
    has_valid_ratio = video.width <= 1920 and min_ratio <= video.width / max(video.height, 1) <= 10
    has_valid_duration = has_valid_ratio and min_duration <= round(video.seconds, 1) <= max_duration
    return (
        None
        if has_valid_duration and not video.breaks_rule
        else "Error: Media upload has failed with error code 2207076"
    )
