"""What a film turns out to be: its facts by FFmpeg, and what is refused before anything is decoded."""

import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest

from humaspost.media.probe import MediaProbe
from humaspost.media.video.measure import TooManyPixels, UnreadableVideo, measure
from humaspost.model.post import MediaFacts, MediaKind
from tests.support import image_files, video_files
from tests.support.image_files import post_with
from tests.support.reference_data import ROOT

Put = Callable[[str, bytes], str]


def test_the_facts_of_a_video() -> None:
    seen = measure(BytesIO(video_files.video_file((96, 64), seconds=2, rate=25, audio="aac")), "video/mp4")
    assert (seen.kind, seen.width, seen.height) == (MediaKind.VIDEO, 96, 64)
    assert seen.duration == pytest.approx(2.0, abs=0.05)
    film = seen.video
    assert (film.codec, film.pixel_format, film.frame_rate, film.frames) == ("h264", "yuv420p", 25.0, 50)
    assert (film.audio_codec, film.audio_streams, film.sample_rate, film.audio_channels) == (
        "aac",
        1,
        44_100,
        2,
    )
    assert film.bit_rate
    assert not film.interlaced


@pytest.mark.parametrize("first", [True, False])
def test_where_the_index_stands(first: bool) -> None:
    assert measure(BytesIO(video_files.video_file(first=first)), "video/mp4").video.index_first is first


def test_codecs_have_their_common_names() -> None:
    film = measure(BytesIO(video_files.video_file(codec="libx265", audio="libmp3lame")), "video/mp4").video
    assert (film.codec, film.audio_codec) == ("hevc", "mp3")


def test_a_video_held_upright_is_as_tall_as_a_person_sees_it() -> None:
    data = video_files.video_file((96, 64))
    straight, turned = (
        bytes.fromhex("00010000" + "00" * 12 + "00010000"),
        bytes.fromhex("00000000" + "00010000" + "00000000" + "FFFF0000" + "00000000"),
    )
    at = data.index(b"tkhd") + 4 + 40
    assert data[at : at + 20] == straight
    seen = measure(BytesIO(data[:at] + turned + data[at + 20 :]), "video/mp4")
    assert (seen.width, seen.height) == (64, 96)


def test_a_container_without_pictures_is_an_audio() -> None:
    seen = measure(BytesIO(video_files.audio_file(container="mp4", seconds=2.0)), "video/mp4")
    assert (seen.kind, seen.video.audio_codec, seen.width) == (MediaKind.AUDIO, "aac", None)
    assert seen.duration == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("data", [image_files.video_bytes(), b"", video_files.video_file()[:900]])
def test_a_file_that_ffmpeg_is_unable_to_read(data: bytes) -> None:
    with pytest.raises(UnreadableVideo):
        measure(BytesIO(data), "video/mp4")


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"avc1", b"evc1"), (b"avc1", b"jxsm"), (b"avc1", b"encv"), (b"avc1", b"CRAW"), (b"mp4a", b"zzzz")],
)
def test_a_video_of_an_unknown_kind_hides_no_other(root: Path, put: Put, old: bytes, new: bytes) -> None:
    """PyAV knows nothing of such a stream, not its width either, and every command ended there."""
    data = (
        video_files.video_file((90, 160), audio="aac")
        .replace(old, new)
        .replace(b"avcC", b"xxxC")
        .replace(b"esds", b"free")
    )
    _post, problems = MediaProbe(root).probe_post(post_with(root, put("strange.mp4", data)))
    assert [problem.code for problem in problems] == ["media-unreadable"]


@pytest.mark.parametrize("seed", range(3))
def test_no_header_however_wrong_ends_in_an_internal_error(seed: int) -> None:
    chance, whole = random.Random(seed), video_files.video_file((90, 160), audio="aac", first=True)
    for _turn in range(60):
        broken = bytearray(whole)
        for _byte in range(3):
            broken[chance.randrange(24, 2_000)] = chance.randrange(256)
        with suppress(UnreadableVideo, TooManyPixels):
            measure(BytesIO(bytes(broken)), "video/mp4")


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_a_partly_copied_video_is_a_problem(root: Path, put: Put, share: float) -> None:
    """Its index is at the front and whole, so a player begins to play it."""
    data = video_files.video_file((90, 160), audio="aac", first=True, seconds=4)
    _, problems = MediaProbe(root).probe_post(post_with(root, put("a.mp4", data[: int(len(data) * share)])))
    assert [problem.message for problem in problems] == ["media/a.mp4 cannot be read: it is cut off"]


def test_an_index_that_could_not_be_silenced_is_a_problem_before_the_post_is_due(
    root: Path, put: Put
) -> None:
    data = video_files.video_file((90, 160), audio="aac", first=True)
    at = data.index(b"udta") - 4
    length = int.from_bytes(data[at : at + 4], "big") + 8
    broken = data[:at] + length.to_bytes(4, "big") + data[at + 4 :]
    assert measure(BytesIO(broken), "video/mp4").width == 90
    _, problems = MediaProbe(root).probe_post(post_with(root, put("a.mp4", broken)))
    assert [problem.message for problem in problems] == ["media/a.mp4 cannot be read: its index is broken"]
    assert (root / "posts/media/a.mp4").read_bytes() == broken


def test_a_video_in_fragments_is_a_video(root: Path, put: Put) -> None:
    """As browsers and OBS record it; what looked into its index ended every command."""
    data = video_files.video_file((320, 320), audio="aac", seconds=2, fragments=True)
    assert b"moof" in data
    post, problems = MediaProbe(root).probe_post(post_with(root, put("a.mp4", data)))
    assert problems == []
    assert post.media[0].facts is not None
    assert post.media[0].facts.kind is MediaKind.VIDEO


def test_whatever_goes_wrong_inside_a_video_is_that_videos_problem(
    root: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confused(*_args: object) -> None:
        raise AttributeError("ours")

    monkeypatch.setattr("humaspost.media.mp4.strip_metadata.check_whole", confused)
    _, problems = MediaProbe(root).probe_post(post_with(root, put("a.mp4", video_files.video_file())))
    assert [problem.code for problem in problems] == ["media-unreadable"]


def test_a_video_reports_whether_it_hides_pictures() -> None:
    for container in ("mp4", "mov"):
        data = video_files.video_file(rate=25, container=container, audio="aac", seconds=2)
        found = [
            measure(BytesIO(one), "video/mp4").video.has_hidden_frames
            for one in (data, video_files.trimmed(data))
        ]
        assert found == [False, True]


def test_a_broken_video_is_a_problem(root: Path, put: Put) -> None:
    _, problems = MediaProbe(root).probe_post(post_with(root, put("a.mp4", image_files.video_bytes())))
    assert [problem.code for problem in problems] == ["media-unreadable"]


def test_a_gif_reports_how_many_frames_it_has(root: Path, put: Put) -> None:
    post, _ = MediaProbe(root).probe_post(post_with(root, put("a.gif", image_files.gif(5))))
    facts = post.media[0].facts
    assert isinstance(facts, MediaFacts)
    assert facts.video is not None
    assert facts.video.frames == 5


def test_the_example_office_has_a_video() -> None:
    with (ROOT / "posts/media/006-pilah-sampah.mp4").open("rb") as file:
        seen = measure(file, "video/mp4")
    assert (seen.width, seen.height, seen.duration) == (720, 1280, 6.0)
    assert seen.video.index_first


def test_ffmpeg_is_imported_only_for_a_video() -> None:
    code = "import sys, humaspost.media.probe, humaspost.media.fit; print('av' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
