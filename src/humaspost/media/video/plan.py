"""The plan of a conversion to H.264 and AAC in MP4, or AAC in M4A; pure."""

import math
from fractions import Fraction
from pathlib import Path

from humaspost.base.files import draft_of
from humaspost.media.geometry import fit_geometry
from humaspost.media.video import measure
from humaspost.media.video.job import ConversionJob, time_limit
from humaspost.media.video.transcode import AUDIO_BIT_RATE, EncodingSettings
from humaspost.model.post import MediaKind, Video
from humaspost.model.rules import MediaRules, VideoRules

#: Bits per second of the best video, and of the worst that is still worth watching.
MAX_BIT_RATE = 8_000_000
MIN_BIT_RATE = 150_000
#: Bits per second of a voice that is still understood.
MIN_AUDIO_BIT_RATE = 32_000
#: Frames of a GIF a second: each frame keeps its own delay.
_GIF_FRAME_RATE = 25.0
#: Cameras call 29.97 and 59.94 by the names 30 and 60.
_FRAME_RATE_TOLERANCE = 0.05
#: The share of a size limit that is free for streams; the rest is for the container's own bytes.
_SIZE_MARGIN = 0.92


class ConversionFailed(Exception):
    """FFmpeg stopped, or the file cannot be as small as the channel needs; the text says which."""

    code = "media-not-converted"


def is_acceptable(measured: measure.MeasuredMedia, rules: MediaRules, *, mime: str, size: int) -> bool:
    """Return True if the file may be sent unchanged."""
    index_ok = measured.video.index_first or not (rules.video and rules.video.index_first)
    if measured.video.has_hidden_frames:
        return False
    audio_ok = measured.kind is MediaKind.AUDIO and _can_keep_audio(
        measured.video, rules.video or VideoRules()
    )
    return (
        index_ok
        and mime in rules.mimes
        and size <= rules.max_bytes.value
        and (audio_ok or _can_keep_streams(measured, rules))
    )


def plan_job(
    measured: measure.MeasuredMedia, rules: MediaRules, *, mime: str, size: int, target: Path
) -> ConversionJob:
    """Return the job for a file that does not fit.

    Raises ConversionFailed if the result would have too low a quality. Streams in an accepted format are copied
    without re-encoding. A GIF is looped until it lasts as long as the channel's shortest video.
    """
    can_remux = _can_keep_streams(measured, rules) and size <= rules.max_bytes.value
    loops = _loop_count(measured, rules)
    frames = rules.video.frame_rate if rules.video else None
    return ConversionJob(
        target=str(target),
        draft=str(draft_of(target)),
        mime=mime,
        can_remux=can_remux,
        encoding=_fallback_settings(measured, rules) if can_remux else plan_encoding(measured, rules),
        interlaced=measured.video.interlaced,
        loops=loops,
        max_bytes=int(rules.max_bytes.value),
        timeout=time_limit((measured.duration or 0.0) * loops),
        duration_range=rules.duration,
        expected_duration=measured.duration * loops if measured.duration else None,
        frame_rate_range=(frames[0] - _FRAME_RATE_TOLERANCE, frames[1] + _FRAME_RATE_TOLERANCE)
        if frames
        else None,
    )


def _fallback_settings(measured: measure.MeasuredMedia, rules: MediaRules) -> EncodingSettings | None:
    """Return the encoding for a video whose streams cannot be copied after all, or None."""
    try:
        return plan_encoding(measured, rules)
    except ConversionFailed:
        return None


