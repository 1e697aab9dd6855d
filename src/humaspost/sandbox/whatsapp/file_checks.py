"""Checks that a file has its declared type and that WhatsApp can show or play it.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media (2026-09-11)
"""

import io
import zipfile
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

if TYPE_CHECKING:
    from av.container import InputContainer

OFFICE_MIME_PREFIX = "application/vnd.openxmlformats-officedocument."
#: Document type -> the folder in its archive that identifies it.
_OFFICE_FOLDERS = {
    "wordprocessingml.document": "word/",
    "spreadsheetml.sheet": "xl/",
    "presentationml.presentation": "ppt/",
}
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: MIME type -> the first bytes of the file (none for an MP4, which has ``ftyp`` at byte 4), audio codec.
_AUDIO_TYPES = {
    "audio/aac": ((b"\xff\xf1", b"\xff\xf9", b"\xff\xf0", b"\xff\xf8"), "aac"),
    "audio/amr": ((b"#!AMR",), "amrnb"),
    "audio/mpeg": ((b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"), "mp3float"),
    "audio/mp4": ((), "aac"),
    "audio/ogg": ((b"OggS",), "opus"),
}


def content_error(data: bytes, mime: str) -> str | None:
    """Return why the file is refused, or None."""
    if mime.startswith("image/"):
        return _image_error(data, mime)
    if mime.startswith(("video/", "audio/")):
        return _video_error(data, mime)
    return None if _is_document(data, mime) else f"The content of the file is not {mime}."


def _image_error(data: bytes, mime: str) -> str | None:
    """Return why an image is refused: it must be complete, 8-bit, and RGB or RGBA."""
    try:
        with Image.open(io.BytesIO(data), formats=(mime.removeprefix("image/").upper(),)) as image:
            mode = image.mode
            image.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombWarning):
        return f"The content of the file is not {mime}."
    if mode not in ("RGB", "RGBA"):
        return f"Images must be 8-bit, RGB or RGBA; this one is {mode}."
    return None


def _video_error(data: bytes, mime: str) -> str | None:
    """Return why a video or audio file is refused, or None.

    A video is H.264 with at most one track of AAC. An audio file has the codec of its type.
    An Ogg file is Opus in mono. Without PyAV the sandbox cannot read such files, so it
    refuses every one.
    """
    signatures, audio_codec = _AUDIO_TYPES.get(mime, ((), "aac"))
    if not (data.startswith(signatures) if signatures else data[4:8] == b"ftyp"):
        return f"The content of the file is not {mime}."
    try:
        import av  # imported late: it costs 0.1 s, and most messages have neither video nor audio
    except ImportError:
        return "This sandbox has no PyAV to read it."
    try:
        with av.open(io.BytesIO(data), mode="r") as container:
            return _stream_error(container, audio_codec, has_video=mime.startswith("video/"))
    except (av.FFmpegError, ValueError):
        return f"The content of the file is not {mime}."


def _stream_error(container: "InputContainer", audio_codec: str, *, has_video: bool) -> str | None:
    video_streams = [stream.codec_context.name for stream in container.streams.video]
    audio_streams = [stream.codec_context for stream in container.streams.audio]
    if has_video and video_streams != ["h264"]:
        return f"Video must be H.264; this one is {', '.join(video_streams) or 'without pictures'}."
    if not has_video and not audio_streams:
        return "There is no sound in it."
    if len(audio_streams) > 1 or any(first_stream.name != audio_codec for first_stream in audio_streams):
        return f"Sound must be one track of {audio_codec}; this is {', '.join(one.name for one in audio_streams)}."
    if audio_codec == "opus" and audio_streams[0].layout.nb_channels != 1:
        return "Opus must be mono."
    return None


def _is_document(data: bytes, mime: str) -> bool:
    if mime == "text/plain":
        return b"\0" not in data and _is_utf8(data)
    if mime == "application/pdf":
        return data.startswith(b"%PDF-") and b"%%EOF" in data[-1024:]
    if mime.startswith(OFFICE_MIME_PREFIX):
        return _is_office(data, _OFFICE_FOLDERS[mime.removeprefix(OFFICE_MIME_PREFIX)])
    return data.startswith(_OLE_SIGNATURE) and len(data) >= 512


def _is_office(data: bytes, folder: str) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
    return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
