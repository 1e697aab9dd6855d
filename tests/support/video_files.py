"""Films and sounds for tests, made by FFmpeg on the spot: small, short, and as wrong as a test wants."""

import struct
from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
from PIL import Image


@cache
def video_file(
    size: tuple[int, int] = (64, 64),
    *,
    seconds: float = 1.0,
    rate: int = 10,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    audio: str = "",
    sample_rate: int = 44_100,
    layout: str = "stereo",
    container: str = "mp4",
    first: bool = False,
    comment: str = "",
    ground: str = "navy",
    begin: tuple[float, float] = (0.0, 0.0),
    fragments: bool = False,
) -> bytes:
    """A film of one moving square; ``audio`` names its sound's codec, ``first`` = the index comes first.

    ``comment`` is what a telephone tells beside the pictures; ``ground`` the colour on which the square moves.
    ``fragments`` = as browsers and OBS record it. ``begin`` is when pictures and sound begin, in seconds; a sound that does not begin at 0 is a tone.
    """
    with TemporaryDirectory() as folder:
        # A file, not a buffer: FFmpeg opens it once more to bring the index to its front.
        path = Path(folder, "a")
        options = {"movflags": "+faststart"} if first else {}
        if fragments:
            options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
        with av.open(path, "w", format=container, options=options) as out:
            if comment:
                out.metadata["comment"] = comment
            quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
            pictures = out.add_stream(codec, rate=rate, options=quiet)
            pictures.width, pictures.height, pictures.pix_fmt = *size, pixels
            sound = out.add_stream(audio, rate=sample_rate, layout=layout) if audio else None
            for number in range(round(seconds * rate)):
                frame = av.VideoFrame.from_image(_picture(size, number, ground))
                frame.pts, frame.time_base = number + round(begin[0] * rate), Fraction(1, rate)
                out.mux(pictures.encode(frame))
            out.mux(pictures.encode())
            if sound is not None:
                _write_silence(out, sound, seconds, begin=begin[1])
        return path.read_bytes()


def trimmed(data: bytes, *, seconds: int = 1) -> bytes:
    """The same film with an edit list that begins so much later: what a telephone makes of it that cuts a film."""
    at = data.index(b"elst")
    count, length, begin = struct.unpack(">III", data[at + 8 : at + 20])
    assert count == 1
    with av.open(BytesIO(data)) as opened:
        ticks = round(seconds / opened.streams.video[0].time_base)
    entry = struct.pack(">III", count, length - seconds * 1000, begin + ticks)
    return data[: at + 8] + entry + data[at + 20 :]


def hdr(level: int, *, seconds: float = 1.0) -> bytes:
    """A film as new telephones take it: ten bits, HLG in the colours of BT.2100, all of one grey.

    ``level`` is its luma in ten bits, 64 to 940; the white of a sheet of paper is 721 there.
    """
    data = BytesIO()
    with av.open(data, "w", format="mp4") as out:
        pictures = out.add_stream("libx265", rate=25, options={"x265-params": "log-level=none"})
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p10le"
        context = pictures.codec_context
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = 9, 18, 9, 1
        for _number in range(round(seconds * 25)):
            frame = av.VideoFrame(64, 64, "yuv420p10le")
            for plane, value in zip(frame.planes, (level, 512, 512), strict=True):
                plane.update(value.to_bytes(2, "little") * (plane.buffer_size // 2))
            out.mux(pictures.encode(frame))
        out.mux(pictures.encode())
    return data.getvalue()


@cache
def audio_file(
    codec: str = "aac",
    *,
    container: str = "adts",
    seconds: float = 1.0,
    sample_rate: int = 48_000,
    layout: str = "mono",
) -> bytes:
    """A sound of silence."""
    data = BytesIO()
    with av.open(data, "w", format=container) as out:
        # FFmpeg's own Vorbis is good enough for silence, and says so.
        options = {"strict": "experimental"} if codec == "vorbis" else {}
        _write_silence(out, out.add_stream(codec, rate=sample_rate, layout=layout, options=options), seconds)
    return data.getvalue()


def _picture(size: tuple[int, int], number: int, ground: str) -> Image.Image:
    image = Image.new("RGB", size, ground)
    side = max(1, min(size) // 4)
    at = number % side
    image.paste("orange", (at, at, at + side, at + side))
    return image


def _write_silence(out: Any, stream: Any, seconds: float, *, begin: float = 0.0) -> None:
    context = stream.codec_context
    size = context.frame_size or 1024
    for number in range(max(1, round(seconds * context.sample_rate / size))):
        frame = av.AudioFrame(format=context.format.name, layout=context.layout.name, samples=size)
        for plane in frame.planes:
            tone = struct.pack("<16f", *[0.25] * 8, *[-0.25] * 8) * plane.buffer_size
            plane.update(tone[: plane.buffer_size] if begin else bytes(plane.buffer_size))
        frame.sample_rate, frame.pts = context.sample_rate, number * size + round(begin * context.sample_rate)
        out.mux(stream.encode(frame))
    out.mux(stream.encode())
