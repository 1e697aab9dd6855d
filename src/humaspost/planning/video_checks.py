"""The check of videos, audio and GIFs against a channel's Rules."""

from collections.abc import Iterator
from typing import Any

from humaspost.base.i18n import _
from humaspost.model.post import MediaKind, Post, Video
from humaspost.model.problem import Problem, Severity
from humaspost.model.rendition import Attachment, Rendition
from humaspost.model.rules import MediaRules, VideoRules

#: Code, sentence, and the sentence's values except ``file`` and ``channel``.
_RuleViolation = tuple[str, str, dict[str, Any]]
#: Problems that conversion does not fix: humaspost never cuts or enlarges a video.
_NOT_FIXED_BY_CONVERSION = ("media-duration", "media-too-small")
_WARNINGS = ("media-profile", "media-hidden")
#: Bits per second. Below this rate a video is not worth watching, and audio not worth hearing.
_MIN_BIT_RATES = {MediaKind.VIDEO: 150_000, MediaKind.AUDIO: 36_000}
#: Cameras call rates such as 30000/1001 and 59.94 by the names 30 and 60.
_ROUNDING = 0.05
_FORMAT_NAMES = {
    "video/quicktime": "MOV",
    "video/3gpp": "3GP",
    "h264": "H.264",
    "hevc": "HEVC",
    "opus": "Opus",
    "yuv420p": "4:2:0",
    "yuvj420p": "4:2:0",
}


def check_video(
    post: Post, item: Attachment, rendition: Rendition, limits: MediaRules, *, convert: bool
) -> Iterator[Problem]:
    """Yield the rules that a video or audio file breaks.

    With ``convert``, what conversion fixes is not a problem.
    """
    video = _video_details(post, item)
    violations = [*_check_file(item, limits), *_check_sides(item, limits)]
    if video is not None and video.has_hidden_frames:
        message = _("{file} still holds pictures that were cut off it: whoever gets the file can see them")
        violations.append(("media-hidden", message, {}))
    if video is not None and limits.video is not None:
        violations += [
            *_check_pictures(video, limits.video),
            *_check_profile(video, limits.video),
            *_check_audio(video, limits.video),
        ]
    for violation in violations:
        if not (convert and _is_fixed_by_conversion(violation[0], item, limits)):
            yield _problem(violation, item, rendition)


def check_gif(post: Post, item: Attachment, rendition: Rendition, limits: MediaRules) -> Iterator[Problem]:
    """Yield a problem if a GIF has too many frames, or too many pixels in all its frames."""
    video, rules = _video_details(post, item), limits.video
    frames = video.frames if video else None
    if frames is None or rules is None:
        return
    frame_pixels = frames * (item.width or 0) * (item.height or 0)
    if rules.frames is not None and frames > rules.frames:
        message = _("{file} has {count} frames; {channel} takes {most} or fewer")
        yield _problem(("media-frames", message, {"count": frames, "most": rules.frames}), item, rendition)
    elif rules.max_total_pixels is not None and frame_pixels > rules.max_total_pixels:
        message = _("{file} has {count:.0f} million pixels in all its frames; {channel} takes {most:.0f}")
        values = {"count": frame_pixels / 1e6, "most": rules.max_total_pixels / 1e6}
        yield _problem(("media-frames", message, values), item, rendition)


def _video_details(post: Post, item: Attachment) -> Video | None:
    facts = next((medium.facts for medium in post.media if medium.index == item.index), None)
    return facts.video if facts else None


def _is_fixed_by_conversion(code: str, item: Attachment, limits: MediaRules) -> bool:
    if code in _NOT_FIXED_BY_CONVERSION:
        return False
    byte_budget = limits.max_bytes.value * 8 / max(item.duration or 0.0, 1.0)
    return code != "media-too-large" or byte_budget >= _MIN_BIT_RATES[item.kind]


