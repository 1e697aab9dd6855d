"""A video that a channel does not take, made into one that it takes: what comes out is looked at by FFmpeg."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import pytest
from PIL import Image

from humaspost.channels.registry import load_channels
from humaspost.media import fit
from humaspost.media.fit import MediaChanged, MediaRejected
from humaspost.media.geometry import fit_geometry
from humaspost.media.probe import MediaProbe
from humaspost.media.video import plan
from humaspost.media.video.measure import MeasuredMedia, measure
from humaspost.media.video.plan import plan_encoding
from humaspost.media.video.pool import ConversionPool
from humaspost.model.post import MediaFacts, MediaKind, Post, Video
from humaspost.model.rendition import Attachment, Part, Rendition, attachment_from_medium
from humaspost.model.rules import Limit, MediaRules, Source, VideoRules
from humaspost.planning.video_checks import check_video as judged
from tests.support import image_files
from tests.support.image_files import post_with
from tests.support.reference_data import ROOT
from tests.support.video_files import hdr, video_file

Put = Callable[[str, bytes], str]
_SOURCE = Source("https://example.org/rules", date(2026, 11, 23))
STRICT = MediaRules(
    ("video/mp4",),
    Limit(1_000_000, "bytes", _SOURCE),
    _SOURCE,
    ratio=(0.5, 2.0),
    max_sides=(320, 240),
    video=VideoRules(
        codecs=("h264",),
        pixel_formats=("yuv420p",),
        audio_codecs=("aac",),
        frame_rate=(23, 60),
        bit_rate=5_000_000,
        sample_rate=48_000,
        audio_channels=2,
        index_first=True,
    ),
)
FINE = video_file(rate=25, audio="aac", first=True)
#: Waits for each.
DONE = ConversionPool(wait_seconds=None)


def attached(root: Path, file: str) -> Attachment:
    (medium,) = post_with(root, file).media
    facts = MediaProbe(root).probe_medium(medium)
    assert isinstance(facts, MediaFacts), facts
    return attachment_from_medium(replace(medium, facts=facts), f"posts/{file}")


def made(root: Path, file: str, rules: MediaRules = STRICT) -> tuple[MeasuredMedia, bytes]:
    attachment = attached(root, file)
    given = fit.fit_media(root / attachment.path, attachment, rules, folder=root / "fit", conversions=DONE)
    data = given.path.read_bytes()
    assert (given.size, given.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    return measure(BytesIO(data), given.mime), data


def complaints(root: Path, data: bytes, rules: MediaRules) -> list[str]:
    """What the channel would say of the result, by the code that ``check`` uses."""
    (root / "posts/media/result.mp4").write_bytes(data)
    (medium,) = post_with(root, "media/result.mp4").media
    facts = MediaProbe(root).probe_medium(medium)
    assert isinstance(facts, MediaFacts), facts
    whole = replace(medium, facts=facts)
    post = Post("p-1", "posts/p-1.md", "P", (), media=(whole,))
    item = attachment_from_medium(whole, "posts/media/result.mp4")
    return [p.code for p in judged(post, item, Rendition("x", (Part(1, "", (item,)),)), rules, convert=False)]


def test_what_fits_is_sent_as_it_is(root: Path, put: Put) -> None:
    seen, data = made(root, put("a.mp4", FINE))
    assert (len(data), seen) == (len(FINE), measure(BytesIO(FINE), "video/mp4"))
    assert _packets(data) == _packets(FINE)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.mov", video_file(rate=25, container="mov")),
        ("late.mp4", video_file(rate=25)),
        ("hevc.mp4", video_file(rate=25, codec="libx265")),
        ("colours.mp4", video_file(rate=25, pixels="yuv444p")),
        ("mp3.mp4", video_file(rate=25, audio="libmp3lame")),
        ("fast.mp4", video_file(rate=90, seconds=2)),
        ("slow.mp4", video_file(rate=5, seconds=2)),
        ("large.mp4", video_file((640, 360), rate=25)),
        ("upright.mp4", video_file((360, 640), rate=25)),
        ("ribbon.mp4", video_file((320, 64), rate=25, audio="aac")),
    ],
)
def test_what_does_not_fit_is_made_to(root: Path, put: Put, name: str, data: bytes) -> None:
    file = put(name, data)
    before = measure(BytesIO(data), "video/quicktime" if name.endswith("mov") else "video/mp4")
    seen, result = made(root, file)
    assert complaints(root, result, STRICT) == []
    assert seen.duration == pytest.approx(before.duration, abs=0.15)
    assert bool(seen.video.audio_codec) == bool(before.video.audio_codec)


def test_a_video_that_only_lies_wrong_keeps_every_picture(root: Path, put: Put) -> None:
    source = video_file(rate=25, container="mov", audio="aac")
    _, data = made(root, put("a.mov", source))
    assert _packets(data) == _packets(source)


def _packets(data: bytes) -> list[bytes]:
    with av.open(BytesIO(data)) as source:
        return [bytes(packet) for packet in source.demux(video=0) if packet.size]


def test_a_recording_of_a_phone_keeps_the_name_of_its_codec(root: Path, put: Put) -> None:
    """Apple's players play HEVC as hvc1 only; FFmpeg writes hev1 by itself."""
    data = video_file(rate=25, codec="libx265", audio="aac").replace(b"hev1", b"hvc1")
    rules = replace(STRICT, video=replace(STRICT.video or VideoRules(), codecs=("h264", "hevc")))
    seen, result = made(root, put("a.mp4", data), rules)
    assert seen.video.index_first
    assert (b"hvc1" in result, b"hev1" in result) == (True, False)
    _seen, result = made(root, put("b.mp4", data.replace(b"hvc1", b"hev1")), rules)
    assert (b"hvc1" in result, b"hev1" in result) == (False, True)


