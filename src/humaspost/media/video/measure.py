"""The facts of a video or audio file by FFmpeg, which decodes only its first frame."""

import struct
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from humaspost.media.image.decode import MAX_PIXELS
from humaspost.model.post import MediaKind, Video

if TYPE_CHECKING:  # FFmpeg costs 0.1 s at start, and most posts have no video
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

#: Only the demuxer of the detected type: FFmpeg has hundreds, and each is an attack surface.
DEMUXERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "audio/mp4": "mov",
    "audio/ogg": "ogg",
    "audio/amr": "amr",
    "audio/aac": "aac",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "image/gif": "gif",
}
_QUARTER_TURNS = (90, 270)
_MAX_BOXES = 10_000
#: Most seconds of video that a camera itself hides at the beginning.
_MAX_HIDDEN_SECONDS = 0.25
#: Fifteen minutes at 60 frames a second; later packets are not checked.
_MAX_PACKETS = 54_000


class UnreadableVideo(Exception):
    """FFmpeg cannot read the file; the text is from FFmpeg."""


class TooManyPixels(Exception):
    """A frame has more than MAX_PIXELS; no frame was decoded."""


@dataclass(frozen=True, slots=True)
class MeasuredMedia:
    """The measured facts of a file; a container without video is audio."""

    kind: MediaKind
    video: Video
    width: int | None = None
    height: int | None = None
    duration: float | None = None


def measure(file: BinaryIO, mime: str) -> MeasuredMedia:
    """Return the file's facts, with the sides as displayed.

    Raises UnreadableVideo or TooManyPixels.
    """
    import av

    index_first = is_index_first(file) if DEMUXERS[mime] == "mov" else True
    file.seek(0)
    try:
        with av.open(file, mode="r", format=DEMUXERS[mime]) as video:
            return _measure_streams(video, index_first=index_first, unit=av.time_base)
    except (UnreadableVideo, TooManyPixels):
        raise
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, av.FFmpegError):
            raise  # an error of the disk, not of the video
        # PyAV has its own errors for strange files; one such file must not hide the others.
        raise UnreadableVideo(str(error) or type(error).__name__) from error


def _measure_streams(video: "InputContainer", *, index_first: bool, unit: int) -> MeasuredMedia:
    seconds = round(video.duration / unit, 3) if video.duration else None
    audio_stream = _audio_details(video) | {"bit_rate": video.bit_rate or None, "index_first": index_first}
    picture_stream = video_stream(video)
    if picture_stream is None:
        if not video.streams.audio:
            raise UnreadableVideo("there is neither picture nor sound in it")
        return MeasuredMedia(MediaKind.AUDIO, Video(**audio_stream), duration=seconds)
    if picture_stream.codec_context is None:
        raise UnreadableVideo(_unknown_codec(picture_stream))
    if picture_stream.width * picture_stream.height > MAX_PIXELS:
        raise TooManyPixels
    frame = next(video.decode(picture_stream))
    is_rotated = round(frame.rotation) % 360 in _QUARTER_TURNS
    width, height = _display_size(picture_stream, frame)
    return MeasuredMedia(
        MediaKind.VIDEO,
        Video(
            **_video_details(picture_stream, frame),
            **audio_stream,
            has_hidden_frames=_has_hidden_frames(video, picture_stream),
        ),
        width=height if is_rotated else width,
        height=width if is_rotated else height,
        duration=seconds,
    )


def start_time(video: "InputContainer", *, unit: int) -> float:
    """Return the seconds at which the first stream begins; above 0 in a part of a longer video."""
    return max(0.0, (video.start_time or 0) / unit)


def video_stream(video: "InputContainer") -> "VideoStream | None":
    """Return the stream of moving pictures; cover art of an audio file is not one."""
    from av.stream import Disposition

    streams = (s for s in video.streams.video if not s.disposition & Disposition.attached_pic)
    return next(streams, None)


def _has_hidden_frames(video: "InputContainer", stream: "VideoStream") -> bool:
    """Return True if the video hides more frames than a camera does; decodes no frame."""
    import av

    hidden_seconds = 0.0
    # Not every container can be read again. A container that is broken later hides nothing that could be
    # found.
    with suppress(av.FFmpegError):
        video.seek(0)
        for packet in islice(video.demux(stream), _MAX_PACKETS):
            if packet.is_discard:
                hidden_seconds += float((packet.duration or 0) * packet.time_base)
                if hidden_seconds > _MAX_HIDDEN_SECONDS:
                    return True
    return False


def _display_size(stream: "VideoStream", frame: "VideoFrame") -> tuple[int, int]:
    """Return the sides with square pixels: old cameras store a wide image narrow."""
    ratio = stream.sample_aspect_ratio
    return (round(frame.width * ratio) if ratio else frame.width), frame.height


def _video_details(stream: "VideoStream", frame: "VideoFrame") -> dict[str, Any]:
    rate = stream.average_rate or stream.guessed_rate
    return {
        "codec": stream.codec_context.codec.canonical_name,
        "profile": stream.codec_context.profile or "",
        "pixel_format": frame.format.name,
        "frame_rate": round(float(rate), 3) if rate else None,
        "frames": stream.frames or None,
        "interlaced": bool(frame.interlaced_frame),
    }


def _audio_details(video: "InputContainer") -> dict[str, Any]:
    if not video.streams.audio:
        return {}
    stream = video.streams.audio[0]
    context = stream.codec_context
    if context is None:
        raise UnreadableVideo(_unknown_codec(stream))
    return {
        "audio_codec": context.codec.canonical_name,
        "audio_streams": len(video.streams.audio),
        "sample_rate": context.sample_rate or None,
        "audio_channels": context.layout.nb_channels or None,
    }


def _unknown_codec(stream: "Stream") -> str:
    """Return the error text for a codec that FFmpeg does not know; only its kind is known."""
    return f"its {stream.type} is of a kind that FFmpeg does not know"


def is_index_first(file: BinaryIO) -> bool:
    """Return True if ``moov`` is before ``mdat`` in an ISO file, as streaming platforms need it."""
    position = 0
    for _turn in range(_MAX_BOXES):
        file.seek(position)
        header = file.read(16)
        if len(header) < 8:
            return False
        length, kind = struct.unpack(">I4s", header[:8])
        if kind in (b"moov", b"mdat"):
            return bool(kind == b"moov")
        if length == 1 and len(header) == 16:
            (length,) = struct.unpack(">Q", header[8:])
        if length < 8:
            return False
        position += length
    return False