def _problem(violation: _RuleViolation, item: Attachment, rendition: Rendition) -> Problem:
    code, message, values = violation
    hint = _("export it anew, or keep it off {channel} with only:")
    if item.kind in _MIN_BIT_RATES and code not in _NOT_FIXED_BY_CONVERSION:
        hint = _("write convert = true under [media] in config.toml, or keep it off {channel} with only:")
    return Problem(
        code,
        message.format(file=item.name, channel=rendition.channel, **values),
        hint.format(channel=rendition.channel),
        field=f"media.{item.index}.file",
        channel=rendition.channel,
        severity=Severity.WARNING if code in _WARNINGS else Severity.ERROR,
    )


def _format_name(identifier: str) -> str:
    """Return the common name of a codec or container."""
    return _FORMAT_NAMES.get(identifier) or identifier.rpartition("/")[2].upper()


def _format_names(identifiers: tuple[str, ...]) -> str:
    return ", ".join(dict.fromkeys(map(_format_name, identifiers)))


def _check_file(item: Attachment, limits: MediaRules) -> Iterator[_RuleViolation]:
    if item.mime not in limits.mimes:
        message = _("{file} is {found}; {channel} takes {allowed}")
        yield (
            "media-container",
            message,
            {"found": _format_name(item.mime), "allowed": _format_names(limits.mimes)},
        )
    if item.size > limits.max_bytes.value:
        message = _("{file} has {size:.1f} MB; {channel} takes {limit:.0f} MB")
        yield "media-too-large", message, {"size": item.size / 1e6, "limit": limits.max_bytes.value / 1e6}
    if limits.duration:
        min_duration, max_duration = limits.duration
        if item.duration is None:
            message = _("how long {file} lasts cannot be read; {channel} takes {least:g} to {most:g} s")
            yield "media-duration", message, {"least": min_duration, "most": max_duration}
        elif not min_duration <= item.duration <= max_duration:
            message = _("{file} lasts {seconds:g} s; {channel} takes {least:g} to {most:g} s")
            yield (
                "media-duration",
                message,
                {"seconds": item.duration, "least": min_duration, "most": max_duration},
            )


def _check_sides(item: Attachment, limits: MediaRules) -> Iterator[_RuleViolation]:
    width, height = item.width, item.height
    if not width or not height:
        return
    dimensions: dict[str, Any] = {"width": width, "height": height}
    min_side = [
        allowed[0]
        for side, allowed in ((width, limits.width), (height, limits.height))
        if allowed and side < allowed[0]
    ]
    if min_side:
        message = _("{file} is {width} × {height} pixels; {channel} takes sides of {least} or more")
        yield "media-too-small", message, {**dimensions, "least": max(min_side)}
    if (largest := _largest_sides(width, height, limits)) is not None:
        message = _("{file} is {width} × {height} pixels; {channel} takes {most} or less")
        yield "media-too-wide", message, {**dimensions, "most": largest}
    if limits.ratio and not limits.accepts_ratio(width, height):
        message = _("{file} is {ratio} times as wide as tall; {channel} takes {narrow:.2f} to {broad:.2f}")
        min_ratio, max_ratio = limits.ratio
        yield (
            "media-ratio",
            message,
            {"ratio": format_ratio(width / height, limits.ratio), "narrow": min_ratio, "broad": max_ratio},
        )


def format_ratio(ratio: float, limits: tuple[float, float]) -> str:
    """Return the ratio with two decimals, or more if rounding would move it within the limits."""
    distinct_digits = (digits for digits in range(2, 7) if not limits[0] <= round(ratio, digits) <= limits[1])
    return f"{ratio:.{next(distinct_digits, 7)}f}"