def test_padding_is_black_and_nothing_is_cut_off(root: Path, put: Put) -> None:
    _, data = made(root, put("a.mp4", video_file((320, 64), rate=25)))
    image = _first(data)
    assert image.size == (320, 160)
    assert max(image.getpixel((160, 10))) < 20
    assert image.getpixel((200, 80))[2] > 100


def test_a_video_held_upright_comes_out_upright(root: Path, put: Put) -> None:
    data = video_file((96, 64), rate=25, codec="libx265")
    turned = bytes.fromhex("000000000001000000000000FFFF000000000000")
    at = data.index(b"tkhd") + 4 + 40
    seen, result = made(root, put("a.mp4", data[:at] + turned + data[at + 20 :]))
    assert (seen.width, seen.height) == (64, 96)
    image = _first(result)
    assert image.size == (64, 96)
    assert [image.getpixel(at)[0] > 150 for at in ((6, 6), (57, 6), (6, 89))] == [False, True, False]


def test_the_white_of_a_new_phone_is_white_on_a_screen(root: Path, put: Put) -> None:
    # ITU-R BT.2408: what is white in SDR has 75 % of HLG's signal, which unchanged would be a grey of 191.
    _, data = made(root, put("a.mp4", hdr(721)))
    assert min(_first(data).getpixel((32, 32))) > 245
    with av.open(BytesIO(data)) as source:
        told = source.streams.video[0].codec_context
        assert (told.color_primaries, told.color_trc, told.colorspace, told.color_range) == (1, 1, 1, 1)


def _first(data: bytes) -> Image.Image:
    with av.open(BytesIO(data)) as source:
        return next(source.decode(video=0)).to_image()


def test_nothing_that_a_phone_records_of_the_location_remains(root: Path, put: Put) -> None:
    data = video_file(rate=25, codec="libx265", comment="-06.2000+106.8166/")
    assert b"106.8166" in data
    assert b"106.8166" not in made(root, put("a.mp4", data))[1]


def test_the_same_video_comes_out_the_same_under_the_same_name(root: Path, put: Put) -> None:
    file = put("a.mp4", video_file(rate=25, codec="libx265", audio="aac"))
    attachment = attached(root, file)
    results = [
        fit.fit_media(root / attachment.path, attachment, STRICT, folder=root / folder, conversions=DONE)
        for folder in ("one", "two")
    ]
    assert results[0].path.name == results[1].path.name
    assert results[0].sha256 == results[1].sha256
    assert [path.name for path in (root / "one").iterdir()] == [results[0].path.name]


def test_what_was_made_once_is_not_made_again(root: Path, put: Put) -> None:
    attachment = attached(root, put("a.mp4", video_file(rate=25, codec="libx265")))
    first = fit.fit_media(root / attachment.path, attachment, STRICT, folder=root / "fit", conversions=DONE)
    (root / attachment.path).unlink()
    again = fit.fit_media(root / attachment.path, attachment, STRICT, folder=root / "fit", conversions=DONE)
    assert again == first


def test_other_bytes_than_the_approved_are_never_converted(root: Path, put: Put) -> None:
    attachment = attached(root, put("a.mp4", video_file(rate=25, codec="libx265")))
    (root / attachment.path).write_bytes(FINE)
    with pytest.raises(MediaChanged):
        fit.fit_media(root / attachment.path, attachment, STRICT, folder=root / "fit", conversions=DONE)


def test_without_convert_a_video_is_sent_as_it_is(root: Path, put: Put) -> None:
    data = video_file(rate=25, codec="libx265")
    attachment = attached(root, put("a.mp4", data))
    given = fit.fit_media(root / attachment.path, attachment, STRICT, folder=root / "fit")
    assert (given.size, given.mime) == (len(data), "video/mp4")
    assert _packets(given.path.read_bytes()) == _packets(data)


