"""File types by content; a file's name only chooses among the types that its content allows."""

import struct
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from humaspost.base.i18n import _
from humaspost.media import problems
from humaspost.model.post import MediaKind

_OFFICE_MIME_PREFIX = "application/vnd.openxmlformats-officedocument."
_ZIP_DOCUMENTS = {
    "word/": (".docx", f"{_OFFICE_MIME_PREFIX}wordprocessingml.document"),
    "xl/": (".xlsx", f"{_OFFICE_MIME_PREFIX}spreadsheetml.sheet"),
    "ppt/": (".pptx", f"{_OFFICE_MIME_PREFIX}presentationml.presentation"),
}
_OLE_DOCUMENTS = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
_IMAGE_SUFFIXES = frozenset((".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ""))
_VIDEO_SUFFIXES = frozenset((".mp4", ".m4v", ".mov", ".3gp", ""))
_AUDIO_SUFFIXES = frozenset(
    (".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".amr", ".wav", ".flac", ".mp4", "")
)
_SUFFIXES_BY_KIND = {
    MediaKind.IMAGE: _IMAGE_SUFFIXES,
    MediaKind.GIF: _IMAGE_SUFFIXES,
    MediaKind.VIDEO: _VIDEO_SUFFIXES,
    MediaKind.AUDIO: _AUDIO_SUFFIXES,
}
_HEAD_BYTES = 4096
#: A file with more boxes than this at its top level is not a video.
_MAX_BOXES = 10_000


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind that channels may accept, and its registered name."""

    kind: MediaKind
    mime: str


def detect_file_type(file: BinaryIO, name: str, *, size: int) -> FileType:
    """Return the file's type by its content.

    Raises MediaProblem if no channel accepts the type, the file is incomplete, or its name contradicts its content.
    """
    head = file.read(_HEAD_BYTES)
    if not head:
        raise problems.unreadable_file(name, _("it is empty"))
    file_type = _by_magic(file, head, name) or _by_name(head, name)
    if file_type is None:
        raise problems.wrong_type(name, _describe_content(head), _conversion_advice(head))
    suffix = PurePath(name).suffix.lower()
    if suffix not in _SUFFIXES_BY_KIND.get(file_type.kind, {suffix}):
        raise problems.wrong_type(name, file_type.mime)
    _check_complete(file, file_type, name, size)
    return file_type


def is_text(head: bytes) -> bool:
    """Return True for UTF-8 text without control characters, even if its last character is cut."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or len(head) < _HEAD_BYTES:
            return False
        text = head[: error.start].decode("utf-8-sig")
    return not any(ord(character) < 32 and character not in "\t\r\n\f" for character in text)


def _by_magic(file: BinaryIO, head: bytes, name: str) -> FileType | None:
    if head.startswith(b"\xff\xd8\xff"):
        return FileType(MediaKind.IMAGE, "image/jpeg")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileType(MediaKind.IMAGE, "image/png")
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return FileType(MediaKind.IMAGE, "image/gif")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileType(MediaKind.IMAGE, "image/webp")
    if head.startswith(b"%PDF-"):
        return _check_document(name, ".pdf", "application/pdf")
    if head.startswith(b"PK\x03\x04"):
        return _detect_zip_document(file, name)
    return _detect_video(head) or _detect_audio(head)


def _detect_video(head: bytes) -> FileType | None:
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free"):
        return FileType(MediaKind.VIDEO, "video/quicktime")
    if head[4:8] != b"ftyp" or _is_still_image(head):
        return None
    brand = head[8:12]
    if brand == b"qt  ":
        return FileType(MediaKind.VIDEO, "video/quicktime")
    if brand in (b"M4A ", b"M4B "):
        return FileType(MediaKind.AUDIO, "audio/mp4")
    return FileType(MediaKind.VIDEO, "video/3gpp" if brand.startswith(b"3gp") else "video/mp4")


def _is_still_image(head: bytes) -> bool:
    """Return True if an ISO container has a still image (HEIC, AVIF), as phones write it."""
    return head[4:8] == b"ftyp" and head[8:12] in (
        b"heic",
        b"heix",
        b"heif",
        b"mif1",
        b"msf1",
        b"avif",
        b"avis",
    )


def _detect_audio(head: bytes) -> FileType | None:
    if head.startswith(b"OggS"):
        return FileType(MediaKind.AUDIO, "audio/ogg")
    if head.startswith(b"#!AMR"):
        return FileType(MediaKind.AUDIO, "audio/amr")
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return FileType(MediaKind.AUDIO, "audio/wav")
    if head.startswith(b"fLaC"):
        return FileType(MediaKind.AUDIO, "audio/flac")
    if head[:2] in (b"\xff\xf1", b"\xff\xf9"):
        return FileType(MediaKind.AUDIO, "audio/aac")
    if head.startswith(b"ID3") or head[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return FileType(MediaKind.AUDIO, "audio/mpeg")
    return None


def _by_name(head: bytes, name: str) -> FileType | None:
    suffix = PurePath(name).suffix.lower()
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") and suffix in _OLE_DOCUMENTS:
        return FileType(MediaKind.DOCUMENT, _OLE_DOCUMENTS[suffix])
    if suffix == ".txt" and is_text(head):
        return FileType(MediaKind.DOCUMENT, "text/plain")
    return None


def _check_document(name: str, suffix: str, mime: str) -> FileType:
    if PurePath(name).suffix.lower() != suffix:
        description = _("a {suffix} document").format(suffix=suffix.removeprefix(".").upper())
        raise problems.wrong_type(name, description, _("let its name end in {suffix}").format(suffix=suffix))
    return FileType(MediaKind.DOCUMENT, mime)


def _detect_zip_document(file: BinaryIO, name: str) -> FileType | None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, struct.error) as error:
        raise problems.unreadable_file(name, _("it is cut off")) from error
    if "[Content_Types].xml" not in names:
        return None
    for folder, (suffix, mime) in _ZIP_DOCUMENTS.items():
        if any(entry.startswith(folder) for entry in names):
            return _check_document(name, suffix, mime)
    return None


def _check_complete(file: BinaryIO, file_type: FileType, name: str, size: int) -> None:
    """Raise MediaProblem for a file that is still being copied; images are decoded fully later."""
    if file_type.mime == "application/pdf":
        file.seek(max(0, size - 2048))
        complete = b"%%EOF" in file.read()
    elif file_type.mime in ("video/mp4", "video/quicktime", "video/3gpp", "audio/mp4"):
        complete = _are_boxes_complete(file, size)
    else:
        complete = True
    if not complete:
        raise problems.unreadable_file(name, _("it is cut off"))


def _are_boxes_complete(file: BinaryIO, size: int) -> bool:
    """Return True if the boxes of an ISO file end at its end and include its index."""
    position, box_kinds = 0, set()
    for _turn in range(_MAX_BOXES):
        if position == size:
            return b"moov" in box_kinds
        file.seek(position)
        header = file.read(16)
        if len(header) < 8:
            return False
        length, kind = struct.unpack(">I4s", header[:8])
        if length == 1 and len(header) == 16:
            (length,) = struct.unpack(">Q", header[8:])
        length = length or size - position
        box_kinds.add(kind)
        if length < 8 or position + length > size:
            return False
        position += length
    return False


def _describe_content(head: bytes) -> str:
    start = head.lstrip()[:256].lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start:
        return _("a web page")
    if b"<svg" in head.lower():
        return _("an SVG drawing")
    if _is_still_image(head):
        return _("a HEIC or AVIF picture")
    if is_text(head):
        return _("plain text")
    return _("of no kind that a channel takes")


def _conversion_advice(head: bytes) -> str:
    if b"<svg" in head.lower():
        return _("export it as PNG")
    if _is_still_image(head):
        return _("save it as JPEG; the telephone can do so: camera settings, most compatible")
    return _("pictures: JPEG, PNG, WEBP, GIF; films: MP4, MOV; documents: PDF, DOCX, XLSX, PPTX, TXT")
