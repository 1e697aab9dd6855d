"""Videos, sounds and GIFs against a channel's Rules: one problem for each rule that is broken."""

from collections.abc import Iterator
from typing import Any

from humaspost.base.i18n import _
from humaspost.model.post import Film, Kind, Post
from humaspost.model.problem import Problem, Severity
from humaspost.model.rendition import Attachment, Rendition
from humaspost.model.rules import FilmRules, MediaRules

#: Code, sentence, and what stands in it beside ``file`` and ``channel``.
_Finding = tuple[str, str, dict[str, Any]]
#: What no conversion mends: nothing is cut short, nothing is blown up.
_STAYS = ("media-duration", "media-too-small")
_WARNINGS = ("media-profile", "media-hidden")
#: Below this it is not worth looking at, or hearing, in bits per second.
_LEAST_BIT_RATES = {Kind.VIDEO: 150_000, Kind.AUDIO: 36_000}
#: Rates such as 30000/1001 and 59.94 are what cameras call 30 and 60.
_ROUNDING = 0.05
_NAMES = {
    "video/quicktime": "MOV",
    "video/3gpp": "3GP",
    "h264": "H.264",
    "hevc": "HEVC",
    "opus": "Opus",
    "yuv420p": "4:2:0",
    "yuvj420p": "4:2:0",
}


def check(
    post: Post, item: Attachment, rendition: Rendition, limits: MediaRules, *, convert: bool
) -> Iterator[Problem]:
    """What the channel refuses in a video or a sound; ``convert`` = but for what conversion mends."""
    film = _film(post, item)
    found = [*_file(item, limits), *_sides(item, limits)]
    if film is not None and film.hidden:
        message = _("{file} still holds pictures that were cut off it: whoever gets the file can see them")
        found.append(("media-hidden", message, {}))
    if film is not None and limits.film is not None:
        found += [*_pictures(film, limits.film), *_profile(film, limits.film), *_sound(film, limits.film)]
    for finding in found:
        if not (convert and _mends(finding[0], item, limits)):
            yield _problem(finding, item, rendition)


def check_gif(post: Post, item: Attachment, rendition: Rendition, limits: MediaRules) -> Iterator[Problem]:
    """Too many frames for the channel, one by one or in all their pixels."""
    film, rules = _film(post, item), limits.film
    frames = film.frames if film else None
    if frames is None or rules is None:
        return
    pixels = frames * (item.width or 0) * (item.height or 0)
    if rules.frames is not None and frames > rules.frames:
        message = _("{file} has {count} frames; {channel} takes {most} or fewer")
        yield _problem(("media-frames", message, {"count": frames, "most": rules.frames}), item, rendition)
    elif rules.pixels_in_all is not None and pixels > rules.pixels_in_all:
        message = _("{file} has {count:.0f} million pixels in all its frames; {channel} takes {most:.0f}")
        values = {"count": pixels / 1e6, "most": rules.pixels_in_all / 1e6}
        yield _problem(("media-frames", message, values), item, rendition)


def _film(post: Post, item: Attachment) -> Film | None:
    facts = next((medium.facts for medium in post.media if medium.index == item.index), None)
    return facts.film if facts else None


def _mends(code: str, item: Attachment, limits: MediaRules) -> bool:
    if code in _STAYS:
        return False
    room = limits.max_bytes.value * 8 / max(item.duration or 0.0, 1.0)
    return code != "media-too-large" or room >= _LEAST_BIT_RATES[item.kind]


def _problem(finding: _Finding, item: Attachment, rendition: Rendition) -> Problem:
    code, message, values = finding
    hint = _("export it anew, or keep it off {channel} with only:")
    if item.kind in _LEAST_BIT_RATES and code not in _STAYS:
        hint = _("write convert = true under [media] in config.toml, or keep it off {channel} with only:")
    return Problem(
        code,
        message.format(file=item.name, channel=rendition.channel, **values),
        hint.format(channel=rendition.channel),
        field=f"media.{item.index}.file",
        channel=rendition.channel,
        severity=Severity.WARNING if code in _WARNINGS else Severity.ERROR,
    )


def _name(technical: str) -> str:
    """A codec or a container as people call it."""
    return _NAMES.get(technical) or technical.rpartition("/")[2].upper()


def _names(technical: tuple[str, ...]) -> str:
    return ", ".join(dict.fromkeys(map(_name, technical)))


def _file(item: Attachment, limits: MediaRules) -> Iterator[_Finding]:
    if item.mime not in limits.mimes:
        message = _("{file} is {found}; {channel} takes {allowed}")
        yield "media-container", message, {"found": _name(item.mime), "allowed": _names(limits.mimes)}
    if item.size > limits.max_bytes.value:
        message = _("{file} has {size:.1f} MB; {channel} takes {limit:.0f} MB")
        yield "media-too-large", message, {"size": item.size / 1e6, "limit": limits.max_bytes.value / 1e6}
    if limits.duration:
        least, most = limits.duration
        if item.duration is None:
            message = _("how long {file} lasts cannot be read; {channel} takes {least:g} to {most:g} s")
            yield "media-duration", message, {"least": least, "most": most}
        elif not least <= item.duration <= most:
            message = _("{file} lasts {seconds:g} s; {channel} takes {least:g} to {most:g} s")
            yield "media-duration", message, {"seconds": item.duration, "least": least, "most": most}


