"""What a child process is to make of a video, a GIF or a sound, as text that it is started with."""

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from humaspost.media.geometry import Shape
from humaspost.media.video.measure import Measured
from humaspost.media.video.transcode import Want

#: Seconds that any conversion may take, and more for each second of the film: an old computer is four times slower.
_ANYWAY = 60.0
_EACH = 10.0
#: Seconds, and the part of a film, by which a header may be wrong about its length.
_NEARLY, _PART = 1.0, 0.02
#: None takes longer than this, whatever its header says of its length.
MOST = 30 * 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """Standard input → ``target``, by way of ``draft`` beside it.

    ``mime`` is the source's. ``moves`` = pictures and sound are moved as they are where that gives a file that
    fits, ``want`` what is made of them else; None = nothing worth it. ``loops`` = its pictures are shown so many
    times. ``most`` bytes come out, in at most ``seconds``; what comes out ``lasts`` (least, most) seconds with
    ``rate`` (least, most) pictures in each, None = any; and ``about`` as long as the source, which is what was approved.
    """

    target: str
    draft: str
    mime: str
    moves: bool
    want: Want | None
    interlaced: bool
    loops: int
    most: int
    seconds: float
    lasts: tuple[float, float] | None = None
    rate: tuple[float, float] | None = None
    about: float | None = None


def misfit(seen: Measured, job: Job) -> str:
    """What keeps the channel from taking what came out, in a few words; empty = nothing."""
    if job.lasts and not job.lasts[0] <= (seen.duration or 0.0) <= job.lasts[1]:
        return f"it would last {seen.duration} s"
    if job.about and abs((seen.duration or 0.0) - job.about) > _NEARLY + _PART * job.about:
        return f"it would last {seen.duration} s, not {job.about} s"
    rate = seen.film.frame_rate
    if job.rate and rate is not None and not job.rate[0] <= rate <= job.rate[1]:
        return f"it would have {rate} frames a second"
    return ""


def within(duration: float | None) -> float:
    """How many seconds a conversion may take whose film lasts so many."""
    return min(MOST, _ANYWAY + _EACH * (duration or 0.0))


def written(job: Job) -> str:
    """The job as text; ``read`` is its inverse."""
    return json.dumps(asdict(job), default=str)


def read(text: str) -> Job:
    """The job that ``written`` wrote."""
    data = json.loads(text)
    if (want := data["want"]) is not None:
        shape = Shape(**want["shape"]) if want["shape"] else None
        data["want"] = Want(**{**want, "shape": shape, "rate": Fraction(want["rate"])})
    for key in ("lasts", "rate"):
        data[key] = tuple(data[key]) if data[key] else None
    return Job(**data)


def target_of(job: Job) -> Path:
    """Where the result will lie."""
    return Path(job.target)