def _largest_sides(width: int, height: int, limits: MediaRules) -> str | None:
    """Return the largest sides that the channel accepts if these are larger, or None."""
    if limits.max_sides and (
        max(width, height) > limits.max_sides[0] or min(width, height) > limits.max_sides[1]
    ):
        return _("{long} × {short}, either way up,").format(
            long=limits.max_sides[0], short=limits.max_sides[1]
        )
    if limits.width and width > limits.width[1]:
        return _("{most} in width").format(most=limits.width[1])
    if limits.height and height > limits.height[1]:
        return _("{most} in height").format(most=limits.height[1])
    return None


def _check_pictures(video: Video, rules: VideoRules) -> Iterator[_RuleViolation]:
    if video.codec and rules.codecs and video.codec not in rules.codecs:
        message = _("the pictures of {file} are {found}; {channel} takes {allowed}")
        yield (
            "media-codec",
            message,
            {"found": _format_name(video.codec), "allowed": _format_names(rules.codecs)},
        )
    elif (
        video.pixel_format
        and rules.pixel_formats
        and (video.pixel_format not in rules.pixel_formats or video.interlaced)
    ):
        value = _("interlaced") if video.interlaced else video.pixel_format
        message = _("the pictures of {file} are {found}; {channel} takes {allowed}, progressive")
        yield "media-codec", message, {"found": value, "allowed": _format_names(rules.pixel_formats)}
    if rules.frame_rate and video.frame_rate is not None:
        min_rate, max_rate = rules.frame_rate
        if not min_rate - _ROUNDING <= video.frame_rate <= max_rate + _ROUNDING:
            message = _("{file} has {rate:g} frames a second; {channel} takes {least:g} to {most:g}")
            yield "media-frame-rate", message, {"rate": video.frame_rate, "least": min_rate, "most": max_rate}
    if rules.bit_rate is not None and (video.bit_rate or 0) > rules.bit_rate:
        message = _("{file} has {rate:.1f} Mbit/s; {channel} takes {most:.1f} or less")
        yield (
            "media-bit-rate",
            message,
            {"rate": (video.bit_rate or 0) / 1e6, "most": rules.bit_rate / 1e6},
        )
    if rules.index_first and not video.index_first:
        yield "media-index", _("{file} has its index at the end; {channel} wants it at the beginning"), {}


def _check_profile(video: Video, rules: VideoRules) -> Iterator[_RuleViolation]:
    """Yield a warning: the channel accepts the video, but some recipients cannot watch it."""
    if video.codec in rules.codecs and rules.profiles and video.profile not in rules.profiles:
        message = _("{file} is {found}; {channel} plays {allowed} on every telephone")
        profile = f"{_format_name(video.codec)} {video.profile}".rstrip()
        yield "media-profile", message, {"found": profile, "allowed": ", ".join(rules.profiles)}


def _check_audio(video: Video, rules: VideoRules) -> Iterator[_RuleViolation]:
    if not video.audio_codec:
        return
    max_value = 1 if video.audio_codec in rules.mono_audio_codecs else rules.audio_channels
    if rules.audio_streams is not None and video.audio_streams > rules.audio_streams:
        message = _("{file} has {found} tracks of sound; {channel} takes {most} or fewer")
        yield "media-sound", message, {"found": video.audio_streams, "most": rules.audio_streams}
    elif rules.audio_codecs and video.audio_codec not in rules.audio_codecs:
        message = _("the sound of {file} is {found}; {channel} takes {allowed}")
        yield (
            "media-sound",
            message,
            {"found": _format_name(video.audio_codec), "allowed": _format_names(rules.audio_codecs)},
        )
    elif rules.sample_rate is not None and (video.sample_rate or 0) > rules.sample_rate:
        message = _("the sound of {file} has {found:g} kHz; {channel} takes {most:g} or less")
        values = {"found": (video.sample_rate or 0) / 1000, "most": rules.sample_rate / 1000}
        yield "media-sound", message, values
    elif max_value is not None and (video.audio_channels or 0) > max_value:
        message = _("the sound of {file} has {found} channels; {channel} takes {most} or fewer")
        yield "media-sound", message, {"found": video.audio_channels, "most": max_value}
