"""A media file as one channel accepts it, made from the exact bytes that were approved."""

import hashlib
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from io import BufferedRandom
from pathlib import Path

from humaspost.base.canonical_json import Json, sha256_digest
from humaspost.base.files import atomic_write, make_folder
from humaspost.media import safe_open
from humaspost.media.geometry import fit_geometry
from humaspost.media.image import decode, encode, gif
from humaspost.media.mp4 import strip_metadata
from humaspost.media.video import measure
from humaspost.media.video import plan as converting
from humaspost.media.video.plan import ConversionFailed
from humaspost.media.video.pool import ConversionPool
from humaspost.model.channel import FitFile
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment
from humaspost.model.rules import MediaRules

#: Part of every fitted file's name; raised when the same source gives a different result.
RECIPE_VERSION = 4
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}
_MIMES = {suffix: mime for mime, suffix in _SUFFIXES.items()}
#: Suffixes of converted videos and audio files, and their types.
_CONVERTED_SUFFIXES = {MediaKind.VIDEO: ".made.mp4", MediaKind.AUDIO: ".made.m4a"}
_CONVERTED_MIMES = {".mp4": "video/mp4", ".m4a": "audio/mp4"}
_CHUNK = 1 << 20


class MediaChanged(Exception):
    """The source file no longer has the bytes that were checked; nothing was made from it."""


class MediaRejected(Exception):
    """The channel cannot accept the file in any form; ``code`` is a code of ``media``."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def fit_media(
    source: Path,
    attachment: Attachment,
    rules: MediaRules,
    *,
    folder: Path,
    conversions: ConversionPool | None = None,
) -> FitFile:
    """Return the file to send, kept in ``folder`` under the hash of its source and of the rules.

    With ``conversions``, images are padded to the channel's ratios, and videos and audio are converted if needed.

    A file that was fitted once is reused, even after the source was edited: it is the approved one.
    Raises MediaNotReady while the file is being made, MediaChanged, MediaRejected, and OSError if ``folder``
    cannot be written.
    """
    target = folder / f"{attachment.sha256}-{_recipe_hash(rules, convert=conversions is not None)}"
    fitted = _converted_path(target)
    if fitted is None and conversions is not None and attachment.kind in _CONVERTED_SUFFIXES:
        fitted = _poll_conversion(conversions, target, attachment)
    if fitted is None:
        make_folder(folder)
        with _snapshot(source, attachment, folder) as snapshot_file:
            fitted = _make_fitted(snapshot_file, attachment, rules, target=target, conversions=conversions)
    return _fitted_file(fitted, attachment)


def _poll_conversion(conversions: ConversionPool, target: Path, attachment: Attachment) -> Path | None:
    """Return the file that a child process has made, or None if no conversion has started."""
    try:
        conversions.poll(_conversion_path(target, attachment))
    except ConversionFailed as error:
        raise MediaRejected(error.code, f"{attachment.path}: {error}") from error
    return _converted_path(target)


def _conversion_path(target: Path, attachment: Attachment) -> Path:
    return target.with_name(f"{target.name}{_CONVERTED_SUFFIXES[attachment.kind]}")


def _converted_path(target: Path) -> Path | None:
    return next(iter(sorted(target.parent.glob(f"{target.name}.*"))), None)


def _fitted_file(path: Path, attachment: Attachment) -> FitFile:
    status = path.stat()
    mimes = _CONVERTED_MIMES if path.name.endswith(tuple(_CONVERTED_SUFFIXES.values())) else _MIMES
    mime = mimes.get(path.suffix, attachment.mime)
    return FitFile(path, mime, _sha256((path, status.st_mtime_ns, status.st_size)), status.st_size)


@lru_cache(maxsize=256)
def _sha256(path_and_stamp: tuple[Path, int, int]) -> str:
    """Return the hash of the file; cached, as an upload in 500 pieces needs it for each piece."""
    with path_and_stamp[0].open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _recipe_hash(rules: MediaRules, *, convert: bool) -> str:
    ingredients: list[Json] = [
        RECIPE_VERSION,
        *rules.mimes,
        rules.max_bytes.value,
        rules.convert_to,
        *(rules.width or ()),
    ]
    if convert:
        ingredients += [repr((rules.ratio, rules.height, rules.max_sides, rules.video))]
    return sha256_digest(ingredients)[:16]


@contextmanager
def _snapshot(source: Path, attachment: Attachment, folder: Path) -> Iterator[BufferedRandom]:
    """Yield a private copy of the source's bytes if they are the approved bytes."""
    digest = hashlib.sha256()
    with tempfile.TemporaryFile(dir=folder) as copy:
        try:
            with safe_open.open_regular(source.resolve()) as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    copy.write(chunk)
        except FileNotFoundError as error:
            raise MediaChanged(attachment.path) from error
        if digest.hexdigest() != attachment.sha256:
            raise MediaChanged(attachment.path)
        copy.seek(0)
        yield copy


