"""Turning a picture upright agrees with Pillow's own idea of it, for every way to hold a camera."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from humaspost.media.image import decode
from tests.support import image_files
from tests.support.examples import examples


@examples(30, 120)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 9), st.sampled_from(["RGB", "L"]), st.data())
def test_upright_is_what_pillow_computes(
    width: int, height: int, turn: int, mode: str, data: st.DataObject
) -> None:
    bands = len(mode)
    pixels = data.draw(st.binary(min_size=width * height * bands, max_size=width * height * bands))
    exif = Image.Exif()
    exif[0x0112] = turn
    file = BytesIO(image_files.saved(Image.frombytes(mode, (width, height), pixels), "PNG", exif=exif))
    with decode.open_image(file, "image/png") as image:
        ours, size = decode.rotate_upright(image), decode.oriented_size(image)
        theirs = ImageOps.exif_transpose(image)
    assert ours.size == size == theirs.size
    assert ours.tobytes() == theirs.tobytes()


@examples(37, 150)
@given(st.binary(max_size=200), st.integers(0, 400), st.sampled_from(sorted(decode.FORMATS)))
def test_hostile_bytes_end_in_one_of_two_errors(noise: bytes, at: int, mime: str) -> None:
    whole = (
        image_files.gif()
        if mime == "image/gif"
        else image_files.saved(image_files.corner((8, 8)), decode.FORMATS[mime])
    )
    data = whole[:at] + noise + whole[at + len(noise) :]
    try:
        with decode.open_image(BytesIO(data), mime) as image:
            decode.convert_to_srgb(decode.rotate_upright(image))
    except (decode.UnreadableImage, decode.TooManyPixels):
        return


def test_only_the_decoder_of_the_announced_kind_is_tried() -> None:
    with pytest.raises(decode.UnreadableImage), decode.open_image(BytesIO(image_files.png()), "image/jpeg"):
        pass
