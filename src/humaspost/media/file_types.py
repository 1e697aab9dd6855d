"""What a file is, by its content; its name only chooses among what the content allows."""

import struct
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from humaspost.base.i18n import _
from humaspost.media import problems
from humaspost.model.post import Kind

_OFFICE = "application/vnd.openxmlformats-officedocument."
_ZIPPED = {
    "word/": (".docx", f"{_OFFICE}wordprocessingml.document"),
    "xl/": (".xlsx", f"{_OFFICE}spreadsheetml.sheet"),
    "ppt/": (".pptx", f"{_OFFICE}presentationml.presentation"),
}
_OLE = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
_PICTURES = frozenset((".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ""))
_FILMS = frozenset((".mp4", ".m4v", ".mov", ".3gp", ""))
_SOUNDS = frozenset((".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".amr", ".wav", ".flac", ".mp4", ""))
_NAMES = {Kind.IMAGE: _PICTURES, Kind.GIF: _PICTURES, Kind.VIDEO: _FILMS, Kind.AUDIO: _SOUNDS}
_HEAD = 4096
#: More boxes than this at the top of a film are no film.
_MOST_BOXES = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """A kind that channels may take, and its registered name."""

    kind: Kind
    mime: str


def kind_of(file: BinaryIO, name: str, *, size: int) -> Found:
    """What the content is; raises Flaw if no channel takes it, it is cut off, or the name says otherwise."""
    head = file.read(_HEAD)
    if not head:
        raise problems.unreadable(name, _("it is empty"))
    found = _by_magic(file, head, name) or _by_name(head, name)
    if found is None:
        raise problems.wrong_type(name, _described(head), _advice(head))
    suffix = PurePath(name).suffix.lower()
    if suffix not in _NAMES.get(found.kind, {suffix}):
        raise problems.wrong_type(name, found.mime)
    _whole(file, found, name, size)
    return found


def is_text(head: bytes) -> bool:
    """Whether this is UTF-8 text without control characters; a character cut off at the end is fine."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or len(head) < _HEAD:
            return False
        text = head[: error.start].decode("utf-8-sig")
    return not any(ord(character) < 32 and character not in "\t\r\n\f" for character in text)


def _by_magic(file: BinaryIO, head: bytes, name: str) -> Found | None:
    if head.startswith(b"\xff\xd8\xff"):
        return Found(Kind.IMAGE, "image/jpeg")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Found(Kind.IMAGE, "image/png")
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return Found(Kind.IMAGE, "image/gif")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Found(Kind.IMAGE, "image/webp")
    if head.startswith(b"%PDF-"):
        return _document(name, ".pdf", "application/pdf")
    if head.startswith(b"PK\x03\x04"):
        return _zipped(file, name)
    return _film(head) or _sound(head)


def _film(head: bytes) -> Found | None:
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free"):
        return Found(Kind.VIDEO, "video/quicktime")
    if head[4:8] != b"ftyp" or _still(head):
        return None
    brand = head[8:12]
    if brand == b"qt  ":
        return Found(Kind.VIDEO, "video/quicktime")
    if brand in (b"M4A ", b"M4B "):
        return Found(Kind.AUDIO, "audio/mp4")
    return Found(Kind.VIDEO, "video/3gpp" if brand.startswith(b"3gp") else "video/mp4")


def _still(head: bytes) -> bool:
    """Whether an ISO container holds a still picture (HEIC, AVIF), as telephones make."""
    return head[4:8] == b"ftyp" and head[8:12] in (
        b"heic",
        b"heix",
        b"heif",
        b"mif1",
        b"msf1",
        b"avif",
        b"avis",
    )


def _sound(head: bytes) -> Found | None:
    if head.startswith(b"OggS"):
        return Found(Kind.AUDIO, "audio/ogg")
    if head.startswith(b"#!AMR"):
        return Found(Kind.AUDIO, "audio/amr")
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return Found(Kind.AUDIO, "audio/wav")
    if head.startswith(b"fLaC"):
        return Found(Kind.AUDIO, "audio/flac")
    if head[:2] in (b"\xff\xf1", b"\xff\xf9"):
        return Found(Kind.AUDIO, "audio/aac")
    if head.startswith(b"ID3") or head[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return Found(Kind.AUDIO, "audio/mpeg")
    return None


def _by_name(head: bytes, name: str) -> Found | None:
    suffix = PurePath(name).suffix.lower()
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") and suffix in _OLE:
        return Found(Kind.DOCUMENT, _OLE[suffix])
    if suffix == ".txt" and is_text(head):
        return Found(Kind.DOCUMENT, "text/plain")
    return None


def _document(name: str, suffix: str, mime: str) -> Found:
    if PurePath(name).suffix.lower() != suffix:
        what = _("a {suffix} document").format(suffix=suffix.removeprefix(".").upper())
        raise problems.wrong_type(name, what, _("let its name end in {suffix}").format(suffix=suffix))
    return Found(Kind.DOCUMENT, mime)


def _zipped(file: BinaryIO, name: str) -> Found | None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, struct.error) as error:
        raise problems.unreadable(name, _("it is cut off")) from error
    if "[Content_Types].xml" not in names:
        return None
    for folder, (suffix, mime) in _ZIPPED.items():
        if any(entry.startswith(folder) for entry in names):
            return _document(name, suffix, mime)
    return None


def _whole(file: BinaryIO, found: Found, name: str, size: int) -> None:
    """A file that is still being copied is found out here; pictures are decoded to the end elsewhere."""
    if found.mime == "application/pdf":
        file.seek(max(0, size - 2048))
        complete = b"%%EOF" in file.read()
    elif found.mime in ("video/mp4", "video/quicktime", "video/3gpp", "audio/mp4"):
        complete = _boxes_fit(file, size)
    else:
        complete = True
    if not complete:
        raise problems.unreadable(name, _("it is cut off"))


def _boxes_fit(file: BinaryIO, size: int) -> bool:
    """Whether the boxes of an ISO file end where the file ends, and its index is among them."""
    at, seen = 0, set()
    for _turn in range(_MOST_BOXES):
        if at == size:
            return b"moov" in seen
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            return False
        length, kind = struct.unpack(">I4s", header[:8])
        if length == 1 and len(header) == 16:
            (length,) = struct.unpack(">Q", header[8:])
        length = length or size - at
        seen.add(kind)
        if length < 8 or at + length > size:
            return False
        at += length
    return False


def _described(head: bytes) -> str:
    start = head.lstrip()[:256].lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start:
        return _("a web page")
    if b"<svg" in head.lower():
        return _("an SVG drawing")
    if _still(head):
        return _("a HEIC or AVIF picture")
    if is_text(head):
        return _("plain text")
    return _("of no kind that a channel takes")


def _advice(head: bytes) -> str:
    if b"<svg" in head.lower():
        return _("export it as PNG")
    if _still(head):
        return _("save it as JPEG; the telephone can do so: camera settings, most compatible")
    return _("pictures: JPEG, PNG, WEBP, GIF; films: MP4, MOV; documents: PDF, DOCX, XLSX, PPTX, TXT")
