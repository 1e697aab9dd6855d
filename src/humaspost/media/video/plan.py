"""What makes a video, a GIF or a sound one that a channel takes: H.264 and AAC in an MP4, AAC in an M4A; pure."""

import math
from fractions import Fraction
from pathlib import Path

from humaspost.base.files import draft_of
from humaspost.media.geometry import shaped
from humaspost.media.video import measure
from humaspost.media.video.job import Job, within
from humaspost.media.video.transcode import SOUND, Want
from humaspost.model.post import Film, Kind
from humaspost.model.rules import FilmRules, MediaRules

#: Bits per second of the best pictures, and of those that are still worth looking at.
BEST = 8_000_000
LEAST = 150_000
#: Bits per second of a voice that is still understood.
LEAST_SOUND = 32_000
#: Pictures of a GIF a second: each is shown for so long as it says.
_OF_A_GIF = 25.0
#: Cameras say 30 and 60 of 29.97 and 59.94.
_ROUNDING = 0.05
#: What is left of a size limit for the container's own bytes.
_SHARE = 0.92


class CannotConvert(Exception):
    """FFmpeg broke off, or the file cannot be as small as the channel wants it; the text says which."""

    code = "media-not-converted"


def fits(seen: measure.Measured, rules: MediaRules, *, mime: str, size: int) -> bool:
    """Whether the file may be sent as it is."""
    first = seen.film.index_first or not (rules.film and rules.film.index_first)
    if seen.film.hidden:
        return False
    heard = seen.kind is Kind.AUDIO and _sounds_same(seen.film, rules.film or FilmRules())
    return first and mime in rules.mimes and size <= rules.max_bytes.value and (heard or _same(seen, rules))


def job(seen: measure.Measured, rules: MediaRules, *, mime: str, size: int, target: Path) -> Job:
    """What is to be made of a file that does not fit; raises CannotConvert where that would not be worth it.

    What is already packed as the channel wants it is moved without touching a picture. A GIF is looped until it
    lasts as long as the channel's shortest video.
    """
    moves = _same(seen, rules) and size <= rules.max_bytes.value
    loops = _loops(seen, rules)
    frames = rules.film.frame_rate if rules.film else None
    return Job(
        target=str(target),
        draft=str(draft_of(target)),
        mime=mime,
        moves=moves,
        want=_instead(seen, rules) if moves else want(seen, rules),
        interlaced=seen.film.interlaced,
        loops=loops,
        most=int(rules.max_bytes.value),
        seconds=within((seen.duration or 0.0) * loops),
        lasts=rules.duration,
        about=seen.duration * loops if seen.duration else None,
        rate=(frames[0] - _ROUNDING, frames[1] + _ROUNDING) if frames else None,
    )


def _instead(seen: measure.Measured, rules: MediaRules) -> Want | None:
    """What is made of a film that could not be moved after all."""
    try:
        return want(seen, rules)
    except CannotConvert:
        return None


def want(seen: measure.Measured, rules: MediaRules) -> Want:
    """What the rules make of it; raises CannotConvert where it would not be worth looking at, or hearing."""
    inside = rules.film or FilmRules()
    seconds = max((seen.duration or 0.0) * _loops(seen, rules), 1.0)
    room = int(rules.max_bytes.value * 8 * _SHARE / seconds)
    bits = min(BEST, room - SOUND, int((inside.bit_rate or BEST * 2) * _SHARE) - SOUND)
    shown = seen.kind is not Kind.AUDIO
    if (bits < LEAST) if shown else (room < LEAST_SOUND):
        raise CannotConvert("too large")
    one = inside.channels == 1 or seen.film.channels == 1
    return Want(
        shape=shaped(seen.width or 2, seen.height or 2, rules, step=2) if shown else None,
        rate=_rate(_own_rate(seen.film), inside.frame_rate),
        bits=bits,
        sample_rate=min(48_000, inside.sample_rate or 48_000),
        layout="mono" if one else "stereo",
        sound=min(SOUND, room),
    )


def _loops(seen: measure.Measured, rules: MediaRules) -> int:
    if seen.film.codec != "gif" or not seen.duration or not rules.duration:
        return 1
    return math.ceil(rules.duration[0] / seen.duration) or 1


def _own_rate(film: Film) -> float | None:
    return max(film.frame_rate or 0.0, _OF_A_GIF) if film.codec == "gif" else film.frame_rate


def _rate(found: float | None, allowed: tuple[float, float] | None) -> Fraction:
    """Frames a second: its own, a whole part of it where that is too many, a whole multiple where too few."""
    own = Fraction(found or 30.0).limit_denominator(1001)
    if allowed is None:
        return min(own, Fraction(60))
    least, most = allowed[0] - _ROUNDING, allowed[1] + _ROUNDING
    if own > most:
        return own / -(-own // Fraction(allowed[1]))
    if own < least:
        more = own * -(-Fraction(allowed[0]) // own)
        return more if more <= most else Fraction(allowed[0])
    return own


def _same(seen: measure.Measured, rules: MediaRules) -> bool:
    """Whether pictures and sound may stay as they are."""
    inside, film = rules.film or FilmRules(), seen.film
    if seen.kind is Kind.AUDIO:
        return film.audio == "aac" and _sounds_same(film, inside)
    if film.codec == "gif" or film.hidden:
        return False
    width, height = seen.width or 0, seen.height or 0
    shape = shaped(width, height, rules)
    return (
        (shape.canvas_width, shape.canvas_height) == (width, height)
        and (not inside.codecs or film.codec in inside.codecs)
        and (not inside.profiles or film.profile in inside.profiles)
        and (not inside.pixels or (film.pixels in inside.pixels and not film.interlaced))
        and (inside.bit_rate is None or (film.bit_rate or 0) <= inside.bit_rate)
        and _rate(film.frame_rate, inside.frame_rate)
        == Fraction(film.frame_rate or 30).limit_denominator(1001)
        and _sounds_same(film, inside)
    )


def _sounds_same(film: Film, inside: FilmRules) -> bool:
    return not film.audio or (
        (not inside.audio or film.audio in inside.audio)
        and (film.sample_rate or 0) <= (inside.sample_rate or 10**9)
        and (film.channels or 0) <= (1 if film.audio in inside.mono else inside.channels or 10**9)
        and film.audio_streams <= 1
    )
