"""Conversion jobs of a video, GIF or audio file, passed to a child process as JSON."""

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from humaspost.media.geometry import Geometry
from humaspost.media.video.measure import MeasuredMedia
from humaspost.media.video.transcode import EncodingSettings

#: Seconds for any conversion, plus seconds for each second of the video: an old computer is four times
#: slower.
_BASE_SECONDS = 60.0
_SECONDS_PER_SECOND = 10.0
#: Seconds, and the share of a video, by which a header may be wrong about its duration.
_DURATION_TOLERANCE, _DURATION_TOLERANCE_SHARE = 1.0, 0.02
#: Most seconds of any job, even if the header claims a longer video.
MAX_SECONDS = 30 * 60.0


@dataclass(frozen=True, slots=True)
class ConversionJob:
    """A conversion of standard input into ``target``, written to ``draft`` beside it first.

    ``mime`` is the source's type. With ``can_remux`` the streams are copied unchanged if the result fits; otherwise
    ``encoding`` is used, and None means that no encoding is worth it. ``loops`` is how often the frames are repeated.
    The result has at most ``max_bytes``, and is ready within ``timeout`` seconds. ``duration_range`` (seconds) and
    ``frame_rate_range`` (frames a second) are (least, most); None means any. The result lasts about
    ``expected_duration`` seconds like the source, as this is what was approved.
    """

    target: str
    draft: str
    mime: str
    can_remux: bool
    encoding: EncodingSettings | None
    interlaced: bool
    loops: int
    max_bytes: int
    timeout: float
    duration_range: tuple[float, float] | None = None
    frame_rate_range: tuple[float, float] | None = None
    expected_duration: float | None = None


def find_mismatch(measured: MeasuredMedia, job: ConversionJob) -> str:
    """Return the reason why the result does not fit the channel, in a few words, or ""."""
    if (
        job.duration_range
        and not job.duration_range[0] <= (measured.duration or 0.0) <= job.duration_range[1]
    ):
        return f"it would last {measured.duration} s"
    if (
        job.expected_duration
        and abs((measured.duration or 0.0) - job.expected_duration)
        > _DURATION_TOLERANCE + _DURATION_TOLERANCE_SHARE * job.expected_duration
    ):
        return f"it would last {measured.duration} s, not {job.expected_duration} s"
    rate = measured.video.frame_rate
    if (
        job.frame_rate_range
        and rate is not None
        and not job.frame_rate_range[0] <= rate <= job.frame_rate_range[1]
    ):
        return f"it would have {rate} frames a second"
    return ""


def time_limit(duration: float | None) -> float:
    """Return the seconds allowed for the conversion of a video of this duration."""
    return min(MAX_SECONDS, _BASE_SECONDS + _SECONDS_PER_SECOND * (duration or 0.0))


def to_json(job: ConversionJob) -> str:
    """Return the job as JSON; ``from_json`` is its inverse."""
    return json.dumps(asdict(job), default=str)


def from_json(text: str) -> ConversionJob:
    """Return the job that ``to_json`` wrote."""
    data = json.loads(text)
    if (encoding := data["encoding"]) is not None:
        geometry = Geometry(**encoding["geometry"]) if encoding["geometry"] else None
        data["encoding"] = EncodingSettings(
            **{**encoding, "geometry": geometry, "frame_rate": Fraction(encoding["frame_rate"])}
        )
    for key in ("duration_range", "frame_rate_range"):
        data[key] = tuple(data[key]) if data[key] else None
    return ConversionJob(**data)


def target_path(job: ConversionJob) -> Path:
    """Return the path of the result."""
    return Path(job.target)
