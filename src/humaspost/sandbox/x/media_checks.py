"""Detection of the real type of uploaded bytes, and X's limits for it.

Limits: https://docs.x.com/x-api/media/introduction and quickstart/best-practices, read 2026-08-22.
"""

import io
import warnings
from dataclasses import dataclass

import av
from PIL import Image

#: Pillow reports a phone's JPEG with an embedded preview as MPO.
_IMAGES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_GIF = {"GIF": "image/gif"}
_MAX_PIXELS = 100_000_000

#: Category family -> largest file in bytes.
MAX_BYTES = {
    "image": 5 * 1024 * 1024,
    "gif": 15 * 1024 * 1024,
    "video": 512 * 1024 * 1024,
    "subtitles": 512 * 1024,
}


@dataclass(frozen=True, slots=True)
class ProbedMedia:
    """A probed media file; ``error`` is the reason why X would refuse it while processing."""

    type: str
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    error: str | None = None


def family_of(category: str) -> str:
    """Return the family whose limits apply: image, gif, video or subtitles."""
    for name in ("image", "gif", "video", "subtitles"):
        if name in category:
            return name
    raise ValueError(category)


def probe_media(data: bytes, kind: str) -> ProbedMedia | None:
    """Return the probed media of one family, or None if the bytes are of another kind."""
    if kind == "subtitles":
        return _probe_subtitles(data)
    return _probe_video(data) if kind == "video" else _probe_image(data, is_animated=kind == "gif")


def _probe_image(data: bytes, *, is_animated: bool) -> ProbedMedia | None:
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as image:
            warnings.simplefilter("error")
            image_format = (_GIF if is_animated else _IMAGES).get(image.format or "")
            width, height = image.size
            if image_format is None or width * height > _MAX_PIXELS:
                return None
            frames = getattr(image, "n_frames", 1)
            image.load()
    except (OSError, SyntaxError, ValueError, Warning, Image.DecompressionBombError):
        return None
    return ProbedMedia(
        image_format, width, height, error=_gif_error(width, height, frames) if is_animated else None
    )


def _gif_error(width: int, height: int, frames: int) -> str | None:
    if width > 1280 or height > 1080:
        return "a GIF is at most 1280x1080"
    if frames > 350 or width * height * frames > 300_000_000:
        return "a GIF has at most 350 frames and 300 million pixels in all"
    return None


def _probe_video(data: bytes) -> ProbedMedia | None:
    if data[4:8] != b"ftyp" and data[:4] != b"\x1aE\xdf\xa3" and data[:1] != b"G":
        return None
    kind = "video/mp4" if data[4:8] == b"ftyp" else "video/webm" if data[:1] == b"\x1a" else "video/mp2t"
    if data[8:12] == b"qt  ":
        kind = "video/quicktime"
    try:
        with av.open(io.BytesIO(data), mode="r") as container:
            if not container.streams.video:
                return ProbedMedia(kind, error="there are no pictures in it")
            stream = container.streams.video[0]
            seconds = (container.duration or 0) / av.time_base
            codecs = {s.codec_context.name for s in container.streams if s.type in ("video", "audio")}
            error = _video_error(
                stream.width, stream.height, seconds, float(stream.average_rate or 0), codecs
            )
            return ProbedMedia(kind, stream.width, stream.height, int(seconds * 1000), error)
    except av.FFmpegError:
        return ProbedMedia(kind, error="the file cannot be read as video")


def _video_error(width: int, height: int, seconds: float, rate: float, codecs: set[str]) -> str | None:
    violations = {
        "a video lasts 0.5 to 140 seconds": not 0.5 <= seconds <= 140,
        "a video is 32x32 to 1280x1024, either way up": not (
            32 <= min(width, height) <= 1024 and max(width, height) <= 1280
        ),
        "a video's sides are 1:3 to 3:1": max(width, height) > 3 * min(width, height),
        "a video has at most 60 frames a second": rate > 60.5,
        "a video is H.264 with AAC": not codecs <= {"h264", "aac"},
    }
    return next((rule for rule, is_broken in violations.items() if is_broken), None)


def _probe_subtitles(data: bytes) -> ProbedMedia | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if text.startswith("WEBVTT"):
        return ProbedMedia("text/vtt")
    return ProbedMedia("text/srt") if "-->" in text else None
