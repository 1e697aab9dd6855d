"""X's v2 media upload: initialize, append, finalize, status; one shot; alt text.

https://docs.x.com/x-api/media/quickstart/media-upload-chunked, read 2026-08-22.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from humaspost.sandbox.state import ShownMedia, World, never_ready
from humaspost.sandbox.x.errors import Refused, invalid, media_ids_invalid
from humaspost.sandbox.x.ids import Snowflakes
from humaspost.sandbox.x.media_checks import LARGEST, Probe, family, probe
from humaspost.sandbox.x.options import setting
from humaspost.sandbox.x.request_schema import Initialize, Metadata, Subtitles

CHUNK = 5 * 1024 * 1024
_KEY = {"image": "3", "gif": "16", "video": "7", "subtitles": "1"}
_SHOWN_AS = {"image": "photo", "gif": "animated_gif", "video": "video"}


@dataclass(slots=True)
class Upload:
    """One medium on its way, or there."""

    id: str
    category: str
    type: str | None
    total: int
    begun: float
    segments: dict[int, bytes] = field(default_factory=dict)
    data: bytes = b""
    found: Probe | None = None
    finalized: float | None = None
    stuck: bool = False
    alt: str | None = None
    captions: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The media key, which answers name; the id is for requests."""
        return f"{_KEY[family(self.category)]}_{self.id}"

    def shown(self) -> ShownMedia:
        """The medium as the public sees it."""
        digest = hashlib.sha256(self.data).hexdigest()
        return ShownMedia(digest, self.found.type if self.found else "", alt=self.alt, data=self.data)

    def included(self) -> dict[str, Any]:
        """The medium as ``includes.media`` describes it."""
        assert self.found is not None, "only finalized media are attached"
        told: dict[str, Any] = {"media_key": self.key, "type": _SHOWN_AS[family(self.category)]}
        told |= {"width": self.found.width, "height": self.found.height}
        if told["type"] == "photo":
            told["url"] = f"https://pbs.twimg.com/media/{self.id}.jpg"
        if self.found.duration_ms:
            told["duration_ms"] = self.found.duration_ms
        return told | ({"alt_text": self.alt} if self.alt else {})


