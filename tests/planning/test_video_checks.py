"""Videos, sounds and GIFs against Rules: one problem a rule, and none where conversion mends it."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from humaspost.model.post import MediaFacts, MediaKind, Medium, Post, Video
from humaspost.model.problem import Problem
from humaspost.model.rendition import Part, Rendition, attachment_from_medium
from humaspost.model.rules import Limit, MediaRules, Rules, Source, TextRules, VideoRules
from humaspost.planning.check import check
from humaspost.planning.codes import CODES

_SOURCE = Source("https://docs.example/limits", date(2026, 11, 23))
_INSIDE = VideoRules(
    codecs=("h264",),
    pixel_formats=("yuv420p",),
    audio_codecs=("aac",),
    frame_rate=(23, 60),
    bit_rate=25_000_000,
    sample_rate=48_000,
    audio_channels=2,
    index_first=True,
    audio_streams=1,
    profiles=("Main",),
)
_VIDEO = MediaRules(
    ("video/mp4",),
    Limit(100_000_000, "bytes", _SOURCE),
    _SOURCE,
    ratio=(0.5, 2),
    width=(320, 1920),
    height=(320, 1920),
    max_sides=(1280, 1024),
    duration=(3, 60),
    video=_INSIDE,
)
_AUDIO = MediaRules(
    ("audio/ogg",),
    Limit(16e6, "bytes", _SOURCE),
    _SOURCE,
    video=VideoRules(audio_codecs=("opus",), audio_channels=1),
)
_GIF = MediaRules(
    ("image/gif",),
    Limit(15e6, "bytes", _SOURCE),
    _SOURCE,
    video=VideoRules(frames=350, max_total_pixels=300_000_000),
)
_RULES = Rules(
    is_public=True,
    text=TextRules(Limit(99, "characters", _SOURCE), len),
    media={MediaKind.VIDEO: _VIDEO, MediaKind.AUDIO: _AUDIO, MediaKind.GIF: _GIF},
    max_media=4,
    alt=Limit(99, "characters", _SOURCE),
)
_VIDEO_DETAILS = Video(
    "h264",
    "Main",
    "yuv420p",
    frame_rate=29.97,
    frames=300,
    bit_rate=4_000_000,
    audio_codec="aac",
    audio_streams=1,
    sample_rate=48_000,
    audio_channels=2,
)
_MEDIA_DETAILS = MediaFacts(
    MediaKind.VIDEO, "video/mp4", "0f" * 32, 5_000_000, 720, 1280, 10.0, _VIDEO_DETAILS
)
_AUDIO_DETAILS = replace(
    _MEDIA_DETAILS,
    kind=MediaKind.AUDIO,
    mime="audio/ogg",
    width=None,
    height=None,
    video=Video(audio_codec="opus", audio_streams=1, sample_rate=48_000, audio_channels=1),
)
_MOVING = replace(_MEDIA_DETAILS, kind=MediaKind.GIF, mime="image/gif", video=Video("gif", frames=20))


def _problems_of(facts: MediaFacts, *, convert: bool = False, rules: Rules = _RULES) -> list[Problem]:
    medium = Medium("media/a.mp4", Path("/office/posts/media/a.mp4"), 0, alt="Loket.", facts=facts)
    post = Post(id="sp-1", file="posts/a.md", title="T", body=(), media=(medium,))
    part = Part(1, "Halo.", (attachment_from_medium(medium, "posts/media/a.mp4"),))
    return check(post, Rendition("x", (part,)), rules, convert=convert)


def _with(facts: MediaFacts = _MEDIA_DETAILS, **film: Any) -> MediaFacts:
    assert facts.video is not None
    return replace(facts, video=replace(facts.video, **film))


@pytest.mark.parametrize(
    "facts", [_MEDIA_DETAILS, _AUDIO_DETAILS, _MOVING, _with(audio_codec="", audio_channels=None)]
)
def test_what_fits_has_no_problem(facts: MediaFacts) -> None:
    assert _problems_of(facts) == []


BROKEN = {
    "media-container": (
        replace(_MEDIA_DETAILS, mime="video/quicktime"),
        "a.mp4 is MOV; x takes MP4",
    ),
    "media-codec": (_with(codec="hevc"), "the pictures of a.mp4 are HEVC; x takes H.264"),
    "media-codec 4:4:4": (
        _with(pixel_format="yuv444p"),
        "the pictures of a.mp4 are yuv444p; x takes 4:2:0, progressive",
    ),
    "media-codec lines": (
        _with(interlaced=True),
        "the pictures of a.mp4 are interlaced; x takes 4:2:0, progressive",
    ),
    "media-profile": (
        _with(profile="High"),
        "a.mp4 is H.264 High; x plays Main on every telephone",
    ),
    "media-hidden": (
        _with(has_hidden_frames=True),
        "a.mp4 still holds pictures that were cut off it: whoever gets the file can see them",
    ),
    "media-sound tracks": (
        _with(audio_streams=2),
        "a.mp4 has 2 tracks of sound; x takes 1 or fewer",
    ),
    "media-sound": (_with(audio_codec="mp3"), "the sound of a.mp4 is MP3; x takes AAC"),
    "media-sound rate": (
        _with(sample_rate=96_000),
        "the sound of a.mp4 has 96 kHz; x takes 48 or less",
    ),
    "media-sound 5.1": (_with(audio_channels=6), "the sound of a.mp4 has 6 channels; x takes 2 or fewer"),
    "media-frame-rate": (
        _with(frame_rate=90.0),
        "a.mp4 has 90 frames a second; x takes 23 to 60",
    ),
    "media-bit-rate": (_with(bit_rate=40_000_000), "a.mp4 has 40.0 Mbit/s; x takes 25.0 or less"),
    "media-index": (
        _with(index_first=False),
        "a.mp4 has its index at the end; x wants it at the beginning",
    ),
    "media-too-large": (
        replace(_MEDIA_DETAILS, size=120_000_000),
        "a.mp4 has 120.0 MB; x takes 100 MB",
    ),
    "media-too-wide": (
        replace(_MEDIA_DETAILS, width=1080, height=1920),
        "a.mp4 is 1080 × 1920 pixels; x takes 1280 × 1024, either way up, or less",
    ),
    "media-ratio by a hair": (
        replace(_MEDIA_DETAILS, width=1000, height=499),
        "a.mp4 is 2.004 times as wide as tall; x takes 0.50 to 2.00",
    ),
    "media-ratio": (
        replace(_MEDIA_DETAILS, width=1200, height=500),
        "a.mp4 is 2.40 times as wide as tall; x takes 0.50 to 2.00",
    ),
}
STAYS = {
    "media-duration": (replace(_MEDIA_DETAILS, duration=75.5), "a.mp4 lasts 75.5 s; x takes 3 to 60 s"),
    "media-duration unknown": (
        replace(_MEDIA_DETAILS, duration=None),
        "how long a.mp4 lasts cannot be read; x takes 3 to 60 s",
    ),
    "media-too-small": (
        replace(_MEDIA_DETAILS, width=240, height=320),
        "a.mp4 is 240 × 320 pixels; x takes sides of 320 or more",
    ),
}


@pytest.mark.parametrize("name", [*BROKEN, *STAYS])
def test_a_broken_rule_is_one_problem_that_states_what_is_and_what_is_allowed(name: str) -> None:
    facts, message = (BROKEN | STAYS)[name]
    (problem,) = _problems_of(facts)
    assert (problem.code, problem.message) == (name.split(" ")[0], message)
    assert (problem.field, problem.channel) == ("media.0.file", "x")
    assert ("convert = true" in problem.hint) == (name in BROKEN)


@pytest.mark.parametrize("name", BROKEN)
def test_what_conversion_fixes_is_no_problem_with_it(name: str) -> None:
    assert _problems_of(BROKEN[name][0], convert=True) == []


@pytest.mark.parametrize("name", STAYS)
def test_nothing_is_cut_short_or_blown_up_by_conversion(name: str) -> None:
    assert [problem.code for problem in _problems_of(STAYS[name][0], convert=True)] == [name.split(" ")[0]]


def test_each_broken_rule_is_reported_at_once() -> None:
    facts = replace(_with(codec="hevc", audio_codec="mp3"), duration=75.0, mime="video/quicktime")
    assert {problem.code for problem in _problems_of(facts)} == {
        "media-codec",
        "media-sound",
        "media-duration",
        "media-container",
    }


def test_an_audio_is_converted_too() -> None:
    for facts in (_with(_AUDIO_DETAILS, audio_channels=2), replace(_AUDIO_DETAILS, mime="audio/wav")):
        (problem,) = _problems_of(facts)
        assert problem.code in ("media-sound", "media-container")
        assert "convert = true" in problem.hint
        assert _problems_of(facts, convert=True) == []


def test_opus_has_to_be_mono_where_others_need_not() -> None:
    inside = VideoRules(audio_codecs=("aac", "opus"), mono_audio_codecs=("opus",))
    rules = replace(_RULES, media={MediaKind.AUDIO: replace(_AUDIO, video=inside)})
    for audio, codes in (("aac", []), ("opus", ["media-sound"])):
        facts = _with(_AUDIO_DETAILS, audio_channels=2, audio_codec=audio)
        assert [problem.code for problem in _problems_of(facts, rules=rules)] == codes


@pytest.mark.parametrize(("frames", "message"), [(351, "351 frames"), (340, "313 million pixels")])
def test_a_gif_with_too_many_frames(frames: int, message: str) -> None:
    (problem,) = _problems_of(_with(_MOVING, frames=frames))
    assert problem.code == "media-frames"
    assert message in problem.message


def test_a_video_too_long_to_be_shrunk_stays_too_large() -> None:
    facts = replace(_MEDIA_DETAILS, size=120_000_000)
    small = replace(_VIDEO, max_bytes=Limit(1_000_000, "bytes", _SOURCE), duration=None)
    medium = Medium("a.mp4", Path("/office/posts/a.mp4"), 0, alt="L.", facts=replace(facts, duration=600.0))
    post = Post(id="sp-1", file="posts/a.md", title="T", body=(), media=(medium,))
    part = Part(1, "Halo.", (attachment_from_medium(medium, "posts/a.mp4"),))
    rules = replace(_RULES, media={MediaKind.VIDEO: small})
    found = check(post, Rendition("x", (part,)), rules, convert=True)
    assert [problem.code for problem in found] == ["media-too-large"]


def test_another_channel_has_its_own_rules() -> None:
    medium = Medium("a.mp4", Path("/office/posts/a.mp4"), 0, alt="L.", facts=_MEDIA_DETAILS)
    post = Post(id="sp-1", file="posts/a.md", title="T", body=(), media=(medium,))
    item = replace(attachment_from_medium(medium, "posts/a.mp4"), use="story")
    rules = replace(_RULES, placement_rules={"story": {MediaKind.VIDEO: replace(_VIDEO, duration=(3, 5))}})
    found = check(post, Rendition("x", (Part(1, "Halo.", (item,)),)), rules)
    assert [problem.code for problem in found] == ["media-duration"]


def test_every_code_is_explained() -> None:
    assert {name.split(" ")[0] for name in (*BROKEN, *STAYS)} <= set(CODES)
