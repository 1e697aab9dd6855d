"""X's v2 media upload: initialize, append, finalize, status; simple upload; alt text.

https://docs.x.com/x-api/media/quickstart/media-upload-chunked, read 2026-08-22.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from humaspost.sandbox.state import PublicMedia, SandboxState, never_ready
from humaspost.sandbox.x.errors import RequestRefused, invalid_request, media_ids_invalid
from humaspost.sandbox.x.ids import SnowflakeGenerator
from humaspost.sandbox.x.media_checks import MAX_BYTES, ProbedMedia, family_of, probe_media
from humaspost.sandbox.x.options import get_option
from humaspost.sandbox.x.request_schema import InitializeUpload, Metadata, Subtitles

MAX_CHUNK_BYTES = 5 * 1024 * 1024
_MEDIA_KEY_PREFIX = {"image": "3", "gif": "16", "video": "7", "subtitles": "1"}
_PUBLIC_TYPE = {"image": "photo", "gif": "animated_gif", "video": "video"}


@dataclass(slots=True)
class Upload:
    """A media file that is being uploaded or complete."""

    id: str
    category: str
    type: str | None
    total: int
    started_at: float
    segments: dict[int, bytes] = field(default_factory=dict)
    data: bytes = b""
    probed: ProbedMedia | None = None
    finalized_at: float | None = None
    never_ready: bool = False
    alt: str | None = None
    captions: dict[str, str] = field(default_factory=dict)

    @property
    def media_key(self) -> str:
        """Return the media key, which responses use; requests use the id."""
        return f"{_MEDIA_KEY_PREFIX[family_of(self.category)]}_{self.id}"

    def public_media(self) -> PublicMedia:
        """Return the media file as the public sees it."""
        digest = hashlib.sha256(self.data).hexdigest()
        return PublicMedia(digest, self.probed.type if self.probed else "", alt=self.alt, data=self.data)

    def include_fields(self) -> dict[str, Any]:
        """Return the media file as ``includes.media`` describes it."""
        assert self.probed is not None, "only finalized media are attached"
        fields: dict[str, Any] = {"media_key": self.media_key, "type": _PUBLIC_TYPE[family_of(self.category)]}
        fields |= {"width": self.probed.width, "height": self.probed.height}
        if fields["type"] == "photo":
            fields["url"] = f"https://pbs.twimg.com/media/{self.id}.jpg"
        if self.probed.duration_ms:
            fields["duration_ms"] = self.probed.duration_ms
        return fields | ({"alt_text": self.alt} if self.alt else {})


class UploadStore:
    """All uploaded media and X's responses about them."""

    def __init__(self, state: SandboxState, ids: SnowflakeGenerator) -> None:
        self._state, self._ids = state, ids
        self._uploads: dict[str, Upload] = {}
        self._probes: dict[str, ProbedMedia | None] = {}

    def initialize(self, request: InitializeUpload) -> dict[str, Any]:
        """Return the id of a new upload."""
        category = request.media_category or _default_category(request.media_type)
        kind = family_of(category)
        if not _is_category_of(request.media_type, kind):
            raise _invalid_parameter("media_category", category, f"{request.media_type} is not a {category}")
        if request.total_bytes > MAX_BYTES[kind]:
            raise _invalid_parameter(
                "total_bytes", request.total_bytes, f"File size exceeds {MAX_BYTES[kind]} bytes."
            )
        upload = self._start(category, request.media_type, request.total_bytes)
        return {"id": upload.id, "media_key": upload.media_key, "expires_after_secs": self._lifetime()}

    def append(self, media_id: str, index: int, data: bytes) -> dict[str, Any]:
        """Store one segment; the same index again replaces it."""
        upload = self._get_open(media_id)
        if not 0 <= index <= 999:
            raise _invalid_parameter("segment_index", index, "segment_index is 0 to 999")
        if not data or len(data) > MAX_CHUNK_BYTES:
            raise _invalid_parameter("media", len(data), f"a segment has 1 to {MAX_CHUNK_BYTES} bytes")
        other_bytes = sum(len(s) for i, s in upload.segments.items() if i != index)
        if other_bytes + len(data) > upload.total:
            raise _invalid_parameter("media", len(data), "Segments exceed the total_bytes of the upload.")
        upload.segments[index] = data
        return {"expires_at": int(upload.started_at + self._lifetime())}

    def finalize(self, media_id: str) -> dict[str, Any]:
        """Complete the upload; an image is ready at once, video and GIF processing starts."""
        upload = self._get_open(media_id)
        data = b"".join(upload.segments[i] for i in sorted(upload.segments))
        if len(data) != upload.total or sorted(upload.segments) != list(range(len(upload.segments))):
            raise _invalid_parameter("id", media_id, "Segments do not add up to provided total file size.")
        self._complete(upload, data)
        return self._upload_fields(upload)

    def upload_at_once(self, category: str, data: bytes) -> dict[str, Any]:
        """Store a complete file; X accepts only images and subtitles in one request."""
        kind = family_of(category)
        if kind not in ("image", "subtitles"):
            raise _invalid_parameter("media_category", category, "this category needs the chunked upload")
        if not data or len(data) > MAX_BYTES[kind]:
            raise _invalid_parameter("media", len(data), f"File size is 1 to {MAX_BYTES[kind]} bytes.")
        upload = self._start(category, None, len(data))
        self._complete(upload, data)
        return self._upload_fields(upload)

    def status(self, media_id: str) -> dict[str, Any]:
        """Return the response of finalize with the present progress."""
        upload = self._get_finalized(media_id)
        upload.never_ready = upload.never_ready or never_ready.get()
        return self._upload_fields(upload)

    def describe(self, request: Metadata) -> dict[str, Any]:
        """Set the alt text for posts that are created from now on."""
        upload = self._get_finalized(request.id)
        if family_of(upload.category) == "video" and request.metadata.alt_text:
            raise _invalid_parameter("metadata.alt_text", upload.category, "alt text is for images and GIFs")
        if request.metadata.alt_text:
            upload.alt = request.metadata.alt_text.text
        response = {"alt_text": {"text": upload.alt}} if upload.alt else {}
        return {"id": upload.id, "associated_metadata": response}

    def add_subtitles(self, request: Subtitles) -> dict[str, Any]:
        """Add the track for posts that are created from now on.

        A second track of a language replaces the first.
        """
        video, track = self._get_finalized(request.id), self._get_finalized(request.subtitles.id)
        for upload, kind in ((video, "video"), (track, "subtitles")):
            if family_of(upload.category) != kind:
                raise _invalid_parameter("id", upload.id, f"{upload.category} where {kind} is needed")
        video.captions[request.subtitles.language_code] = track.id
        response = {"media_category": request.media_category, "associated_subtitles": dict(video.captions)}
        return {"id": video.id, **response}

    def attached_media(self, ids: list[str]) -> list[Upload]:
        """Return the media of a new post; raise 400 unless they exist, are ready and combinable.

        A post has at most 4 images, or 1 GIF, or 1 video.
        """
        uploads = [self._uploads[i] for i in ids if i in self._uploads]
        kinds = [family_of(u.category) for u in uploads]
        is_allowed = kinds == ["image"] * len(ids) or kinds in (["gif"], ["video"])
        is_for_posts = all(u.category.startswith(("tweet_", "amplify_")) for u in uploads)
        if (
            not is_allowed
            or not is_for_posts
            or len(set(ids)) < len(ids)
            or not all(map(self._is_usable, uploads))
        ):
            raise media_ids_invalid(ids)
        return uploads

    def by_key(self, key: str) -> Upload:
        """Return the media file with this media key."""
        return self._uploads[key.partition("_")[2]]

    def _start(self, category: str, kind: str | None, total: int) -> Upload:
        upload = Upload(self._ids.next_id(), category, kind, total, self._now())
        self._uploads[upload.id] = upload
        return upload

    def _complete(self, upload: Upload, data: bytes) -> None:
        digest = f"{family_of(upload.category)} {hashlib.sha256(data).hexdigest()}"
        if digest not in self._probes:
            self._probes[digest] = probe_media(data, family_of(upload.category))
        probed = self._probes[digest]
        if probed is None or (upload.type and probed.type != upload.type.replace("pjpeg", "jpeg")):
            del self._uploads[upload.id]
            raise _invalid_parameter("media", upload.type or upload.category, "media type unrecognized.")
        upload.data, upload.probed, upload.finalized_at = data, probed, self._now()
        upload.segments.clear()
        upload.never_ready = never_ready.get()

    def _get_open(self, media_id: str) -> Upload:
        upload = self._uploads.get(media_id)
        if (
            upload is None
            or upload.finalized_at is not None
            or self._now() > upload.started_at + self._lifetime()
        ):
            raise _invalid_parameter("id", media_id, "Your media IDs are invalid.")
        return upload

    def _get_finalized(self, media_id: str) -> Upload:
        upload = self._uploads.get(media_id)
        if upload is None or upload.finalized_at is None or self._is_expired(upload):
            raise _invalid_parameter("id", media_id, "Your media IDs are invalid.")
        return upload

    def _is_usable(self, upload: Upload) -> bool:
        return (
            upload.finalized_at is not None
            and not self._is_expired(upload)
            and self._processing_state(upload) in (None, "succeeded")
        )

    def _is_expired(self, upload: Upload) -> bool:
        return self._now() > (upload.finalized_at or upload.started_at) + self._lifetime()

    def _processing_state(self, upload: Upload) -> str | None:
        """Return the processing state, or None if there is no processing."""
        assert upload.finalized_at is not None, "processing begins with finalize"
        if upload.never_ready:
            return "in_progress"
        if family_of(upload.category) not in ("video", "gif"):
            return None
        share = self._processed_share(upload)
        if share < 1:
            return "pending" if share < 0.25 else "in_progress"
        bad = upload.probed is None or upload.probed.error is not None
        return "failed" if bad else str(get_option(self._state, "processing_ends"))

    def _processed_share(self, upload: Upload) -> float:
        duration = get_option(self._state, "processing_seconds")
        return 1.0 if duration <= 0 else min(1.0, (self._now() - (upload.finalized_at or 0)) / duration)

    def _upload_fields(self, upload: Upload) -> dict[str, Any]:
        assert upload.probed is not None, "only finalized media are told about"
        fields: dict[str, Any] = {
            "id": upload.id,
            "media_key": upload.media_key,
            "size": len(upload.data),
            "expires_after_secs": self._lifetime(),
        }
        if family_of(upload.category) == "image":
            fields["image"] = {
                "image_type": upload.probed.type,
                "w": upload.probed.width,
                "h": upload.probed.height,
            }
        if family_of(upload.category) == "video":
            fields["video"] = {"video_type": upload.probed.type}
        if state := self._processing_state(upload):
            fields["processing_info"] = self._processing_fields(upload, state)
        return fields

    def _processing_fields(self, upload: Upload, state: str) -> dict[str, Any]:
        percent = 100 if state == "succeeded" else int(100 * min(self._processed_share(upload), 0.99))
        if state in ("pending", "in_progress"):
            check_after = get_option(self._state, "check_after_secs")
            return {"state": state, "check_after_secs": check_after, "progress_percent": percent}
        fields: dict[str, Any] = {"state": state, "progress_percent": percent}
        if state == "failed" and get_option(self._state, "processing_error"):
            reason = upload.probed and upload.probed.error
            fields["error"] = {"code": 1, "name": "InvalidMedia", "message": reason or "Unsupported file"}
        return fields

    def _lifetime(self) -> int:
        return int(get_option(self._state, "media_seconds"))

    def _now(self) -> float:
        return self._state.now().timestamp()


def _invalid_parameter(parameter: str, value: object, message: str) -> RequestRefused:
    return invalid_request((message, {parameter: [str(value)]}))


def _default_category(kind: str) -> str:
    if kind.startswith("text/"):
        return "subtitles"
    return (
        "tweet_gif" if kind == "image/gif" else "tweet_video" if kind.startswith("video/") else "tweet_image"
    )


def _is_category_of(kind: str, group: str) -> bool:
    default_category = family_of(_default_category(kind))
    return default_category == group and not kind.startswith("model/")
