"""What a channel is sent: the approved picture, within its limits, and nothing else that was in the file."""

import hashlib
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from humaspost.media.fit import MediaChanged, MediaRejected, fit_media
from humaspost.media.image.encode import limit_width
from humaspost.media.probe import MediaProbe
from humaspost.model.channel import FitFile
from humaspost.model.post import MediaFacts, MediaKind
from humaspost.model.rendition import Attachment, attachment_from_medium
from humaspost.model.rules import Limit, MediaRules, Source
from tests.support import image_files
from tests.support.image_files import CANARY, post_with
from tests.support.reference_data import ROOT

Put = Callable[[str, bytes], str]
SOURCE = Source("https://example.org/rules", date(2026, 11, 1))


def rules(*mimes: str, max_bytes: int = 8_000_000, **more: object) -> MediaRules:
    return MediaRules(mimes, Limit(max_bytes, "bytes", SOURCE), SOURCE, **more)


INSTAGRAM = rules("image/jpeg", convert_to="image/jpeg", ratio=(0.8, 1.91), width=(320, 1440))
X = rules("image/jpeg", "image/png", "image/webp", "image/gif", max_bytes=5_000_000)
WHATSAPP = rules("image/jpeg", "image/png", max_bytes=5_000_000)


def attached(root: Path, file: str) -> Attachment:
    post, problems = MediaProbe(root).probe_post(post_with(root, file))
    assert problems == []
    return attachment_from_medium(post.media[0], f"posts/{file}")


def fitted(root: Path, file: str, taken: MediaRules) -> tuple[FitFile, bytes]:
    attachment = attached(root, file)
    made = fit_media(root / attachment.path, attachment, taken, folder=root / "fit")
    data = made.path.read_bytes()
    assert (made.size, made.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    return made, data


def close(actual: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 12 for a, b in zip(actual, expected, strict=True))


@pytest.mark.parametrize("taken", [INSTAGRAM, X, WHATSAPP])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_photograph_keeps_only_what_is_visible(
    root: Path, put: Put, taken: MediaRules, orientation: int
) -> None:
    source = image_files.jpeg((600, 400), orientation=orientation, secrets=True)
    assert source.count(CANARY) >= 3
    made, data = fitted(root, put("a.jpg", source), taken)
    assert made.mime == "image/jpeg"
    assert CANARY not in data
    for marker in (b"Exif", b"http://ns.adobe.com", b"ICC_PROFILE", b"GPS"):
        assert marker not in data
    image = Image.open(BytesIO(data))
    assert image.size == ((600, 400) if orientation == 1 else (400, 600))
    assert dict(image.getexif()) == {}
    # The blue corner is upper left before, upper right after a quarter turn.
    blue = (5, 5) if orientation == 1 else (395, 5)
    assert close(image.getpixel(blue), (0, 0, 255))


@pytest.mark.parametrize("ratio", [Fraction(4, 5), Fraction(191, 100)])
@pytest.mark.parametrize("width", [1440, 1224, 996, 918, 780, 663, 321])
def test_a_picture_made_smaller_stays_within_the_ratio(ratio: Fraction, width: int) -> None:
    image = Image.new("RGB", (int(1910 * ratio), 1910))
    smaller = limit_width(image, width, ratio=INSTAGRAM.ratio)
    assert smaller.width == width
    assert Fraction(4, 5) <= Fraction(*smaller.size) <= Fraction(191, 100)
    assert abs(smaller.height - width / ratio) <= 1.5


def test_a_picture_of_another_ratio_keeps_it(root: Path) -> None:
    image = Image.new("RGB", (1000, 2000))
    assert limit_width(image, 500, ratio=INSTAGRAM.ratio).size == (500, 1000)


def test_instagram_gets_a_baseline_jpeg_of_its_width(root: Path, put: Put) -> None:
    progressive = image_files.jpeg((3000, 2000), progressive=True)
    made, data = fitted(root, put("a.jpg", progressive), INSTAGRAM)
    image = Image.open(BytesIO(data))
    assert (image.size, image.mode) == ((1440, 960), "RGB")
    assert "progressive" not in image.info
    assert made.path.suffix == ".jpg"


def test_nothing_is_ever_made_larger(root: Path, put: Put) -> None:
    _, data = fitted(root, put("a.jpg", image_files.jpeg((100, 80))), INSTAGRAM)
    assert Image.open(BytesIO(data)).size == (100, 80)


def test_what_is_transparent_becomes_white_in_a_jpeg_and_stays_so_in_a_png(root: Path, put: Put) -> None:
    image = image_files.corner((64, 64), "RGBA")
    image.paste((0, 0, 0, 0), (32, 32, 64, 64))
    file = put("a.png", image_files.saved(image, "PNG"))
    made, data = fitted(root, file, INSTAGRAM)
    assert made.mime == "image/jpeg"
    assert close(Image.open(BytesIO(data)).getpixel((50, 50)), (255, 255, 255))
    made, data = fitted(root, file, X)
    assert made.mime == "image/png"
    assert Image.open(BytesIO(data)).getpixel((50, 50))[3] == 0


def test_a_png_loses_its_texts_and_keeps_its_pixels(root: Path, put: Put) -> None:
    source = image_files.png((64, 64))
    assert CANARY in source
    made, data = fitted(root, put("a.png", source), WHATSAPP)
    assert made.mime == "image/png"
    assert CANARY not in data
    assert Image.open(BytesIO(data)).tobytes() == image_files.corner((64, 64)).tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "I;16", "RGBA"])
