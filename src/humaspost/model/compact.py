"""Problems, times and media facts as short JSON lists, in the order of their fields."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.model.post import MediaFacts, MediaKind, PublishTime, Video
from humaspost.model.problem import Position, Problem, Severity


def pack_problem(problem: Problem) -> list[Json]:
    """Return the problem as JSON; ``unpack_problem`` is the inverse."""
    at = problem.position
    position: list[Json] | None = [at.line, at.column, at.length] if at else None
    return [
        problem.code,
        problem.message,
        problem.hint,
        problem.file,
        position,
        problem.field,
        problem.channel,
        problem.severity.value,
        problem.text,
    ]


def unpack_problem(data: Sequence[Any]) -> Problem:
    """Return the problem that ``pack_problem`` packed."""
    code, message, hint, file, position, field, channel, severity, text = data
    at = Position(*position) if position else None
    return Problem(code, message, hint, file, at, field, channel, Severity(severity), text)


def pack_time(time: PublishTime | None) -> list[Json] | None:
    """Return the time as JSON; ``unpack_time`` is the inverse."""
    return [time.local_time, time.zone, time.utc.isoformat(), time.dst_shift] if time else None


def unpack_time(data: Sequence[Any] | None) -> PublishTime | None:
    """Return the time that ``pack_time`` packed."""
    if data is None:
        return None
    local_time, zone, utc, dst_shift = data
    return PublishTime(local_time, zone, datetime.fromisoformat(utc), dst_shift)


def pack_facts(facts: MediaFacts) -> list[Json]:
    """Return the facts as JSON; ``unpack_facts`` is the inverse."""
    video: list[Json] | None = [getattr(facts.video, name) for name in _VIDEO] if facts.video else None
    return [
        facts.kind.value,
        facts.mime,
        facts.sha256,
        facts.size,
        facts.width,
        facts.height,
        facts.duration,
        video,
    ]


def unpack_facts(data: Sequence[Any]) -> MediaFacts:
    """Return the facts that ``pack_facts`` packed."""
    kind, mime, digest, size, width, height, duration, video = data
    streams = Video(*video) if video else None
    return MediaFacts(MediaKind(kind), mime, digest, size, width, height, duration, streams)


_VIDEO = Video.__match_args__
