"""A medium as one channel takes it, made from the very bytes that were approved."""

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

from humaspost.base.canonical_json import Json, digest
from humaspost.base.files import written
from humaspost.media import safe_open
from humaspost.media.geometry import shaped
from humaspost.media.image import decode, encode, gif
from humaspost.media.mp4 import strip_metadata
from humaspost.media.video import measure
from humaspost.media.video import plan as converting
from humaspost.media.video.plan import CannotConvert
from humaspost.media.video.pool import Conversions
from humaspost.model.channel import FitFile
from humaspost.model.post import Kind
from humaspost.model.rendition import Attachment
from humaspost.model.rules import MediaRules

#: Part of every fitted file's name; raised when the same source comes out differently.
RECIPE = 4
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}
_MIMES = {suffix: mime for mime, suffix in _SUFFIXES.items()}
#: How a film or a sound ends that was made here, and what it is.
_MADE = {Kind.VIDEO: ".made.mp4", Kind.AUDIO: ".made.m4a"}
_MADE_MIMES = {".mp4": "video/mp4", ".m4a": "audio/mp4"}
_CHUNK = 1 << 20


class MediaChanged(Exception):
    """The source no longer holds the bytes that were checked; nothing was made of it."""


class CannotFit(Exception):
    """The channel does not take it however it is turned; ``code`` is a code of ``media``."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def fit(
    source: Path,
    attachment: Attachment,
    rules: MediaRules,
    *,
    folder: Path,
    conversions: Conversions | None = None,
) -> FitFile:
    """The file to send, kept in ``folder`` under the hash of its source and of the rules.

    With ``conversions`` pictures are padded to the channel's shapes, and videos and sounds made anew where they must be.

    What was fitted once is reused, even after the source was edited: it is what was approved.
    Raises NotFitYet while it is being made, MediaChanged, CannotFit, and OSError where ``folder`` cannot
    be written.
    """
    target = folder / f"{attachment.sha256}-{_recipe(rules, convert=conversions is not None)}"
    made = _made(target)
    if made is None and conversions is not None and attachment.kind in _MADE:
        made = _awaited(conversions, target, attachment)
    if made is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _snapshot(source, attachment, folder) as bytes_of_record:
            made = _make(bytes_of_record, attachment, rules, target=target, conversions=conversions)
    return _described(made, attachment)


def _awaited(conversions: Conversions, target: Path, attachment: Attachment) -> Path | None:
    """What a child made meanwhile; None = nothing was begun yet."""
    try:
        conversions.look(_film_at(target, attachment))
    except CannotConvert as error:
        raise CannotFit(error.code, f"{attachment.path}: {error}") from error
    return _made(target)


def _film_at(target: Path, attachment: Attachment) -> Path:
    return target.with_name(f"{target.name}{_MADE[attachment.kind]}")


def _made(target: Path) -> Path | None:
    return next(iter(sorted(target.parent.glob(f"{target.name}.*"))), None)


def _described(path: Path, attachment: Attachment) -> FitFile:
    status = path.stat()
    mimes = _MADE_MIMES if path.name.endswith(tuple(_MADE.values())) else _MIMES
    mime = mimes.get(path.suffix, attachment.mime)
    return FitFile(path, mime, _sha256((path, status.st_mtime_ns, status.st_size)), status.st_size)


@lru_cache(maxsize=256)
def _sha256(stamped: tuple[Path, int, int]) -> str:
    """The hash of a file while it is as it was: an upload in five hundred pieces asks for it at each."""
    with stamped[0].open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _recipe(rules: MediaRules, *, convert: bool) -> str:
    what: list[Json] = [RECIPE, *rules.mimes, rules.max_bytes.value, rules.convert_to, *(rules.width or ())]
    if convert:
        what += [repr((rules.ratio, rules.height, rules.frame, rules.film))]
    return digest(what)[:16]


@contextmanager
def _snapshot(source: Path, attachment: Attachment, folder: Path) -> Iterator[BufferedRandom]:
    """The source's bytes where nobody can change them, once they proved to be the approved ones."""
    hashed = hashlib.sha256()
    with tempfile.TemporaryFile(dir=folder) as copy:
        try:
            with safe_open.open_regular(source.resolve()) as file:
                while chunk := file.read(_CHUNK):
                    hashed.update(chunk)
                    copy.write(chunk)
        except FileNotFoundError as error:
            raise MediaChanged(attachment.path) from error
        if hashed.hexdigest() != attachment.sha256:
            raise MediaChanged(attachment.path)
        copy.seek(0)
        yield copy


