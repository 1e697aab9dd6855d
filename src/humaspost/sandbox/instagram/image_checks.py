"""Instagram's rules for images: JPEG content, at most 8 MiB, 4:5 to 1.91:1 in the feed."""

import io

from PIL import Image, UnidentifiedImageError

from humaspost.sandbox.instagram.errors import subcode_error
from humaspost.sandbox.loopback_client import NotLoopback, Timeout, Unreachable, fetch

MAX_IMAGE_BYTES = 8 * 1024 * 1024
_MIN_RATIO, _MAX_RATIO = 0.8, 1.91


def fetch_media(url: str, *, family: str, limit: int, seconds: float, head_first: bool = False) -> bytes:
    """Return the file at ``url`` as Instagram downloads it.

    Raise 2207052 unless the response is 200 and of ``family`` (image or video), and 2207003
    for a timeout. Redirects are not followed. The address must be ASCII and, in the sandbox,
    on this computer.
    """
    if not url.isascii():
        raise subcode_error(2207052, url=url)
    methods = ["HEAD", "GET"] if head_first else ["GET"]
    try:
        responses = [fetch(url, limit=limit, seconds=seconds, method=method) for method in methods]
    except Timeout as slow:
        raise subcode_error(2207003) from slow
    except (NotLoopback, Unreachable) as lost:
        raise subcode_error(2207052, url=url) from lost
    for response in responses:
        if response.status != 200 or not response.content_type.startswith(f"{family}/"):
            raise subcode_error(2207052, url=url)
    return responses[-1].content


def check_image(data: bytes, *, feed: bool, strict: bool, accepts_png: bool) -> None:
    """Check that Instagram accepts the image.

    Raise GraphError if it is too large, not a JPEG or, in the feed, of a wrong aspect ratio.
    """
    if len(data) > MAX_IMAGE_BYTES:
        raise subcode_error(2207004, size="8 MiB")
    width, height = _image_size(data, strict=strict, accepts_png=accepts_png)
    if feed and not _MIN_RATIO <= width / height <= _MAX_RATIO:
        raise subcode_error(2207009, ratio=f"{width / height:.4f}")


def _image_size(data: bytes, *, strict: bool, accepts_png: bool) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(data)) as image:
            problem = str(image.format)
            if problem == "JPEG" and strict:
                problem = _image_problem(image) or problem
            if problem != "JPEG" and not (accepts_png and problem == "PNG"):
                raise subcode_error(2207005, found=problem)
            image.load()
            return image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise subcode_error(2207004, size="8 MiB") from bomb
    except (UnidentifiedImageError, OSError) as broken:
        raise subcode_error(2207005, found="unknown") from broken


def _image_problem(image: Image.Image) -> str | None:
    """Return why a JPEG is not a baseline sRGB one, or None."""
    if image.info.get("progressive"):
        return "progressive JPEG"
    if image.mode not in ("RGB", "L"):
        return f"{image.mode} JPEG"
    profile = image.info.get("icc_profile") or b"sRGB"
    if b"sRGB" not in profile.replace(b"\0", b""):
        return "JPEG with a profile other than sRGB"
    return None