def test_every_kind_of_png_becomes_eight_bit_colour(root: Path, put: Put, mode: str) -> None:
    grey = Image.linear_gradient("L")
    image = (
        grey.convert("I").point(lambda value: value * 257).convert("I;16")
        if mode == "I;16"
        else grey.convert(mode)
    )
    _, data = fitted(root, put("a.png", image_files.saved(image, "PNG")), WHATSAPP)
    result = Image.open(BytesIO(data))
    assert result.mode == "RGB"
    middle = result.getpixel((10, 128))
    assert mode == "1" or close(middle, (128, 128, 128))


def test_other_colours_become_srgb(root: Path, put: Put) -> None:
    # A profile whose red and blue primaries are swapped: whoever ignores it shows red as blue.
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    swapped[:] = swapped.replace(b"rXYZ", b"tmpX").replace(b"bXYZ", b"rXYZ").replace(b"tmpX", b"bXYZ")
    source = image_files.jpeg((64, 64), icc_profile=bytes(swapped))
    _, data = fitted(root, put("a.jpg", source), INSTAGRAM)
    assert close(Image.open(BytesIO(data)).getpixel((5, 5)), (255, 0, 0))
    broken = image_files.jpeg((64, 64), icc_profile=b"no profile at all")
    _, data = fitted(root, put("b.jpg", broken), INSTAGRAM)
    assert close(Image.open(BytesIO(data)).getpixel((5, 5)), (0, 0, 255))


def test_ink_colours_become_light_colours(root: Path, put: Put) -> None:
    image = image_files.corner((64, 64)).convert("CMYK")
    _, data = fitted(root, put("a.jpg", image_files.saved(image, "JPEG")), INSTAGRAM)
    assert Image.open(BytesIO(data)).mode == "RGB"
    assert close(Image.open(BytesIO(data)).getpixel((5, 5)), (0, 0, 255))


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise(size, 120) for _ in range(3)])


def test_bytes_are_saved_by_quality_first_then_by_size(root: Path, put: Put) -> None:
    file = put("a.jpg", image_files.saved(noise((400, 400)), "JPEG", quality=98))
    by_quality, _ = fitted(root, file, rules("image/jpeg", max_bytes=120_000))
    assert by_quality.size <= 120_000
    assert Image.open(by_quality.path).size == (400, 400)
    by_size, _ = fitted(root, file, rules("image/jpeg", max_bytes=20_000))
    assert by_size.size <= 20_000
    assert 100 < Image.open(by_size.path).width < 400
    attachment = attached(root, file)
    small = rules("image/jpeg", max_bytes=20_000, width=(380, 1440))
    with pytest.raises(MediaRejected) as refused:
        fit_media(root / attachment.path, attachment, small, folder=root / "fit")
    assert refused.value.code == "media-too-large"