class Uploads:
    """Every medium that was uploaded, and what X says about each."""

    def __init__(self, world: World, ids: Snowflakes) -> None:
        self._world, self._ids = world, ids
        self._known: dict[str, Upload] = {}
        self._probes: dict[str, Probe | None] = {}

    def initialize(self, wanted: Initialize) -> dict[str, Any]:
        """An id to append to."""
        category = wanted.media_category or _usual(wanted.media_type)
        kind = family(category)
        if not _goes_with(wanted.media_type, kind):
            raise _bad("media_category", category, f"{wanted.media_type} is not a {category}")
        if wanted.total_bytes > LARGEST[kind]:
            raise _bad("total_bytes", wanted.total_bytes, f"File size exceeds {LARGEST[kind]} bytes.")
        upload = self._begin(category, wanted.media_type, wanted.total_bytes)
        return {"id": upload.id, "media_key": upload.key, "expires_after_secs": self._lifetime()}

    def append(self, media_id: str, index: int, data: bytes) -> dict[str, Any]:
        """One segment is kept; the same index again replaces it."""
        upload = self._open(media_id)
        if not 0 <= index <= 999:
            raise _bad("segment_index", index, "segment_index is 0 to 999")
        if not data or len(data) > CHUNK:
            raise _bad("media", len(data), f"a segment has 1 to {CHUNK} bytes")
        others = sum(len(s) for i, s in upload.segments.items() if i != index)
        if others + len(data) > upload.total:
            raise _bad("media", len(data), "Segments exceed the total_bytes of the upload.")
        upload.segments[index] = data
        return {"expires_at": int(upload.begun + self._lifetime())}

    def finalize(self, media_id: str) -> dict[str, Any]:
        """The medium is whole and, for an image, ready; video and GIF are processed from now on."""
        upload = self._open(media_id)
        data = b"".join(upload.segments[i] for i in sorted(upload.segments))
        if len(data) != upload.total or sorted(upload.segments) != list(range(len(upload.segments))):
            raise _bad("id", media_id, "Segments do not add up to provided total file size.")
        self._complete(upload, data)
        return self._told(upload)

    def one_shot(self, category: str, data: bytes) -> dict[str, Any]:
        """The medium is whole and ready; only images and subtitles go in one shot."""
        kind = family(category)
        if kind not in ("image", "subtitles"):
            raise _bad("media_category", category, "this category needs the chunked upload")
        if not data or len(data) > LARGEST[kind]:
            raise _bad("media", len(data), f"File size is 1 to {LARGEST[kind]} bytes.")
        upload = self._begin(category, None, len(data))
        self._complete(upload, data)
        return self._told(upload)

    def status(self, media_id: str) -> dict[str, Any]:
        """What finalize said, with how far the processing has come."""
        upload = self._finalized(media_id)
        upload.stuck = upload.stuck or never_ready.get()
        return self._told(upload)

    def describe(self, wanted: Metadata) -> dict[str, Any]:
        """The medium has this alt text, in posts made from now on."""
        upload = self._finalized(wanted.id)
        if family(upload.category) == "video" and wanted.metadata.alt_text:
            raise _bad("metadata.alt_text", upload.category, "alt text is for images and GIFs")
        if wanted.metadata.alt_text:
            upload.alt = wanted.metadata.alt_text.text
        told = {"alt_text": {"text": upload.alt}} if upload.alt else {}
        return {"id": upload.id, "associated_metadata": told}

    def subtitle(self, wanted: Subtitles) -> dict[str, Any]:
        """The video has this track, in posts made from now on; a language's second track replaces its first."""
        video, track = self._finalized(wanted.id), self._finalized(wanted.subtitles.id)
        for upload, kind in ((video, "video"), (track, "subtitles")):
            if family(upload.category) != kind:
                raise _bad("id", upload.id, f"{upload.category} where {kind} is needed")
        video.captions[wanted.subtitles.language_code] = track.id
        told = {"media_category": wanted.media_category, "associated_subtitles": dict(video.captions)}
        return {"id": video.id, **told}

    def attached(self, ids: list[str]) -> list[Upload]:
        """The media of a new post: known, ready, and together allowed (4 images, or 1 GIF, or 1 video)."""
        found = [self._known[i] for i in ids if i in self._known]
        kinds = [family(u.category) for u in found]
        together = kinds == ["image"] * len(ids) or kinds in (["gif"], ["video"])
        tweeted = all(u.category.startswith(("tweet_", "amplify_")) for u in found)
        if not together or not tweeted or len(set(ids)) < len(ids) or not all(map(self._usable, found)):
            raise media_ids_invalid(ids)
        return found

    def by_key(self, key: str) -> Upload:
        """The medium that an answer names by its key."""
        return self._known[key.partition("_")[2]]

    def _begin(self, category: str, kind: str | None, total: int) -> Upload:
        upload = Upload(self._ids.next(), category, kind, total, self._now())
        self._known[upload.id] = upload
        return upload

    def _complete(self, upload: Upload, data: bytes) -> None:
        digest = f"{family(upload.category)} {hashlib.sha256(data).hexdigest()}"
        if digest not in self._probes:
            self._probes[digest] = probe(data, family(upload.category))
        found = self._probes[digest]
        if found is None or (upload.type and found.type != upload.type.replace("pjpeg", "jpeg")):
            del self._known[upload.id]
            raise _bad("media", upload.type or upload.category, "media type unrecognized.")
        upload.data, upload.found, upload.finalized = data, found, self._now()
        upload.segments.clear()
        upload.stuck = never_ready.get()

    def _open(self, media_id: str) -> Upload:
        upload = self._known.get(media_id)
        if upload is None or upload.finalized is not None or self._now() > upload.begun + self._lifetime():
            raise _bad("id", media_id, "Your media IDs are invalid.")
        return upload

    def _finalized(self, media_id: str) -> Upload:
        upload = self._known.get(media_id)
        if upload is None or upload.finalized is None or self._expired(upload):
            raise _bad("id", media_id, "Your media IDs are invalid.")
        return upload

    def _usable(self, upload: Upload) -> bool:
        return (
            upload.finalized is not None
            and not self._expired(upload)
            and self._state(upload) in (None, "succeeded")
        )

    def _expired(self, upload: Upload) -> bool:
        return self._now() > (upload.finalized or upload.begun) + self._lifetime()

    def _state(self, upload: Upload) -> str | None:
        """Where the processing is; None for what needs none."""
        assert upload.finalized is not None, "processing begins with finalize"
        if upload.stuck:
            return "in_progress"
        if family(upload.category) not in ("video", "gif"):
            return None
        share = self._share(upload)
        if share < 1:
            return "pending" if share < 0.25 else "in_progress"
        bad = upload.found is None or upload.found.wrong is not None
        return "failed" if bad else str(setting(self._world, "processing_ends"))

    def _share(self, upload: Upload) -> float:
        whole = setting(self._world, "processing_seconds")
        return 1.0 if whole <= 0 else min(1.0, (self._now() - (upload.finalized or 0)) / whole)

    def _told(self, upload: Upload) -> dict[str, Any]:
        assert upload.found is not None, "only finalized media are told about"
        told: dict[str, Any] = {
            "id": upload.id,
            "media_key": upload.key,
            "size": len(upload.data),
            "expires_after_secs": self._lifetime(),
        }
        if family(upload.category) == "image":
            told["image"] = {
                "image_type": upload.found.type,
                "w": upload.found.width,
                "h": upload.found.height,
            }
        if family(upload.category) == "video":
            told["video"] = {"video_type": upload.found.type}
        if state := self._state(upload):
            told["processing_info"] = self._processing(upload, state)
        return told

    def _processing(self, upload: Upload, state: str) -> dict[str, Any]:
        percent = 100 if state == "succeeded" else int(100 * min(self._share(upload), 0.99))
        if state in ("pending", "in_progress"):
            wait = setting(self._world, "check_after_secs")
            return {"state": state, "check_after_secs": wait, "progress_percent": percent}
        told: dict[str, Any] = {"state": state, "progress_percent": percent}
        if state == "failed" and setting(self._world, "processing_error"):
            reason = upload.found and upload.found.wrong
            told["error"] = {"code": 1, "name": "InvalidMedia", "message": reason or "Unsupported file"}
        return told

    def _lifetime(self) -> int:
        return int(setting(self._world, "media_seconds"))

    def _now(self) -> float:
        return self._world.now().timestamp()


def _bad(parameter: str, value: object, message: str) -> Refused:
    return invalid((message, {parameter: [str(value)]}))


def _usual(kind: str) -> str:
    if kind.startswith("text/"):
        return "subtitles"
    return (
        "tweet_gif" if kind == "image/gif" else "tweet_video" if kind.startswith("video/") else "tweet_image"
    )


def _goes_with(kind: str, group: str) -> bool:
    usual = family(_usual(kind))
    return usual == group and not kind.startswith("model/")
