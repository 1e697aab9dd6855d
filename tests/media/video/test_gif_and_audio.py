"""GIFs and sounds that a channel does not take, made into what it takes, by the rules of the channels themselves."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from humaspost.channels.registry import load_channels
from humaspost.media import fit
from humaspost.media.fit import MediaRejected
from humaspost.media.probe import MediaProbe
from humaspost.media.video.measure import MeasuredMedia, measure
from humaspost.model.post import MediaFacts, MediaKind
from humaspost.model.rendition import Attachment, attachment_from_medium
from humaspost.model.rules import Limit, MediaRules
from humaspost.planning.video_checks import check_video as judged
from tests.media.video.test_plan import DONE, complaints
from tests.support.image_files import post_with, saved
from tests.support.video_files import audio_file

Put = Callable[[str, bytes], str]
_CONFIGS: dict[str, dict[str, Any]] = {
    "instagram": {"user_id": "17841400000000000"},
    "whatsapp": {"phone_number_id": "1", "business_account_id": "2"},
}


def limits(channel: str, kind: MediaKind) -> MediaRules:
    one = load_channels()[channel]
    return one.rules(one.Config.model_validate(_CONFIGS[channel])).media[kind]


def gif(size: tuple[int, int] = (101, 67), *, durations: tuple[int, ...] = (200, 100, 300)) -> bytes:
    """A GIF of one colour after another, for so many milliseconds each; its right half is transparent."""
    colours = ["red", "lime", "blue"]
    pictures = []
    for number in range(len(durations)):
        image = Image.new("RGBA", size)
        image.paste(colours[number % 3], (0, 0, size[0] // 2, size[1]))
        pictures.append(image)
    return saved(
        pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=list(durations), disposal=2
    )


def details_of(root: Path, file: str) -> MediaFacts:
    (medium,) = post_with(root, file).media
    facts = MediaProbe(root).probe_medium(medium)
    assert isinstance(facts, MediaFacts), facts
    return facts


def attached(root: Path, file: str, kind: MediaKind) -> Attachment:
    (medium,) = post_with(root, file).media
    return attachment_from_medium(
        replace(medium, facts=replace(details_of(root, file), kind=kind)), f"posts/{file}"
    )


def made(root: Path, item: Attachment, rules: MediaRules) -> tuple[MeasuredMedia, bytes]:
    given = fit.fit_media(root / item.path, item, rules, folder=root / "fit", conversions=DONE)
    data = given.path.read_bytes()
    return measure(BytesIO(data), given.mime), data


def test_how_long_a_gif_moves(root: Path, put: Put) -> None:
    assert details_of(root, put("a.gif", gif())).duration == 0.6
    assert details_of(root, put("b.gif", gif(durations=(0, 10, 500)))).duration == 0.7


@pytest.mark.parametrize("channel", ["instagram", "whatsapp"])
def test_a_gif_becomes_a_video_that_the_channel_takes(root: Path, put: Put, channel: str) -> None:
    rules = limits(channel, MediaKind.VIDEO)
    seen, data = made(root, attached(root, put("a.gif", gif()), MediaKind.VIDEO), rules)
    assert complaints(root, data, rules) == []
    assert (seen.video.codec, seen.video.pixel_format, seen.video.audio_codec) == ("h264", "yuv420p", "")
    assert (seen.width, seen.height) == (100, 66)
    assert seen.duration == pytest.approx(3.0 if channel == "instagram" else 0.6, abs=0.05)


def test_it_is_looped_whole_with_each_picture_for_its_time_on_white(root: Path, put: Put) -> None:
    rules = limits("instagram", MediaKind.VIDEO)
    _, data = made(root, attached(root, put("a.gif", gif()), MediaKind.VIDEO), rules)
    with av.open(BytesIO(data)) as film:
        frames = list(film.decode(video=0))
    assert len(frames) == 75
    seen = {round(frame.time, 2): frame.to_image() for frame in frames}
    for second, colour in ((0.04, 0), (0.24, 1), (0.4, 2), (0.64, 0), (2.44, 0), (2.96, 2)):
        left, right = seen[second].getpixel((20, 30)), seen[second].getpixel((80, 30))
        assert left.index(max(left)) == colour, second
        assert min(right) > 230, second


def test_a_gif_that_lasts_too_long_stays_a_problem(root: Path, put: Put) -> None:
    file = put("a.gif", gif(durations=(60_000, 2_000)))
    (medium,) = post_with(root, file).media
    facts = replace(details_of(root, file), kind=MediaKind.VIDEO)
    post = replace(post_with(root, file), media=(replace(medium, facts=facts),))
    item = attachment_from_medium(post.media[0], f"posts/{file}")
    rules = replace(limits("instagram", MediaKind.VIDEO), duration=(3.0, 60.0))
    found = judged(post, item, _RenditionStub("instagram"), rules, convert=True)
    assert [problem.code for problem in found] == ["media-duration"]


class _RenditionStub:
    """As much of a rendition as a judgement asks for."""

    def __init__(self, channel: str) -> None:
        self.channel = channel


AUDIO_FILES = {
    "a.wav": audio_file("pcm_s16le", container="wav", sample_rate=44_100, layout="stereo", seconds=2.0),
    "a.flac": audio_file("flac", container="flac", sample_rate=96_000, layout="stereo", seconds=2.0),
    "vorbis.ogg": audio_file("vorbis", container="ogg", layout="stereo", seconds=2.0),
    "stereo.opus": audio_file("libopus", container="ogg", layout="stereo", seconds=2.0),
}
FINE = {
    "mono.opus": audio_file("libopus", container="ogg", seconds=2.0),
    "a.aac": audio_file(seconds=2.0, layout="stereo"),
    "a.m4a": audio_file(container="ipod", seconds=2.0, layout="stereo"),
    "a.mp3": audio_file("libmp3lame", container="mp3", seconds=2.0, layout="stereo"),
}


def problems(root: Path, file: str, *, convert: bool) -> list[str]:
    """What WhatsApp would not take in the sound, by code."""
    (medium,) = post_with(root, file).media
    post = replace(post_with(root, file), media=(replace(medium, facts=details_of(root, file)),))
    item = attachment_from_medium(post.media[0], f"posts/{file}")
    found = judged(
        post, item, _RenditionStub("whatsapp"), limits("whatsapp", MediaKind.AUDIO), convert=convert
    )
    return [problem.code for problem in found]


@pytest.mark.parametrize("name", AUDIO_FILES)
def test_an_audio_becomes_one_that_whatsapp_takes(root: Path, put: Put, name: str) -> None:
    file = put(name, AUDIO_FILES[name])
    assert problems(root, file, convert=False)
    assert problems(root, file, convert=True) == []
    item = attached(root, file, MediaKind.AUDIO)
    given = fit.fit_media(
        root / item.path, item, limits("whatsapp", MediaKind.AUDIO), folder=root / "fit", conversions=DONE
    )
    result = given.path.read_bytes()
    assert (given.mime, given.path.suffix, result[4:11]) == ("audio/mp4", ".m4a", b"ftypM4A")
    seen = measure(BytesIO(result), given.mime)
    assert (seen.kind, seen.video.audio_codec, seen.video.codec) == (MediaKind.AUDIO, "aac", "")
    assert seen.duration == pytest.approx(2.0, abs=0.1)
    assert problems(root, put("result.m4a", result), convert=False) == []


@pytest.mark.parametrize("name", FINE)
def test_an_audio_that_whatsapp_takes_is_sent_as_it_is(root: Path, put: Put, name: str) -> None:
    file = put(name, FINE[name])
    assert problems(root, file, convert=False) == []
    item = attached(root, file, MediaKind.AUDIO)
    given = fit.fit_media(
        root / item.path, item, limits("whatsapp", MediaKind.AUDIO), folder=root / "fit", conversions=DONE
    )
    assert (given.path.suffix, given.size) == (Path(name).suffix, len(FINE[name]))


def test_an_audio_too_long_to_be_understood_in_the_remaining_size_is_refused(root: Path, put: Put) -> None:
    item = attached(root, put("a.wav", AUDIO_FILES["a.wav"]), MediaKind.AUDIO)
    rules = limits("whatsapp", MediaKind.AUDIO)
    tiny = replace(rules, max_bytes=Limit(5_000, "bytes", rules.source))
    with pytest.raises(MediaRejected) as refused:
        fit.fit_media(root / item.path, item, tiny, folder=root / "fit", conversions=DONE)
    assert refused.value.code == "media-not-converted"


def test_a_shorter_one_gets_as_many_bits_as_there_is_room(root: Path, put: Put) -> None:
    item = attached(root, put("a.wav", AUDIO_FILES["a.wav"]), MediaKind.AUDIO)
    rules = limits("whatsapp", MediaKind.AUDIO)
    small = replace(rules, max_bytes=Limit(12_000, "bytes", rules.source))
    assert len(made(root, item, small)[1]) <= 12_000