def plan_encoding(measured: measure.MeasuredMedia, rules: MediaRules) -> EncodingSettings:
    """Return the encoding that fits the rules; raise ConversionFailed if its quality is too low."""
    video_rules = rules.video or VideoRules()
    seconds = max((measured.duration or 0.0) * _loop_count(measured, rules), 1.0)
    bit_budget = int(rules.max_bytes.value * 8 * _SIZE_MARGIN / seconds)
    bit_rate = min(
        MAX_BIT_RATE,
        bit_budget - AUDIO_BIT_RATE,
        int((video_rules.bit_rate or MAX_BIT_RATE * 2) * _SIZE_MARGIN) - AUDIO_BIT_RATE,
    )
    has_picture = measured.kind is not MediaKind.AUDIO
    if (bit_rate < MIN_BIT_RATE) if has_picture else (bit_budget < MIN_AUDIO_BIT_RATE):
        raise ConversionFailed("too large")
    is_mono = video_rules.audio_channels == 1 or measured.video.audio_channels == 1
    return EncodingSettings(
        geometry=fit_geometry(measured.width or 2, measured.height or 2, rules, step=2)
        if has_picture
        else None,
        frame_rate=_target_rate(_source_rate(measured.video), video_rules.frame_rate),
        bit_rate=bit_rate,
        sample_rate=min(48_000, video_rules.sample_rate or 48_000),
        channel_layout="mono" if is_mono else "stereo",
        audio_bit_rate=min(AUDIO_BIT_RATE, bit_budget),
    )


def _loop_count(measured: measure.MeasuredMedia, rules: MediaRules) -> int:
    if measured.video.codec != "gif" or not measured.duration or not rules.duration:
        return 1
    return math.ceil(rules.duration[0] / measured.duration) or 1


def _source_rate(video: Video) -> float | None:
    return max(video.frame_rate or 0.0, _GIF_FRAME_RATE) if video.codec == "gif" else video.frame_rate


def _target_rate(source_rate: float | None, allowed: tuple[float, float] | None) -> Fraction:
    """Return frames a second: the source's rate, or a whole fraction or multiple of it."""
    source = Fraction(source_rate or 30.0).limit_denominator(1001)
    if allowed is None:
        return min(source, Fraction(60))
    least, most = allowed[0] - _FRAME_RATE_TOLERANCE, allowed[1] + _FRAME_RATE_TOLERANCE
    if source > most:
        return source / -(-source // Fraction(allowed[1]))
    if source < least:
        multiple = source * -(-Fraction(allowed[0]) // source)
        return multiple if multiple <= most else Fraction(allowed[0])
    return source


def _can_keep_streams(measured: measure.MeasuredMedia, rules: MediaRules) -> bool:
    """Return True if video and audio may stay as they are."""
    video_rules, video = rules.video or VideoRules(), measured.video
    if measured.kind is MediaKind.AUDIO:
        return video.audio_codec == "aac" and _can_keep_audio(video, video_rules)
    if video.codec == "gif" or video.has_hidden_frames:
        return False
    width, height = measured.width or 0, measured.height or 0
    geometry = fit_geometry(width, height, rules)
    return (
        (geometry.canvas_width, geometry.canvas_height) == (width, height)
        and (not video_rules.codecs or video.codec in video_rules.codecs)
        and (not video_rules.profiles or video.profile in video_rules.profiles)
        and (
            not video_rules.pixel_formats
            or (video.pixel_format in video_rules.pixel_formats and not video.interlaced)
        )
        and (video_rules.bit_rate is None or (video.bit_rate or 0) <= video_rules.bit_rate)
        and _target_rate(video.frame_rate, video_rules.frame_rate)
        == Fraction(video.frame_rate or 30).limit_denominator(1001)
        and _can_keep_audio(video, video_rules)
    )


def _can_keep_audio(video: Video, video_rules: VideoRules) -> bool:
    return not video.audio_codec or (
        (not video_rules.audio_codecs or video.audio_codec in video_rules.audio_codecs)
        and (video.sample_rate or 0) <= (video_rules.sample_rate or 10**9)
        and (video.audio_channels or 0)
        <= (1 if video.audio_codec in video_rules.mono_audio_codecs else video_rules.audio_channels or 10**9)
        and video.audio_streams <= 1
    )
