"""What comes out of a conversion lasts as long as what went in, to the picture: a limit is met, not nearly met."""

import struct
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import av
import pytest

from humaspost.media import fit
from humaspost.media.fit import MediaRejected
from humaspost.media.video.measure import measure
from tests.media.video.test_plan import DONE, STRICT, attached, complaints, made
from tests.support.video_files import trimmed, video_file

Put = Callable[[str, bytes], str]
_FOUR_SECONDS = replace(STRICT, duration=(3.0, 4.0), max_sides=None)
_MOVED = video_file(rate=25, container="mov", audio="aac", seconds=4)


@pytest.mark.parametrize("seconds", [3, 4])
@pytest.mark.parametrize(
    ("name", "rate", "codec"),
    [
        ("moved.mov", 25, "libx264"),
        ("moved.mov", 30, "libx264"),
        ("anew.mp4", 25, "libx265"),
        ("slowest.mp4", 1, "libx264"),
        ("odd.mp4", 13, "libx264"),
        ("fastest.mp4", 90, "libx264"),
    ],
)
def test_a_video_of_the_maximum_length_keeps_its_length(
    root: Path, put: Put, name: str, rate: int, codec: str, seconds: int
) -> None:
    container = name.rpartition(".")[2]
    data = video_file(rate=rate, codec=codec, container=container, audio="aac", seconds=seconds)
    seen, result = made(root, put(name, data), _FOUR_SECONDS)
    assert complaints(root, result, _FOUR_SECONDS) == []
    assert (seen.duration, b"elst" in result) == (seconds, False)


def test_pictures_and_audio_both_begin_at_once(root: Path, put: Put) -> None:
    for name, data in (
        ("a.mov", _MOVED),
        ("b.mp4", video_file(rate=25, codec="libx265", audio="aac", seconds=4)),
    ):
        _, result = made(root, put(name, data), _FOUR_SECONDS)
        with av.open(BytesIO(result)) as opened:
            assert [stream.start_time for stream in opened.streams] == [0, 0]


def test_nothing_is_cut_short_and_what_came_out_too_long_is_refused(root: Path, put: Put) -> None:
    for name, data in (
        ("a.mov", video_file(rate=25, container="mov", audio="aac", seconds=5)),
        ("b.mp4", video_file(rate=25, codec="libx265", audio="aac", seconds=5)),
    ):
        attachment = attached(root, put(name, data))
        with pytest.raises(MediaRejected) as refused:
            fit.fit_media(
                root / attachment.path, attachment, _FOUR_SECONDS, folder=root / "fit", conversions=DONE
            )
        assert (refused.value.code, refused.value.detail) == (
            "media-not-converted",
            f"{attachment.path}: it would last 5.0 s",
        )
    assert list((root / "fit").iterdir()) == []


def test_what_was_cut_off_on_the_phone_is_not_displayed(root: Path, put: Put) -> None:
    # The first second is navy as all of it; what a player hides of it must not come back with the container changed.
    data = trimmed(_MOVED)
    before = measure(BytesIO(data), "video/quicktime")
    seen, result = made(root, put("a.mov", data), replace(_FOUR_SECONDS, duration=None))
    assert len(_pictures(data)) == 75
    assert _pictures(result)[:3] == pytest.approx(_pictures(data)[:3], abs=4)
    assert (seen.video.codec, len(_pictures(result))) == (before.video.codec, 75)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_piece_of_a_longer_video_lasts_as_long_as_the_piece(root: Path, put: Put, codec: str) -> None:
    data = video_file(rate=25, codec=codec, container="mov", audio="aac", seconds=4, begin=(30.0, 30.2))
    rules = replace(STRICT, max_sides=None)
    for name, source in (
        ("a.mov", data),
        ("b.mov", video_file(rate=25, codec=codec, container="mov", seconds=4, begin=(30.0, 0.0))),
    ):
        before = measure(BytesIO(source), "video/quicktime")
        seen, result = made(root, put(name, source), rules)
        assert seen.duration == pytest.approx(before.duration, abs=0.05)
        assert len(_pictures(result)) == 100
    assert _audio_duration(made(root, put("c.mov", data), rules)[1]) == pytest.approx(0.2, abs=0.04)


@pytest.mark.parametrize("begin", [(0.4, 0.0), (0.0, 0.4), (0.0, 0.025)])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_audio_and_pictures_stay_in_step(
    root: Path, put: Put, codec: str, begin: tuple[float, float]
) -> None:
    data = video_file(rate=25, codec=codec, container="mov", audio="aac", seconds=2, begin=begin)
    _, result = made(root, put("a.mov", data), replace(STRICT, max_sides=None))
    seen, heard = _pictures(result), _audio_duration(result)
    assert len(seen) / 25 == pytest.approx(2 + begin[0], abs=0.001)
    # The square leaves its corner with the fourth picture. A slip of 40 ms is noticed by nobody.
    moves = next(number for number, level in enumerate(seen) if level < 100)
    assert moves / 25 == pytest.approx(begin[0] + 3 / 25, abs=0.001)
    assert heard == pytest.approx(begin[1], abs=0.04)


def _audio_duration(data: bytes) -> float:
    """When the first sound is, in seconds."""
    with av.open(BytesIO(data)) as opened:
        for frame in opened.decode(audio=0):
            levels = [abs(level) for (level,) in struct.iter_unpack("<f", bytes(frame.planes[0]))]
            loud = next((at for at, level in enumerate(levels) if level > 0.1), None)
            if loud is not None:
                return float(frame.pts * frame.time_base) + loud / frame.sample_rate
    return 0.0


def _pictures(data: bytes) -> list[int]:
    """Of each picture that a player shows, how red its corner is, through which the square moves."""
    with av.open(BytesIO(data)) as opened:
        return [frame.to_image().getpixel((2, 2))[0] for frame in opened.decode(video=0)]