def test_a_video_too_poor_to_watch_is_refused(root: Path, put: Put) -> None:
    attachment = attached(root, put("a.mp4", video_file(rate=25, codec="libx265", seconds=3)))
    tiny = replace(STRICT, max_bytes=Limit(20_000, "bytes", _SOURCE))
    with pytest.raises(MediaRejected) as refused:
        fit.fit_media(root / attachment.path, attachment, tiny, folder=root / "fit", conversions=DONE)
    assert refused.value.code == "media-not-converted"
    assert list((root / "fit").glob("*.mp4")) == []
    assert list((root / "fit").glob(".*")) == []


@pytest.mark.parametrize(
    ("frame_rate", "allowed", "expected"),
    [
        (30.0, (23, 60), 30),
        (29.97, (23, 60), Fraction(2997, 100)),
        (90.0, (23, 60), 45),
        (120.0, (1, 60), 60),
        (10.0, (23, 60), 30),
        (12.5, (23, 60), 25),
        (59.94, (1, 60), Fraction(2997, 50)),
        (1000.0, None, 60),
    ],
)
def test_frames_a_second(frame_rate: float, allowed: tuple[float, float] | None, expected: Fraction) -> None:
    seen = MeasuredMedia(MediaKind.VIDEO, Video("hevc", frame_rate=frame_rate), 64, 64, 2.0)
    rules = replace(STRICT, video=VideoRules(frame_rate=allowed))
    assert plan_encoding(seen, rules).frame_rate == expected


def test_a_long_video_gets_fewer_bits() -> None:
    seen = MeasuredMedia(MediaKind.VIDEO, Video("hevc", frame_rate=25.0), 64, 64, 20.0)
    assert plan_encoding(seen, STRICT).bit_rate < 1_000_000 * 8 / 20
    assert (
        plan_encoding(seen, replace(STRICT, max_bytes=Limit(10**9, "bytes", _SOURCE))).bit_rate <= 5_000_000
    )


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((100, 100), (100, 100, 100, 100)),
        ((640, 480), (320, 240, 320, 240)),
        ((480, 640), (240, 320, 240, 320)),
        ((200, 50), (200, 50, 200, 100)),
        ((50, 200), (50, 200, 100, 200)),
        ((400, 100), (320, 80, 320, 160)),
        ((201, 100), (201, 100, 201, 101)),
    ],
)
def test_ratios(size: tuple[int, int], expected: tuple[int, ...]) -> None:
    found = fit_geometry(*size, STRICT)
    assert (found.width, found.height, found.canvas_width, found.canvas_height) == expected


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize(
    "size", [(1080, 1358), (1080, 1351), (1080, 565), (1081, 566), (501, 262), (100, 30), (7, 800), (640, 3)]
)
def test_what_is_padded_is_within_to_the_pixel(size: tuple[int, int], step: int) -> None:
    rules = replace(STRICT, ratio=(0.8, 1.91), max_sides=None)
    found = fit_geometry(*size, rules, step=step)
    assert 0.8 <= found.canvas_width / found.canvas_height <= 1.91
    assert found.canvas_width % step == found.canvas_height % step == 0
    again = fit_geometry(found.canvas_width, found.canvas_height, rules, step=step)
    assert (again.canvas_width, again.canvas_height) == (found.canvas_width, found.canvas_height)
    assert not again.is_padded


def test_a_picture_is_padded_only_on_request(root: Path, put: Put) -> None:
    limits = MediaRules(
        ("image/jpeg",),
        Limit(8_000_000, "bytes", _SOURCE),
        _SOURCE,
        convert_to="image/jpeg",
        ratio=(0.8, 1.91),
    )
    attachment = attached(root, put("a.jpg", image_files.jpeg((300, 600))))
    sizes = []
    for convert_it in (False, True):
        given = fit.fit_media(
            root / attachment.path,
            attachment,
            limits,
            folder=root / "fit",
            conversions=DONE if convert_it else None,
        )
        with Image.open(given.path) as image:
            sizes.append(image.size)
            if convert_it:
                assert min(image.getpixel((10, 300))) > 240
                assert image.getpixel((240, 500))[0] > 200
    assert sizes == [(300, 600), (480, 600)]


def test_the_example_video_needs_no_conversion_for_x() -> None:
    config = load_channels()["x"].Config.model_validate({"handle": "@kotacontoh"})
    rules = load_channels()["x"].rules(config).media[MediaKind.VIDEO]
    path = ROOT / "posts/media/006-pilah-sampah.mp4"
    with path.open("rb") as file:
        seen = measure(file, "video/mp4")
    assert plan.is_acceptable(seen, rules, mime="video/mp4", size=path.stat().st_size)
