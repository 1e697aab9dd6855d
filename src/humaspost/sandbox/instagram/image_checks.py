"""What Instagram takes as an image: JPEG by content, at most 8 MiB, between 4:5 and 1.91:1 in the feed."""

import io

from PIL import Image, UnidentifiedImageError

from humaspost.sandbox.instagram.errors import refused
from humaspost.sandbox.loopback_client import NotLoopback, TooSlow, Unreachable, fetch

IMAGE_MOST = 8 * 1024 * 1024
_NARROWEST, _WIDEST = 0.8, 1.91


def fetched(url: str, *, family: str, limit: int, seconds: float, head_first: bool = False) -> bytes:
    """What Instagram's own download of ``url`` gives: 200 and ``family`` (image, video), or 2207052, 2207003.

    Redirects are not followed; the address must be ASCII and, here, on this computer.
    """
    if not url.isascii():
        raise refused(2207052, url=url)
    steps = ["HEAD", "GET"] if head_first else ["GET"]
    try:
        answers = [fetch(url, limit=limit, seconds=seconds, method=step) for step in steps]
    except TooSlow as slow:
        raise refused(2207003) from slow
    except (NotLoopback, Unreachable) as lost:
        raise refused(2207052, url=url) from lost
    for answer in answers:
        if answer.status != 200 or not answer.content_type.startswith(f"{family}/"):
            raise refused(2207052, url=url)
    return answers[-1].content


def check_image(data: bytes, *, feed: bool, strict: bool, png: bool) -> None:
    """Returns only for what Instagram takes; else it is too large, no JPEG or, in the feed, too long."""
    if len(data) > IMAGE_MOST:
        raise refused(2207004, size="8 MiB")
    width, height = _size(data, strict=strict, png=png)
    if feed and not _NARROWEST <= width / height <= _WIDEST:
        raise refused(2207009, ratio=f"{width / height:.4f}")


def _size(data: bytes, *, strict: bool, png: bool) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            found = str(picture.format)
            if found == "JPEG" and strict:
                found = _oddity(picture) or found
            if found != "JPEG" and not (png and found == "PNG"):
                raise refused(2207005, found=found)
            picture.load()
            return picture.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise refused(2207004, size="8 MiB") from bomb
    except (UnidentifiedImageError, OSError) as broken:
        raise refused(2207005, found="unknown") from broken


def _oddity(picture: Image.Image) -> str | None:
    """What keeps a JPEG from being a baseline sRGB one."""
    if picture.info.get("progressive"):
        return "progressive JPEG"
    if picture.mode not in ("RGB", "L"):
        return f"{picture.mode} JPEG"
    profile = picture.info.get("icc_profile") or b"sRGB"
    if b"sRGB" not in profile.replace(b"\0", b""):
        return "JPEG with a profile other than sRGB"
    return None
