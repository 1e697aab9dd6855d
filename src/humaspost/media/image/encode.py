"""The encoder of images to a byte limit: lower quality first, then a smaller size."""

import math
from collections.abc import Iterator
from io import BytesIO

from PIL import Image

from humaspost.media.image import decode

#: Best quality first. Below the last one, letters in an infographic blur, so the image is reduced instead.
QUALITIES = (92, 88, 84, 80, 74, 66)
_SCALE_STEP = 0.85
_MIN_SIDE = 32


def encode(
    image: Image.Image,
    mime: str,
    *,
    max_bytes: int,
    min_width: int = 0,
    ratio: tuple[float, float] | None = None,
) -> bytes | None:
    """Return the image in at most ``max_bytes``, or None if that needs less than ``min_width``.

    An image within ``ratio`` stays within it.
    """
    for candidate in _candidate_sizes(image, max(min_width, _MIN_SIDE), ratio):
        for data in _candidate_encodings(candidate, mime):
            if len(data) <= max_bytes:
                return data
    return None


def limit_width(
    image: Image.Image, max_width: int | None, *, ratio: tuple[float, float] | None = None
) -> Image.Image:
    """Return the image at most ``max_width`` wide; an image within ``ratio`` stays within it."""
    if max_width is None or image.width <= max_width:
        return image
    return _resize(image, max_width, ratio)


def _candidate_sizes(
    image: Image.Image, min_width: int, ratio: tuple[float, float] | None
) -> Iterator[Image.Image]:
    yield image
    width = int(image.width * _SCALE_STEP)
    while width >= min_width:
        yield _resize(image, width, ratio)
        width = int(width * _SCALE_STEP)


def _resize(image: Image.Image, width: int, ratio: tuple[float, float] | None) -> Image.Image:
    """Return the image at this width, with the nearest whole height that keeps the ratio."""
    nearest = max(1, round(image.height * width / image.width))
    narrow, broad = ratio or (0.0, math.inf)
    allowed = (
        height
        for height in (nearest, nearest - 1, nearest + 1)
        if height and narrow <= width / height <= broad
    )
    return image.resize((width, next(allowed, nearest)), Image.Resampling.LANCZOS)


def _candidate_encodings(image: Image.Image, mime: str) -> Iterator[bytes]:
    if mime == "image/png":
        yield _save(image, mime, optimize=True)
        return
    for quality in QUALITIES:
        if mime == "image/webp":
            yield _save(image, mime, quality=quality, method=4)
        else:
            # Full colour resolution while space allows: red letters on white are the first to suffer.
            subsampling = 0 if quality >= 84 else 2
            # Not optimize=True: Pillow 13 gives it a buffer of one byte per pixel, and noise needs more
            # (OSError).
            yield _save(image, mime, quality=quality, subsampling=subsampling, progressive=False)


def _save(image: Image.Image, mime: str, **options: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, decode.FORMATS[mime], **options)
    return buffer.getvalue()
