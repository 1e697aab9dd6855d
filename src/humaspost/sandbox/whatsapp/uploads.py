"""WhatsApp's media uploads: declared types, content checks, and the lifetime of ids."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.datastructures import UploadFile
from starlette.requests import Request

from humaspost.sandbox.graph import GraphError
from humaspost.sandbox.whatsapp.errors import request_error
from humaspost.sandbox.whatsapp.file_checks import OFFICE_MIME_PREFIX, content_error

#: Meta does not define its megabytes, so the sandbox uses the smaller unit.
_MB = 1_000_000

#: MIME type -> (kind, largest file in bytes): contracts/whatsapp.md section 1.2.
MEDIA_TYPES: dict[str, tuple[str, int]] = {
    "image/jpeg": ("image", 5 * _MB),
    "image/png": ("image", 5 * _MB),
    "image/webp": ("sticker", 500_000),
    "video/mp4": ("video", 16 * _MB),
    "video/3gpp": ("video", 16 * _MB),
    "audio/aac": ("audio", 16 * _MB),
    "audio/amr": ("audio", 16 * _MB),
    "audio/mpeg": ("audio", 16 * _MB),
    "audio/mp4": ("audio", 16 * _MB),
    "audio/ogg": ("audio", 16 * _MB),
    "text/plain": ("document", 100 * _MB),
    "application/pdf": ("document", 100 * _MB),
    "application/msword": ("document", 100 * _MB),
    "application/vnd.ms-excel": ("document", 100 * _MB),
    "application/vnd.ms-powerpoint": ("document", 100 * _MB),
    f"{OFFICE_MIME_PREFIX}wordprocessingml.document": ("document", 100 * _MB),
    f"{OFFICE_MIME_PREFIX}spreadsheetml.sheet": ("document", 100 * _MB),
    f"{OFFICE_MIME_PREFIX}presentationml.presentation": ("document", 100 * _MB),
}
#: The limit for a still sticker: a fifth of the one in ``MEDIA_TYPES``.
_STILL_STICKER_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file."""

    id: str
    phone_number_id: str
    mime: str
    data: bytes = field(repr=False)
    sha256: str
    uploaded_at: datetime
    name: str | None = None

    @property
    def kind(self) -> str:
        return MEDIA_TYPES[self.mime][0]


def store_file(
    data: bytes, mime: str, *, phone_number_id: str, name: str | None, now: datetime
) -> StoredFile:
    """Return ``data`` as a file under a new id; raise GraphError for a wrong type or size."""
    check_file(data, mime)
    digest = hashlib.sha256(data).hexdigest()
    media_id = str(10**15 + secrets.randbelow(9 * 10**15))
    return StoredFile(media_id, phone_number_id, mime, data, digest, now, name)


def check_file(data: bytes, mime: str) -> None:
    """Raise GraphError if ``mime`` is not allowed, does not match, or the file is too large."""
    if mime not in MEDIA_TYPES:
        types = ", ".join(MEDIA_TYPES)
        raise request_error(
            100, f"Param file must be a file with one of the following types: {types}. Received {mime!r}."
        )
    max_bytes = (
        _STILL_STICKER_BYTES if mime == "image/webp" and not _is_animated(data) else MEDIA_TYPES[mime][1]
    )
    if len(data) > max_bytes:
        raise request_error(
            131053, f"File of {len(data)} bytes exceeds the limit of {max_bytes} bytes for {mime}."
        )
    if reason := content_error(data, mime) if data else "The file is empty.":
        raise request_error(131053, reason)


def _is_animated(webp: bytes) -> bool:
    """Return True if the sticker is animated: a flag of the extended header.

    https://developers.google.com/speed/webp/docs/riff_container.
    """
    return webp[12:16] == b"VP8X" and len(webp) > 20 and bool(webp[20] & 0x02)


@dataclass(slots=True)
class FileStore:
    """The uploaded files of the number, by id."""

    files: dict[str, StoredFile] = field(default_factory=dict)

    def add(self, file: StoredFile) -> StoredFile:
        self.files[file.id] = file
        return file

    def get(self, media_id: str, *, now: datetime, days: float) -> StoredFile | None:
        """Return the file of ``media_id``, or None if it is unknown or its id has expired."""
        file = self.files.get(media_id)
        return file if file and now - file.uploaded_at < timedelta(days=days) else None

    def get_usable(self, media_id: str, *, phone_number_id: str, now: datetime, days: float) -> StoredFile:
        """Return the file of ``media_id``.

        Raise 131009 if it is unknown, expired, or belongs to another number.
        """
        file = self.get(media_id, now=now, days=days)
        if file is None or file.phone_number_id != phone_number_id:
            raise request_error(
                131009, f"Media id {media_id!r} does not exist for this phone number, or has expired."
            )
        return file


async def read_upload(request: Request) -> tuple[bytes, str, str | None]:
    """Return bytes, MIME type and name of a multipart upload.

    The declared type must be the same as the type of the part.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise GraphError(100, "(#100) The parameter file is required.")
    async with request.form() as form:
        if form.get("messaging_product") != "whatsapp":
            raise request_error(131008, "The parameter messaging_product is required.")
        if unknown_fields := set(form) - {"messaging_product", "file", "type"}:
            raise request_error(100, f'Unexpected key "{min(unknown_fields)}".')
        file, declared = form.get("file"), form.get("type")
        if not isinstance(file, UploadFile):
            raise request_error(131008, "The parameter file is required.")
        part_mime = (file.content_type or "").partition(";")[0].strip()
        mime = str(declared).partition(";")[0].strip() if declared else part_mime
        if declared and part_mime not in ("", "application/octet-stream", mime):
            raise request_error(100, f"Param type {mime!r} differs from the file's own type {part_mime!r}.")
        return await file.read(), mime, file.filename
