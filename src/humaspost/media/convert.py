"""A video as a channel takes it: an MP4 with H.264 and AAC whose index comes first, and nothing else in it."""

import os
import secrets
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from humaspost.media import films
from humaspost.media.shape import shaped
from humaspost.media.transcode import SOUND, Want, transcoded
from humaspost.model.post import Film
from humaspost.model.rules import FilmRules, MediaRules

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

#: Bits per second of the best pictures, and of those that are still worth looking at.
BEST = 8_000_000
LEAST = 150_000
#: Cameras say 30 and 60 of 29.97 and 59.94.
_ROUNDING = 0.05
#: What is left of a size limit for the container's own bytes.
_SHARE = 0.92
#: No date, no program's name: the same film always comes out with the same bytes.
_MUXER = {"movflags": "+faststart", "use_editlist": "0", "fflags": "+bitexact"}


class CannotConvert(Exception):
    """FFmpeg broke off, or the file cannot be as small as the channel wants it; the text says which."""


def fits(seen: films.Measured, rules: MediaRules, *, mime: str, size: int) -> bool:
    """Whether the file may be sent as it is."""
    first = seen.film.index_first or not (rules.film and rules.film.index_first)
    return first and mime in rules.mimes and size <= rules.max_bytes.value and _same(seen, rules)


def convert(file: BinaryIO, seen: films.Measured, rules: MediaRules, *, mime: str, target: Path) -> None:
    """``target`` holds the video as the channel takes it; raises CannotConvert and OSError.

    What is already packed as the channel wants it is moved into an MP4 without touching a picture.
    """
    import av

    draft = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.tmp")
    try:
        file.seek(0)
        with (
            av.open(file, mode="r", format=films.FORMATS[mime]) as source,
            av.open(draft, "w", format="mp4", options=_MUXER) as out,
        ):
            if _same(seen, rules) and os.fstat(file.fileno()).st_size <= rules.max_bytes.value:
                _moved(source, out)
            else:
                transcoded(source, out, want(seen, rules), interlaced=seen.film.interlaced)
        if draft.stat().st_size > rules.max_bytes.value:
            raise CannotConvert("too large")
        _kept(draft, target)
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise CannotConvert(str(error)) from error
    finally:
        draft.unlink(missing_ok=True)


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


def _moved(source: "InputContainer", out: "OutputContainer") -> None:
    chosen = [stream for stream in (films.pictures_of(source), *source.streams.audio[:1]) if stream]
    to = {stream.index: out.add_stream_from_template(stream) for stream in chosen}
    for packet in source.demux(chosen):
        if packet.dts is not None:
            packet.stream = to[packet.stream.index]
            out.mux(packet)


def _kept(draft: Path, target: Path) -> None:
    with draft.open("rb+") as file:
        draft.chmod(0o600)
        os.fsync(file.fileno())
    draft.replace(target)