def _make(
    file: BufferedRandom,
    attachment: Attachment,
    rules: MediaRules,
    *,
    target: Path,
    conversions: Conversions | None,
) -> Path:
    _silenced(file, attachment)
    if attachment.kind in _MADE and conversions is not None:
        return _film(file, attachment, rules, target=target, conversions=conversions)
    if attachment.kind not in (Kind.IMAGE, Kind.GIF):
        return _copied(file, target.with_name(target.name + (Path(attachment.path).suffix.lower() or ".bin")))
    data, mime = _picture(file, attachment, rules, pad=conversions is not None)
    path = target.with_name(target.name + _SUFFIXES[mime])
    with written(path) as out:
        out.write(data)
    return path


def _silenced(file: BufferedRandom, attachment: Attachment) -> None:
    """A film tells neither place nor date; the source is not touched, this is its copy."""
    if attachment.mime.startswith("video/") or attachment.mime == "audio/mp4":
        try:
            strip_metadata.silence(file, attachment.size)
        except (ValueError, struct.error) as error:
            raise CannotFit("media-unreadable", attachment.path) from error
        file.seek(0)


def _copied(file: BufferedRandom, path: Path) -> Path:
    with written(path) as out:
        shutil.copyfileobj(file, out, _CHUNK)
    return path


def _film(
    file: BufferedRandom,
    attachment: Attachment,
    rules: MediaRules,
    *,
    target: Path,
    conversions: Conversions,
) -> Path:
    """The video or sound as it is where the channel takes it so, else an MP4 or M4A of it."""
    mime, size, made = attachment.mime, attachment.size, _film_at(target, attachment)
    try:
        seen = measure.measured(file, mime)
        file.seek(0)
        if converting.fits(seen, rules, mime=mime, size=size):
            return _copied(file, target.with_name(target.name + Path(attachment.path).suffix.lower()))
        conversions.begin(converting.job(seen, rules, mime=mime, size=size, target=made), file)
    except (measure.BadFilm, measure.TooManyPixels) as error:
        raise CannotFit("media-unreadable", attachment.path) from error
    except CannotConvert as error:
        raise CannotFit(error.code, f"{attachment.path}: {error}") from error
    return made


def _picture(
    file: BufferedRandom, attachment: Attachment, rules: MediaRules, *, pad: bool
) -> tuple[bytes, str]:
    mimes = _wanted(attachment, rules)
    cap = int(rules.max_bytes.value)
    for mime in mimes:
        file.seek(0)
        if mime == "image/gif":
            made = _stripped_gif(file.read(), cap)
        else:
            # A heavy PNG is better sent as a JPEG of the same size than as a small PNG.
            shrink = mime != "image/png" or len(mimes) == 1
            made = _still(file, attachment, rules, mime=mime, shrink=shrink, pad=pad)
        if made is not None:
            return made, mime
    raise CannotFit("media-too-large" if mimes else "media-wrong-type", attachment.path)


def _wanted(attachment: Attachment, rules: MediaRules) -> tuple[str, ...]:
    """What to make of it, best first: the channel's choice, else as it is, else what the channel takes."""
    if attachment.kind is Kind.GIF:
        return ("image/gif",)
    if rules.convert_to:
        return (rules.convert_to,)
    takes: list[str] = [mime for mime in ("image/jpeg", "image/png", "image/webp") if mime in rules.mimes]
    own = [attachment.mime] if attachment.mime in rules.mimes else []
    return tuple(dict.fromkeys(own + takes))


def _stripped_gif(data: bytes, cap: int) -> bytes | None:
    try:
        made = gif.stripped(data)
    except ValueError as error:
        raise CannotFit("media-unreadable", str(error)) from error
    return made if len(made) <= cap else None


def _still(
    file: BufferedRandom, attachment: Attachment, rules: MediaRules, *, mime: str, shrink: bool, pad: bool
) -> bytes | None:
    least, most = rules.width or (0, None)
    try:
        with decode.opened(file, attachment.mime) as image:
            clean = decode.srgb(decode.upright(image))
    except decode.TooManyPixels as error:
        raise CannotFit("media-bomb", attachment.path) from error
    except decode.BadImage as error:
        raise CannotFit("media-unreadable", str(error)) from error
    if mime == "image/jpeg":
        clean = decode.flattened(clean)
    if pad:
        clean = decode.padded(clean, shaped(*clean.size, replace(rules, width=None, height=None, frame=None)))
    clean = encode.narrowed(clean, most, ratio=rules.ratio)
    cap = int(rules.max_bytes.value)
    least = least if shrink else clean.width
    return encode.encoded(clean, mime, max_bytes=cap, least_width=least, ratio=rules.ratio)
