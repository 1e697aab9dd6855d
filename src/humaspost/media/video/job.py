"""What a child process is to make of a video, a GIF or a sound, as text that it is started with."""

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from humaspost.media.geometry import Geometry
from humaspost.media.video.measure import MeasuredMedia
from humaspost.media.video.transcode import EncodingSettings

#: Seconds that any conversion may take, and more for each second of the film: an old computer is four times slower.
_BASE_SECONDS = 60.0
_SECONDS_PER_SECOND = 10.0
#: Seconds, and the part of a film, by which a header may be wrong about its length.
_DURATION_TOLERANCE, _DURATION_TOLERANCE_SHARE = 1.0, 0.02
#: None takes longer than this, whatever its header says of its length.
MAX_SECONDS = 30 * 60.0


@dataclass(frozen=True, slots=True)
class ConversionJob:
    """Standard input → ``target``, by way of ``draft`` beside it.

    ``mime`` is the source's. ``can_remux`` = pictures and sound are moved as they are where that gives a file
    that fits. ``encoding`` is what is made of them else; None = nothing worth it. ``loops`` = its pictures are
    shown so many times. At most ``max_bytes`` come out, within ``timeout`` seconds. ``duration_range`` and
    ``frame_rate_range`` are (least, most) seconds and pictures a second of what comes out; None = any.
    ``expected_duration`` is the source's, about which it lasts: that is what was approved.
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
    """What keeps the channel from taking what came out, in a few words; empty = nothing."""
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
    """How many seconds a conversion may take whose film lasts so many."""
    return min(MAX_SECONDS, _BASE_SECONDS + _SECONDS_PER_SECOND * (duration or 0.0))


def to_json(job: ConversionJob) -> str:
    """The job as text; ``from_json`` is its inverse."""
    return json.dumps(asdict(job), default=str)


def from_json(text: str) -> ConversionJob:
    """The job that ``to_json`` wrote."""
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
    """Where the result will lie."""
    return Path(job.target)