def _make_fitted(
    file: BufferedRandom,
    attachment: Attachment,
    rules: MediaRules,
    *,
    target: Path,
    conversions: ConversionPool | None,
) -> Path:
    _strip_video(file, attachment)
    if attachment.kind in _CONVERTED_SUFFIXES and conversions is not None:
        return _fit_video(file, attachment, rules, target=target, conversions=conversions)
    if attachment.kind not in (MediaKind.IMAGE, MediaKind.GIF):
        return _copy_to(
            file, target.with_name(target.name + (Path(attachment.path).suffix.lower() or ".bin"))
        )
    data, mime = _fit_image(file, attachment, rules, is_padded=conversions is not None)
    path = target.with_name(target.name + _SUFFIXES[mime])
    with atomic_write(path) as out:
        out.write(data)
    return path


def _strip_video(file: BufferedRandom, attachment: Attachment) -> None:
    """Remove place and date from the copy of a video; the source is not changed."""
    if attachment.mime.startswith("video/") or attachment.mime == "audio/mp4":
        try:
            strip_metadata.strip_metadata(file, attachment.size)
        except (ValueError, struct.error) as error:
            raise MediaRejected("media-unreadable", attachment.path) from error
        file.seek(0)


def _copy_to(file: BufferedRandom, path: Path) -> Path:
    with atomic_write(path) as out:
        shutil.copyfileobj(file, out, _CHUNK)
    return path


def _fit_video(
    file: BufferedRandom,
    attachment: Attachment,
    rules: MediaRules,
    *,
    target: Path,
    conversions: ConversionPool,
) -> Path:
    """Return a copy if the channel accepts the file, or start its conversion to MP4 or M4A."""
    mime, size, target_mime = attachment.mime, attachment.size, _conversion_path(target, attachment)
    try:
        measured = measure.measure(file, mime)
        file.seek(0)
        if converting.is_acceptable(measured, rules, mime=mime, size=size):
            return _copy_to(file, target.with_name(target.name + Path(attachment.path).suffix.lower()))
        conversions.start(
            converting.plan_job(measured, rules, mime=mime, size=size, target=target_mime), file
        )
    except (measure.UnreadableVideo, measure.TooManyPixels) as error:
        raise MediaRejected("media-unreadable", attachment.path) from error
    except ConversionFailed as error:
        raise MediaRejected(error.code, f"{attachment.path}: {error}") from error
    return target_mime


def _fit_image(
    file: BufferedRandom, attachment: Attachment, rules: MediaRules, *, is_padded: bool
) -> tuple[bytes, str]:
    mimes = _candidate_mimes(attachment, rules)
    max_bytes = int(rules.max_bytes.value)
    for mime in mimes:
        file.seek(0)
        if mime == "image/gif":
            result = _strip_gif(file.read(), max_bytes)
        else:
            # A large PNG is better sent as a JPEG of the same size than as a small PNG.
            can_shrink = mime != "image/png" or len(mimes) == 1
            result = _fit_still_image(
                file, attachment, rules, mime=mime, can_shrink=can_shrink, is_padded=is_padded
            )
        if result is not None:
            return result, mime
    raise MediaRejected("media-too-large" if mimes else "media-wrong-type", attachment.path)


def _candidate_mimes(attachment: Attachment, rules: MediaRules) -> tuple[str, ...]:
    """Return the types to try: the channel's choice, or the file's own type, then the others."""
    if attachment.kind is MediaKind.GIF:
        return ("image/gif",)
    if rules.convert_to:
        return (rules.convert_to,)
    accepted: list[str] = [mime for mime in ("image/jpeg", "image/png", "image/webp") if mime in rules.mimes]
    source_mime = [attachment.mime] if attachment.mime in rules.mimes else []
    return tuple(dict.fromkeys(source_mime + accepted))


def _strip_gif(data: bytes, max_bytes: int) -> bytes | None:
    try:
        stripped = gif.strip_gif(data)
    except ValueError as error:
        raise MediaRejected("media-unreadable", str(error)) from error
    return stripped if len(stripped) <= max_bytes else None


def _fit_still_image(
    file: BufferedRandom,
    attachment: Attachment,
    rules: MediaRules,
    *,
    mime: str,
    can_shrink: bool,
    is_padded: bool,
) -> bytes | None:
    min_width, max_width = rules.width or (0, None)
    try:
        with decode.open_image(file, attachment.mime) as image:
            plain = decode.convert_to_srgb(decode.rotate_upright(image))
    except decode.TooManyPixels as error:
        raise MediaRejected("media-bomb", attachment.path) from error
    except decode.UnreadableImage as error:
        raise MediaRejected("media-unreadable", str(error)) from error
    if mime == "image/jpeg":
        plain = decode.flatten(plain)
    if is_padded:
        plain = decode.pad(
            plain, fit_geometry(*plain.size, replace(rules, width=None, height=None, max_sides=None))
        )
    plain = encode.limit_width(plain, max_width, ratio=rules.ratio)
    max_bytes = int(rules.max_bytes.value)
    min_width = min_width if can_shrink else plain.width
    return encode.encode(plain, mime, max_bytes=max_bytes, min_width=min_width, ratio=rules.ratio)
