"""What a video or a sound is made of, as FFmpeg reads it; nothing but its first picture is decoded."""

import struct
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from humaspost.media.image.decode import MAX_PIXELS
from humaspost.model.post import Film, Kind

if TYPE_CHECKING:  # FFmpeg costs a tenth of a second of start, and most posts hold no video
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

#: Only the demuxer of what the content is: FFmpeg knows hundreds, each a way in.
FORMATS = {
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
_MOST_BOXES = 10_000
#: Seconds of pictures that a camera itself leaves out at the beginning, at most.
_LEFT_OUT = 0.25
#: A quarter of an hour of sixty a second; one with more is looked at no further.
_MOST_PACKETS = 54_000


class BadFilm(Exception):
    """FFmpeg cannot read it; the text is FFmpeg's own."""


class TooManyPixels(Exception):
    """One picture of it has more than MAX_PIXELS; none was decoded."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the file turned out to be; a container without pictures is a sound."""

    kind: Kind
    film: Film
    width: int | None = None
    height: int | None = None
    duration: float | None = None


def measured(file: BinaryIO, mime: str) -> Measured:
    """The film's facts, its sides as a person sees them; raises BadFilm or TooManyPixels."""
    import av

    first = index_first(file) if FORMATS[mime] == "mov" else True
    file.seek(0)
    try:
        with av.open(file, mode="r", format=FORMATS[mime]) as film:
            return _measured(film, first=first, unit=av.time_base)
    except (BadFilm, TooManyPixels):
        raise
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, av.FFmpegError):
            raise  # the disk's, not the film's
        # PyAV fails in ways of its own where the file is strange; one such file must not hide the others.
        raise BadFilm(str(error) or type(error).__name__) from error


def _measured(film: "InputContainer", *, first: bool, unit: int) -> Measured:
    seconds = round(film.duration / unit, 3) if film.duration else None
    sound = _sound(film) | {"bit_rate": film.bit_rate or None, "index_first": first}
    stream = pictures_of(film)
    if stream is None:
        if not film.streams.audio:
            raise BadFilm("there is neither picture nor sound in it")
        return Measured(Kind.AUDIO, Film(**sound), duration=seconds)
    if stream.codec_context is None:
        raise BadFilm(_unknown(stream))
    if stream.width * stream.height > MAX_PIXELS:
        raise TooManyPixels
    frame = next(film.decode(stream))
    turned = round(frame.rotation) % 360 in _QUARTER_TURNS
    width, height = _shown(stream, frame)
    return Measured(
        Kind.VIDEO,
        Film(**_pictures(stream, frame), **sound, hidden=_hides(film, stream)),
        width=height if turned else width,
        height=width if turned else height,
        duration=seconds,
    )


def begin_of(film: "InputContainer", *, unit: int) -> float:
    """Seconds at which the first of its pictures and sounds begins: a piece of a longer film keeps that one's times."""
    return max(0.0, (film.start_time or 0) / unit)


def pictures_of(film: "InputContainer") -> "VideoStream | None":
    """The stream of moving pictures; the picture on the record sleeve is none."""
    from av.stream import Disposition

    moving = (s for s in film.streams.video if not s.disposition & Disposition.attached_pic)
    return next(moving, None)


def _hides(film: "InputContainer", stream: "VideoStream") -> bool:
    """Whether it holds pictures that nobody is to see, more than a camera leaves out: each is asked for, none decoded."""
    import av

    hidden = 0.0
    # Not every container can be read anew; one that is broken further on hides nothing that could be told.
    with suppress(av.FFmpegError):
        film.seek(0)
        for packet in islice(film.demux(stream), _MOST_PACKETS):
            if packet.is_discard:
                hidden += float((packet.duration or 0) * packet.time_base)
                if hidden > _LEFT_OUT:
                    return True
    return False


def _shown(stream: "VideoStream", frame: "VideoFrame") -> tuple[int, int]:
    """The sides with square pixels: old cameras store a wide picture narrow."""
    ratio = stream.sample_aspect_ratio
    return (round(frame.width * ratio) if ratio else frame.width), frame.height


def _pictures(stream: "VideoStream", frame: "VideoFrame") -> dict[str, Any]:
    rate = stream.average_rate or stream.guessed_rate
    return {
        "codec": stream.codec_context.codec.canonical_name,
        "profile": stream.codec_context.profile or "",
        "pixels": frame.format.name,
        "frame_rate": round(float(rate), 3) if rate else None,
        "frames": stream.frames or None,
        "interlaced": bool(frame.interlaced_frame),
    }


def _sound(film: "InputContainer") -> dict[str, Any]:
    if not film.streams.audio:
        return {}
    stream = film.streams.audio[0]
    context = stream.codec_context
    if context is None:
        raise BadFilm(_unknown(stream))
    return {
        "audio": context.codec.canonical_name,
        "audio_streams": len(film.streams.audio),
        "sample_rate": context.sample_rate or None,
        "channels": context.layout.nb_channels or None,
    }


def _unknown(stream: "Stream") -> str:
    """Of a codec that FFmpeg does not know, there is no more than its kind."""
    return f"its {stream.type} is of a kind that FFmpeg does not know"


def index_first(file: BinaryIO) -> bool:
    """Whether ``moov`` stands before ``mdat`` in an ISO file, as a platform that streams it wants."""
    at = 0
    for _turn in range(_MOST_BOXES):
        file.seek(at)
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
        at += length
    return False