def test_a_heavy_png_is_rather_a_jpeg_than_a_small_png(root: Path, put: Put) -> None:
    file = put("a.png", image_files.saved(noise((300, 300)), "PNG"))
    made, data = fitted(root, file, rules("image/jpeg", "image/png", max_bytes=100_000))
    assert (made.mime, Image.open(BytesIO(data)).size) == ("image/jpeg", (300, 300))
    again, _ = fitted(root, file, rules("image/jpeg", "image/png", max_bytes=100_000))
    assert again == made
    only_png, _ = fitted(root, file, rules("image/png", max_bytes=100_000))
    assert only_png.mime == "image/png"
    assert Image.open(only_png.path).width < 300


def test_a_gif_keeps_its_frames_and_loses_its_comments(root: Path, put: Put) -> None:
    source = image_files.gif(4)
    assert source.count(CANARY) == 2
    attachment = attached(root, put("a.gif", source))
    assert attachment.kind is MediaKind.GIF
    made, data = fitted(root, "media/a.gif", rules("image/gif", max_bytes=15_000_000))
    assert (made.mime, CANARY in data, data[-1:]) == ("image/gif", False, b";")
    before, after = Image.open(BytesIO(source)), Image.open(BytesIO(data))
    assert (after.n_frames, after.info["loop"], after.info["duration"]) == (4, 0, 80)
    for frame in range(4):
        before.seek(frame)
        after.seek(frame)
        assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()
    with pytest.raises(MediaRejected):
        fit_media(root / attachment.path, attachment, rules("image/gif", max_bytes=50), folder=root / "fit")


def test_documents_are_sent_as_they_are(root: Path, put: Put) -> None:
    made, data = fitted(
        root, put("a.pdf", image_files.pdf()), rules("application/pdf", max_bytes=100_000_000)
    )
    assert (data, made.mime, made.path.suffix) == (image_files.pdf(), "application/pdf", ".pdf")
    made, _ = fitted(root, put("a.docx", image_files.office()), rules("x/y", max_bytes=100_000_000))
    assert made.mime.endswith("wordprocessingml.document")


@pytest.mark.parametrize("after", [image_files.jpeg((61, 40)), None])
def test_other_bytes_than_the_approved_are_never_fitted(root: Path, put: Put, after: bytes | None) -> None:
    attachment = attached(root, put("a.jpg", image_files.jpeg()))
    source = root / attachment.path
    if after is None:
        source.unlink()
    else:
        source.write_bytes(after)
    with pytest.raises(MediaChanged):
        fit_media(source, attachment, X, folder=root / "fit")
    assert list((root / "fit").iterdir()) == []


def test_what_was_fitted_once_outlives_its_source(root: Path, put: Put) -> None:
    made, _ = fitted(root, put("a.jpg", image_files.jpeg()), X)
    attachment = attached(root, "media/a.jpg")
    stamp = made.path.stat().st_mtime_ns
    (root / attachment.path).write_bytes(image_files.jpeg((80, 80)))
    again = fit_media(root / attachment.path, attachment, X, folder=root / "fit")
    assert again == made
    assert made.path.stat().st_mtime_ns == stamp


def test_the_same_source_gives_the_same_bytes(root: Path, put: Put) -> None:
    file = put("a.jpg", image_files.jpeg((900, 700)))
    attachment = attached(root, file)
    one = fit_media(root / attachment.path, attachment, INSTAGRAM, folder=root / "one")
    two = fit_media(root / attachment.path, attachment, INSTAGRAM, folder=root / "two")
    assert (one.sha256, one.path.name) == (two.sha256, two.path.name)
    assert one.path.name.startswith(attachment.sha256)
    other = fit_media(root / attachment.path, attachment, X, folder=root / "one")
    assert other.path.name != one.path.name
    as_it_is = fit_media(
        root / attachment.path, attachment, rules("image/jpeg", width=(320, 1440)), folder=root / "one"
    )
    assert as_it_is.path.name != one.path.name  # only convert_to differs


def test_the_sample_pictures_fit_every_channel(tmp_path: Path) -> None:
    folder = ROOT / "posts" / "media"
    for path in sorted(folder.glob("*.[jp][pn]g")):
        found = MediaProbe(ROOT).probe_medium(post_with(ROOT, f"media/{path.name}").media[0])
        assert isinstance(found, MediaFacts)
        for taken in (INSTAGRAM, X, WHATSAPP):
            attachment = attached(ROOT, f"media/{path.name}")
            made = fit_media(path, attachment, taken, folder=tmp_path)
            data = made.path.read_bytes()
            assert made.mime in taken.mimes
            assert b"Exif" not in data
            assert b"eXIf" not in data
