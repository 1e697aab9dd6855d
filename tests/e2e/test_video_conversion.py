"""A video that nobody takes, with `convert = true`: made fit for each channel, published, and seen there."""

from io import BytesIO

import av
import pytest
from PIL import Image

from tests.media.video.test_gif_and_audio import gif
from tests.support.image_files import jpeg
from tests.support.office import Office
from tests.support.video_files import audio_file, video_file

MEDIA = '[{file: media/telepon.mov, alt: "Tangan memilah sampah."}]'
TALL = '[{file: media/tinggi.jpg, alt: "Pohon di taman."}]'


@pytest.fixture
def phone_video(office: Office) -> Office:
    """The office got a video as a telephone makes it, and a picture taller than Instagram takes."""
    data = video_file(
        (1920, 1088), seconds=3.2, rate=10, codec="libx265", container="mov", audio="aac", comment="rumah"
    )
    media = office.folder / "posts" / "media"
    (media / "telepon.mov").write_bytes(data)
    (media / "tinggi.jpg").write_bytes(jpeg((400, 1000)))
    office.post("film", "Pilah sampah.", channels="[x, instagram]", media=MEDIA)
    office.post("pohon", "Taman baru.", channels="[instagram]", media=TALL)
    return office


def test_without_convert_each_broken_rule_is_reported(phone_video: Office) -> None:
    found = phone_video.json("check", exit_code=3)["problems"]
    told = {(problem["channel"], problem["code"]) for problem in found}
    assert told == {
        ("x", "media-codec"),
        ("x", "media-too-wide"),
        ("instagram", "media-frame-rate"),
        ("instagram", "media-index"),
        ("instagram", "media-ratio"),
    }
    assert all("convert = true" in problem["hint"] for problem in found)


def test_with_convert_it_is_published_and_displayed(phone_video: Office) -> None:
    config = phone_video.folder / "config.toml"
    config.write_text(config.read_text("utf-8") + "convert = true\n", "utf-8")
    assert phone_video.json("check")["problems"] == []
    phone_video.run("publish", "film", "--yes")
    phone_video.run("publish", "pohon", "--yes")
    (x,) = phone_video.sandbox.objects("x")
    reel, picture = phone_video.sandbox.objects("instagram")
    for shown, most in ((x, 1280), (reel, 1920)):
        (media,) = shown["media"]
        data = phone_video.sandbox.fetch(f"/_sandbox/media/{media['sha256']}")
        assert b"rumah" not in data
        with av.open(BytesIO(data)) as seen:
            stream = seen.streams.video[0]
            assert (media["type"], stream.codec_context.name in ("h264", "hevc")) == ("video/mp4", True)
            assert stream.width <= most
    (media,) = picture["media"]
    with Image.open(BytesIO(phone_video.sandbox.fetch(f"/_sandbox/media/{media['sha256']}"))) as image:
        assert image.size == (800, 1000)


def test_a_gif_is_a_reel_and_an_audio_is_taken(office: Office) -> None:
    media = office.folder / "posts" / "media"
    (media / "gerak.gif").write_bytes(gif((401, 301)))
    (media / "siaran.wav").write_bytes(audio_file("pcm_s16le", container="wav", seconds=2.0))
    moving = '[{file: media/gerak.gif, alt: "Lampu sirene menyala."}]'
    office.post("sirene", "Uji sirene.", channels="[instagram]", media=moving)
    spoken = {"audiences": "[wartawan]", "media": "[{file: media/siaran.wav}]"}
    office.post("siaran", "Dengar.", channels="[whatsapp]", **spoken)
    found = office.json("check", exit_code=3)["problems"]
    assert {(p["channel"], p["code"]) for p in found if p["severity"] == "error"} == {
        ("instagram", "media-kind"),
        ("whatsapp", "media-container"),
        ("whatsapp", "media-sound"),
    }
    config = office.folder / "config.toml"
    config.write_text(config.read_text("utf-8") + "convert = true\n", "utf-8")
    assert [p for p in office.json("check")["problems"] if p["severity"] == "error"] == []
    office.run("publish", "sirene", "--yes")
    (reel,) = office.sandbox.objects("instagram")
    (shown,) = reel["media"]
    with av.open(BytesIO(office.sandbox.fetch(f"/_sandbox/media/{shown['sha256']}"))) as seen:
        stream = seen.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 400, 300)