def _sides(item: Attachment, limits: MediaRules) -> Iterator[_Finding]:
    width, height = item.width, item.height
    if not width or not height:
        return
    sides: dict[str, Any] = {"width": width, "height": height}
    least = [
        allowed[0]
        for side, allowed in ((width, limits.width), (height, limits.height))
        if allowed and side < allowed[0]
    ]
    if least:
        message = _("{file} is {width} × {height} pixels; {channel} takes sides of {least} or more")
        yield "media-too-small", message, {**sides, "least": max(least)}
    if (largest := _largest(width, height, limits)) is not None:
        message = _("{file} is {width} × {height} pixels; {channel} takes {most} or less")
        yield "media-too-wide", message, {**sides, "most": largest}
    if limits.ratio and not limits.takes_ratio(width, height):
        message = _("{file} is {ratio} times as wide as tall; {channel} takes {narrow:.2f} to {broad:.2f}")
        narrow, broad = limits.ratio
        yield (
            "media-ratio",
            message,
            {"ratio": told(width / height, limits.ratio), "narrow": narrow, "broad": broad},
        )


def told(ratio: float, limits: tuple[float, float]) -> str:
    """The ratio with two decimals, and with more where it would look as if it were within the limits."""
    enough = (digits for digits in range(2, 7) if not limits[0] <= round(ratio, digits) <= limits[1])
    return f"{ratio:.{next(enough, 7)}f}"


def _largest(width: int, height: int, limits: MediaRules) -> str | None:
    """What the sides may be at most, where these are more."""
    if limits.frame and (max(width, height) > limits.frame[0] or min(width, height) > limits.frame[1]):
        return _("{long} × {short}, either way up,").format(long=limits.frame[0], short=limits.frame[1])
    if limits.width and width > limits.width[1]:
        return _("{most} in width").format(most=limits.width[1])
    if limits.height and height > limits.height[1]:
        return _("{most} in height").format(most=limits.height[1])
    return None


def _pictures(film: Film, rules: FilmRules) -> Iterator[_Finding]:
    if film.codec and rules.codecs and film.codec not in rules.codecs:
        message = _("the pictures of {file} are {found}; {channel} takes {allowed}")
        yield "media-codec", message, {"found": _name(film.codec), "allowed": _names(rules.codecs)}
    elif film.pixels and rules.pixels and (film.pixels not in rules.pixels or film.interlaced):
        found = _("interlaced") if film.interlaced else film.pixels
        message = _("the pictures of {file} are {found}; {channel} takes {allowed}, progressive")
        yield "media-codec", message, {"found": found, "allowed": _names(rules.pixels)}
    if rules.frame_rate and film.frame_rate is not None:
        least, most = rules.frame_rate
        if not least - _ROUNDING <= film.frame_rate <= most + _ROUNDING:
            message = _("{file} has {rate:g} frames a second; {channel} takes {least:g} to {most:g}")
            yield "media-frame-rate", message, {"rate": film.frame_rate, "least": least, "most": most}
    if rules.bit_rate is not None and (film.bit_rate or 0) > rules.bit_rate:
        message = _("{file} has {rate:.1f} Mbit/s; {channel} takes {most:.1f} or less")
        yield (
            "media-bit-rate",
            message,
            {"rate": (film.bit_rate or 0) / 1e6, "most": rules.bit_rate / 1e6},
        )
    if rules.index_first and not film.index_first:
        yield "media-index", _("{file} has its index at the end; {channel} wants it at the beginning"), {}


def _profile(film: Film, rules: FilmRules) -> Iterator[_Finding]:
    """A warning: the channel takes it, and some of those who get it see nothing."""
    if film.codec in rules.codecs and rules.profiles and film.profile not in rules.profiles:
        message = _("{file} is {found}; {channel} plays {allowed} on every telephone")
        found = f"{_name(film.codec)} {film.profile}".rstrip()
        yield "media-profile", message, {"found": found, "allowed": ", ".join(rules.profiles)}


def _sound(film: Film, rules: FilmRules) -> Iterator[_Finding]:
    if not film.audio:
        return
    most = 1 if film.audio in rules.mono else rules.channels
    if rules.audio_streams is not None and film.audio_streams > rules.audio_streams:
        message = _("{file} has {found} tracks of sound; {channel} takes {most} or fewer")
        yield "media-sound", message, {"found": film.audio_streams, "most": rules.audio_streams}
    elif rules.audio and film.audio not in rules.audio:
        message = _("the sound of {file} is {found}; {channel} takes {allowed}")
        yield "media-sound", message, {"found": _name(film.audio), "allowed": _names(rules.audio)}
    elif rules.sample_rate is not None and (film.sample_rate or 0) > rules.sample_rate:
        message = _("the sound of {file} has {found:g} kHz; {channel} takes {most:g} or less")
        values = {"found": (film.sample_rate or 0) / 1000, "most": rules.sample_rate / 1000}
        yield "media-sound", message, values
    elif most is not None and (film.channels or 0) > most:
        message = _("the sound of {file} has {found} channels; {channel} takes {most} or fewer")
        yield "media-sound", message, {"found": film.channels, "most": most}
