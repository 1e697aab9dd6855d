"""Media of WhatsApp: what may be uploaded, by declared type and by content, and for how long its id lives."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.datastructures import UploadFile
from starlette.requests import Request

from humaspost.sandbox.graph import GraphError
from humaspost.sandbox.whatsapp.errors import refused
from humaspost.sandbox.whatsapp.file_checks import OFFICE, wrong

#: Meta does not say of which megabytes it speaks: the smaller ones.
_MB = 1_000_000

#: MIME type -> (kind, most bytes): contracts/whatsapp.md section 1.2.
TYPES: dict[str, tuple[str, int]] = {
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
    f"{OFFICE}wordprocessingml.document": ("document", 100 * _MB),
    f"{OFFICE}spreadsheetml.sheet": ("document", 100 * _MB),
    f"{OFFICE}presentationml.presentation": ("document", 100 * _MB),
}
#: A sticker that does not move may have a fifth of what ``TYPES`` says.
_STILL_STICKER = 100_000


@dataclass(frozen=True, slots=True)
class Stored:
    """One uploaded file."""

    id: str
    phone_number_id: str
    mime: str
    data: bytes = field(repr=False)
    sha256: str
    uploaded_at: datetime
    name: str | None = None

    @property
    def kind(self) -> str:
        return TYPES[self.mime][0]


def stored(data: bytes, mime: str, *, phone_number_id: str, name: str | None, now: datetime) -> Stored:
    """``data`` under a new id, certain to be what ``mime`` says and within its size; GraphError if not."""
    check(data, mime)
    digest = hashlib.sha256(data).hexdigest()
    media_id = str(10**15 + secrets.randbelow(9 * 10**15))
    return Stored(media_id, phone_number_id, mime, data, digest, now, name)


def check(data: bytes, mime: str) -> None:
    """GraphError unless ``mime`` is taken, the bytes are of that type, and there are not too many of them."""
    if mime not in TYPES:
        types = ", ".join(TYPES)
        raise refused(
            100, f"Param file must be a file with one of the following types: {types}. Received {mime!r}."
        )
    most = _STILL_STICKER if mime == "image/webp" and not _moves(data) else TYPES[mime][1]
    if len(data) > most:
        raise refused(131053, f"File of {len(data)} bytes exceeds the limit of {most} bytes for {mime}.")
    if reason := wrong(data, mime) if data else "The file is empty.":
        raise refused(131053, reason)


def _moves(webp: bytes) -> bool:
    """Whether it is animated: a flag of the extended header, https://developers.google.com/speed/webp/docs/riff_container."""
    return webp[12:16] == b"VP8X" and len(webp) > 20 and bool(webp[20] & 0x02)


@dataclass(slots=True)
class Shelf:
    """Every uploaded file of the number, by id."""

    files: dict[str, Stored] = field(default_factory=dict)

    def put(self, file: Stored) -> Stored:
        self.files[file.id] = file
        return file

    def living(self, media_id: str, *, now: datetime, days: float) -> Stored | None:
        """The file behind ``media_id``; None when there is none or its id has expired."""
        file = self.files.get(media_id)
        return file if file and now - file.uploaded_at < timedelta(days=days) else None

    def usable(self, media_id: str, *, phone_number_id: str, now: datetime, days: float) -> Stored:
        """The file behind ``media_id`` while its id lives; 131009 when unknown, expired or another number's."""
        file = self.living(media_id, now=now, days=days)
        if file is None or file.phone_number_id != phone_number_id:
            raise refused(
                131009, f"Media id {media_id!r} does not exist for this phone number, or has expired."
            )
        return file


async def received(request: Request) -> tuple[bytes, str, str | None]:
    """Bytes, MIME type and name of a multipart upload; the declared type must agree with the part's own."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise GraphError(100, "(#100) The parameter file is required.")
    async with request.form() as form:
        if form.get("messaging_product") != "whatsapp":
            raise refused(131008, "The parameter messaging_product is required.")
        if unknown := set(form) - {"messaging_product", "file", "type"}:
            raise refused(100, f'Unexpected key "{min(unknown)}".')
        file, declared = form.get("file"), form.get("type")
        if not isinstance(file, UploadFile):
            raise refused(131008, "The parameter file is required.")
        own = (file.content_type or "").partition(";")[0].strip()
        mime = str(declared).partition(";")[0].strip() if declared else own
        if declared and own not in ("", "application/octet-stream", mime):
            raise refused(100, f"Param type {mime!r} differs from the file's own type {own!r}.")
        return await file.read(), mime, file.filename
