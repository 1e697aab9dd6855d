"""The decoder of images, which treats every file as hostile."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image, ImageCms
from PIL.ImageFile import ImageFile

from humaspost.media.geometry import Geometry

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
MAX_PIXELS = 50_000_000
_ORIENTATION = 0x0112
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Pillow only warns between 89 and 179 million pixels. warnings.catch_warnings is not safe among threads, so
# the warning is an error in the whole program. ``open_image`` has its own, lower limit.
warnings.simplefilter("error", Image.DecompressionBombWarning)


class UnreadableImage(Exception):
    """The content is not a complete image of its type; the text is from the decoder."""


class TooManyPixels(Exception):
    """The header announces more than MAX_PIXELS; nothing was decoded."""


@contextmanager
def open_image(file: BinaryIO, mime: str) -> Iterator[ImageFile]:
    """Yield the image, decoded to its last byte; raise UnreadableImage or TooManyPixels.

    Only the decoder of ``mime`` is tried: Pillow has dozens, and each is an attack surface (GHSA-whj4-6x5x-4v2j).
    """
    try:
        image = Image.open(file, formats=(FORMATS[mime],))
        if image.width * image.height > MAX_PIXELS:
            raise TooManyPixels
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels from error
    except TooManyPixels:
        raise
    except Exception as error:  # hostile bytes make decoders raise anything: struct.error, IndexError, …
        raise UnreadableImage(str(error) or type(error).__name__) from error
    with image:
        yield image


def exif_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 if it is absent or not valid."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # any program may have written the EXIF data; broken data is ignored
        return 1
    return value if value in _TRANSPOSITIONS else 1


def rotate_upright(image: Image.Image) -> Image.Image:
    """Return the image rotated upright."""
    turn = _TRANSPOSITIONS.get(exif_orientation(image))
    return image.transpose(turn) if turn is not None else image


def oriented_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height of the upright image."""
    return (image.height, image.width) if exif_orientation(image) >= 5 else (image.width, image.height)


def is_animated(image: ImageFile, mime: str) -> bool:
    """Return True for more than one frame; extra frames of a JPEG are thumbnails and depth maps."""
    return mime != "image/jpeg" and bool(getattr(image, "is_animated", False))


def convert_to_srgb(image: Image.Image) -> Image.Image:
    """Return the image as 8-bit sRGB, or RGBA if any pixel is transparent, without metadata."""
    alpha = _alpha_channel(image)
    plain = _to_srgb(_drop_alpha(image), image.info.get("icc_profile"))
    if alpha is not None:
        plain.putalpha(alpha)
    plain.info = {}
    return plain


def flatten(image: Image.Image) -> Image.Image:
    """Return the image as RGB, with white in place of transparency."""
    if image.mode != "RGBA":
        return image
    background = Image.new("RGB", image.size, "white")
    background.paste(image, mask=image.getchannel("A"))
    return background


def pad(image: Image.Image, geometry: Geometry) -> Image.Image:
    """Return the image centred on a white background if its own ratio is not accepted."""
    if not geometry.is_padded:
        return image
    background = Image.new(image.mode, (geometry.canvas_width, geometry.canvas_height), "white")
    background.paste(
        image, ((geometry.canvas_width - image.width) // 2, (geometry.canvas_height - image.height) // 2)
    )
    return background


def _alpha_channel(image: Image.Image) -> Image.Image | None:
    if not image.has_transparency_data:
        return None
    alpha = image.convert("RGBA").getchannel("A")
    return alpha if alpha.getextrema() != (255, 255) else None


def _drop_alpha(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey: Pillow's own conversion clips instead of scaling
        return image.point(lambda value: value / 257).convert("L")
    if image.mode in ("RGB", "L", "CMYK"):
        return image
    return image.convert("L" if image.mode in ("1", "LA", "La") else "RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        converted = _convert_profile(image, profile)
        if converted is not None:
            return converted
    return image.convert("RGB") if image.mode != "RGB" else image.copy()


def _convert_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the image converted by its profile; None if that is broken or for other colours."""
    from io import BytesIO

    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
