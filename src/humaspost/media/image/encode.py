"""A picture as bytes that fit: stepped down in quality, then in size, never up."""

import math
from collections.abc import Iterator
from io import BytesIO

from PIL import Image

from humaspost.media.image import decode

#: The best quality first; below the last one letters in an infographic blur, so then it is made smaller.
QUALITIES = (92, 88, 84, 80, 74, 66)
_SMALLER = 0.85
_LEAST_SIDE = 32


def encoded(
    image: Image.Image,
    mime: str,
    *,
    max_bytes: int,
    least_width: int = 0,
    ratio: tuple[float, float] | None = None,
) -> bytes | None:
    """The picture in at most ``max_bytes``; None where that cannot be without going below ``least_width``.

    One within ``ratio`` stays within it.
    """
    for smaller in _sizes(image, max(least_width, _LEAST_SIDE), ratio):
        for data in _qualities(smaller, mime):
            if len(data) <= max_bytes:
                return data
    return None


def narrowed(
    image: Image.Image, most_width: int | None, *, ratio: tuple[float, float] | None = None
) -> Image.Image:
    """The picture, at most that wide; one within ``ratio`` stays within it."""
    if most_width is None or image.width <= most_width:
        return image
    return _resized(image, most_width, ratio)


def _sizes(image: Image.Image, least_width: int, ratio: tuple[float, float] | None) -> Iterator[Image.Image]:
    yield image
    width = int(image.width * _SMALLER)
    while width >= least_width:
        yield _resized(image, width, ratio)
        width = int(width * _SMALLER)


def _resized(image: Image.Image, width: int, ratio: tuple[float, float] | None) -> Image.Image:
    """The nearest whole height may be a hair beyond the ratio, and then one of its neighbours is not."""
    near = max(1, round(image.height * width / image.width))
    narrow, broad = ratio or (0.0, math.inf)
    within = (height for height in (near, near - 1, near + 1) if height and narrow <= width / height <= broad)
    return image.resize((width, next(within, near)), Image.Resampling.LANCZOS)


def _qualities(image: Image.Image, mime: str) -> Iterator[bytes]:
    if mime == "image/png":
        yield _saved(image, mime, optimize=True)
        return
    for quality in QUALITIES:
        if mime == "image/webp":
            yield _saved(image, mime, quality=quality, method=4)
        else:
            # Full colour resolution while there is room: red letters on white are the first to suffer.
            full = 0 if quality >= 84 else 2
            # Not optimize=True: Pillow 13 gives it a buffer of one byte a pixel, and noise needs more (OSError).
            yield _saved(image, mime, quality=quality, subsampling=full, progressive=False)


def _saved(image: Image.Image, mime: str, **options: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, decode.FORMATS[mime], **options)
    return buffer.getvalue()
