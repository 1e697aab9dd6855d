"""What makes a video one that a channel takes: an MP4 with H.264 and AAC whose index comes first; pure."""

import secrets
from fractions import Fraction
from pathlib import Path

from humaspost.media import films
from humaspost.media.jobs import Job, within
from humaspost.media.shape import shaped
from humaspost.media.transcode import SOUND, Want
from humaspost.model.post import Film
from humaspost.model.rules import FilmRules, MediaRules

#: Bits per second of the best pictures, and of those that are still worth looking at.
BEST = 8_000_000
LEAST = 150_000
#: Cameras say 30 and 60 of 29.97 and 59.94.
_ROUNDING = 0.05
#: What is left of a size limit for the container's own bytes.
_SHARE = 0.92


class CannotConvert(Exception):
    """FFmpeg broke off, or the file cannot be as small as the channel wants it; the text says which."""

    code = "media-not-converted"


def fits(seen: films.Measured, rules: MediaRules, *, mime: str, size: int) -> bool:
    """Whether the file may be sent as it is."""
    first = seen.film.index_first or not (rules.film and rules.film.index_first)
    return first and mime in rules.mimes and size <= rules.max_bytes.value and _same(seen, rules)


def job(seen: films.Measured, rules: MediaRules, *, mime: str, size: int, target: Path) -> Job:
    """What is to be made of a video that does not fit; raises CannotConvert where that would not be worth it.

    What is already packed as the channel wants it is moved into an MP4 without touching a picture.
    """
    moved = _same(seen, rules) and size <= rules.max_bytes.value
    return Job(
        target=str(target),
        draft=str(target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.tmp")),
        mime=mime,
        want=None if moved else want(seen, rules),
        interlaced=seen.film.interlaced,
        most=int(rules.max_bytes.value),
        seconds=within(seen.duration),
    )


def want(seen: films.Measured, rules: MediaRules) -> Want:
    """What the rules make of the video; raises CannotConvert where it would not be worth looking at."""
    inside = rules.film or FilmRules()
    seconds = max(seen.duration or 0.0, 1.0)
    room = int(rules.max_bytes.value * 8 * _SHARE / seconds) - SOUND
    bits = min(BEST, room, int((inside.bit_rate or BEST * 2) * _SHARE) - SOUND)
    if bits < LEAST:
        raise CannotConvert("too large")
    one = inside.channels == 1 or seen.film.channels == 1
    return Want(
        shape=shaped(seen.width or 2, seen.height or 2, rules, step=2),
        rate=_rate(seen.film.frame_rate, inside.frame_rate),
        bits=bits,
        sample_rate=min(48_000, inside.sample_rate or 48_000),
        layout="mono" if one else "stereo",
    )


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


def _same(seen: films.Measured, rules: MediaRules) -> bool:
    """Whether pictures and sound may stay as they are."""
    inside, film = rules.film or FilmRules(), seen.film
    width, height = seen.width or 0, seen.height or 0
    shape = shaped(width, height, rules)
    return (
        (shape.canvas_width, shape.canvas_height) == (width, height)
        and (not inside.codecs or film.codec in inside.codecs)
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
        and (film.channels or 0) <= (inside.channels or 10**9)
        and film.audio_streams <= 1
    )
