"""Upload of media to X, one invisible step per call.

The steps: initialize, append, finalize, wait, alternative text or captions.
The token is ``{"media": [{"sha256", "id", "stage", "sent", "until", "since"}, …]}``, one entry per started medium;
``until`` is when X deletes the upload, ``since`` when X started to process it (ISO, UTC), ``track`` the entry of a
video's captions, which are uploaded like a medium of their own and are then tied to it. Every step is safe to repeat.
https://docs.x.com/x-api/media/quickstart/media-upload-chunked
"""

import re
from datetime import datetime, timedelta
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.channels.response_text import clean_text
from humaspost.channels.x.client import ResponseData, XClient, get_id
from humaspost.model.channel import ChannelContext, FitFile, NotReady, Ready
from humaspost.model.errors import Rejected, Scope, Transient
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Part

#: One mebibyte works in practice; five were refused (431).
CHUNK_BYTES = 1024 * 1024
_CATEGORIES = {MediaKind.IMAGE: "tweet_image", MediaKind.GIF: "tweet_gif", MediaKind.VIDEO: "tweet_video"}
_CATEGORY_BY_USE = {"captions": "subtitles", "amplify": "amplify_video"}
#: X stores no alternative text for a video: its captions replace it.
_KINDS_WITH_ALT = (MediaKind.IMAGE, MediaKind.GIF)
_LANGUAGE_SUFFIX = re.compile(r"\.([A-Za-z]{2})\.[a-z]+$")
_LANGUAGE_NAMES = {"ID": "Bahasa Indonesia", "EN": "English", "JV": "Basa Jawa", "SU": "Basa Sunda"}
_MIN_POLL_SECONDS, _MAX_POLL_SECONDS = 1.0, 60.0
#: An upload that X deletes within this time is not used.
_EXPIRY_MARGIN = timedelta(minutes=10)
#: An upload that X processes for longer never finishes: a new upload starts, so many times at most.
_MAX_PROCESSING_TIME, _MAX_UPLOADS = timedelta(minutes=30), 3
UploadEntry = dict[str, Any]


def prepare_media(client: XClient, context: ChannelContext, part: Part, token: Json) -> Ready | NotReady:
    """Make one step for the first medium that is not ready; Ready lists all media in order."""
    entries = _parse_entries(token)
    for index, item in enumerate(part.media):
        entry = entries[index] if index < len(entries) else None
        if entry is not None and entry["stage"] == "done" and not _is_expired(entry, context.now()):
            continue
        advanced, wait_seconds = _advance(client, context, item, entry)
        return NotReady({"media": [*entries[:index], advanced, *entries[index + 1 :]]}, wait_seconds)
    return Ready({"media": [dict(entry) for entry in entries[: len(part.media)]]})


def ready_media_ids(prepared: Json, now: datetime) -> list[str]:
    """Return the media ids for a post; raises Transient (restart) if X has deleted one."""
    entries = _parse_entries(prepared)
    if any(_is_expired(entry, now) for entry in entries):
        raise Transient("media-expired", restart_preparation=True)
    return [entry["id"] for entry in entries]


def _parse_entries(token: Json) -> list[UploadEntry]:
    media = token.get("media") if isinstance(token, dict) else None
    return [entry for entry in media if isinstance(entry, dict)] if isinstance(media, list) else []


def _is_expired(entry: UploadEntry, now: datetime) -> bool:
    return now > datetime.fromisoformat(entry["until"]) - _EXPIRY_MARGIN


def _advance(
    client: XClient, context: ChannelContext, item: Attachment, entry: UploadEntry | None
) -> tuple[UploadEntry, float]:
    """Return the entry after one more step, and the seconds until the next step."""
    if entry is not None and entry["stage"] in ("processing", "alt"):
        return _finish(client, item, entry, context.now())
    if entry is not None and entry["stage"] == "captions" and item.captions is not None:
        return _upload_captions(client, context, item, entry)
    file = context.fit_media(item)
    if entry is None or entry["sha256"] != file.sha256 or _is_expired(entry, context.now()):
        return _initialize(client, item, file, context.now()), 0.0
    if entry["sent"] * CHUNK_BYTES < file.size:
        return _append(client, file, entry), 0.0
    return _finalize(client, item, entry, context.now())


def _initialize(client: XClient, item: Attachment, file: FitFile, now: datetime) -> UploadEntry:
    body: Json = {"media_type": file.mime, "total_bytes": file.size, "media_category": _upload_category(item)}
    data = client.post("initialize", "/2/media/upload/initialize", body)
    media_id = get_id(data)
    if not media_id:
        raise Transient("unreadable-answer", "an upload without an id")
    return {
        "sha256": file.sha256,
        "id": media_id,
        "stage": "append",
        "sent": 0,
        "until": _expires_at(data, now),
    }


def _upload_category(item: Attachment) -> str:
    return _CATEGORY_BY_USE.get(item.use) or _CATEGORIES[item.kind]


def _append(client: XClient, file: FitFile, entry: UploadEntry) -> UploadEntry:
    with file.path.open("rb") as source:
        source.seek(entry["sent"] * CHUNK_BYTES)
        chunk = source.read(CHUNK_BYTES)
    client.append_segment(entry["id"], segment=entry["sent"], chunk=chunk, mime=file.mime)
    return {**entry, "sent": entry["sent"] + 1}


def _finalize(
    client: XClient, item: Attachment, entry: UploadEntry, now: datetime
) -> tuple[UploadEntry, float]:
    try:
        data = client.post("finalize", f"/2/media/upload/{entry['id']}/finalize")
    except Transient as error:
        # A lost response may have finalized the upload, and X finalizes once: a new upload starts.
        raise Transient(
            error.code, error.detail, restart_preparation=True, max_attempts=error.max_attempts
        ) from error
    return _processing_state({**entry, "until": _expires_at(data, now), "since": now.isoformat()}, item, data)


def _finish(
    client: XClient, item: Attachment, entry: UploadEntry, now: datetime
) -> tuple[UploadEntry, float]:
    if entry["stage"] == "processing":
        response = client.get("status", "/2/media/upload", media_id=entry["id"], command="STATUS")
        data = response.get("data")
        if not isinstance(data, dict):
            raise Transient("unreadable-answer", "a status without data")
        processed, wait_seconds = _processing_state(entry, item, data)
        started_at = datetime.fromisoformat(entry.get("since") or now.isoformat())
        if processed["stage"] == "processing" and now - started_at > _MAX_PROCESSING_TIME:
            raise Transient("media-never-ready", restart_preparation=True, max_attempts=_MAX_UPLOADS)
        return processed, wait_seconds
    body: Json = {"id": entry["id"], "metadata": {"alt_text": {"text": item.alt}}}
    client.post("alt", "/2/media/metadata", body)
    return {**entry, "stage": "done"}, 0.0


def _upload_captions(
    client: XClient, context: ChannelContext, item: Attachment, entry: UploadEntry
) -> tuple[UploadEntry, float]:
    captions = item.captions
    assert captions is not None
    track = entry.get("track")
    if track is None or track["stage"] != "done":
        advanced, wait_seconds = _advance(client, context, captions, track)
        return {**entry, "track": advanced}, wait_seconds
    language = _caption_language(captions)
    body: Json = {
        "id": entry["id"],
        "media_category": "AmplifyVideo" if item.use == "amplify" else "TweetVideo",
        "subtitles": {
            "id": track["id"],
            "language_code": language,
            "display_name": _LANGUAGE_NAMES.get(language, language),
        },
    }
    client.post("subtitles", "/2/media/subtitles", body)
    return {**entry, "stage": "done"}, 0.0


def _caption_language(captions: Attachment) -> str:
    """Return the language in the file's name (``film.en.srt``), else the office's."""
    match = _LANGUAGE_SUFFIX.search(captions.name)
    return match[1].upper() if match else "ID"


def _processing_state(entry: UploadEntry, item: Attachment, data: ResponseData) -> tuple[UploadEntry, float]:
    """Return the entry and the wait after a response; no processing_info means ready at once."""
    info = data.get("processing_info")
    if info is None or (isinstance(info, dict) and info.get("state") == "succeeded"):
        return {**entry, "stage": _next_stage(item)}, 0.0
    if not isinstance(info, dict):
        raise Transient("unreadable-answer", "processing_info of another kind")
    if info.get("state") == "failed":
        failure = info.get("error")
        reason = failure.get("message") if isinstance(failure, dict) else ""
        raise Rejected(
            "media-failed", clean_text(str(reason or "")) or _("X gives no reason"), scope=Scope.POST
        )
    return {**entry, "stage": "processing"}, _poll_delay(info.get("check_after_secs"))


def _poll_delay(seconds: Json) -> float:
    """Return the seconds until the next poll, from one second to one minute, whatever X asks."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return _MIN_POLL_SECONDS
    return float(min(seconds, _MAX_POLL_SECONDS)) if seconds >= _MIN_POLL_SECONDS else _MIN_POLL_SECONDS


def _next_stage(item: Attachment) -> str:
    if item.captions is not None and item.kind is MediaKind.VIDEO:
        return "captions"
    return "alt" if item.alt and item.kind in _KINDS_WITH_ALT else "done"


def _expires_at(data: ResponseData, now: datetime) -> str:
    """Return when X deletes the upload; a day from now if X names no time or a past one."""
    seconds = data.get("expires_after_secs")
    is_plausible = isinstance(seconds, int) and 2 * _EXPIRY_MARGIN.total_seconds() < seconds < 100 * 86_400
    lifetime = seconds if isinstance(seconds, int) and is_plausible else 86_400
    return (now + timedelta(seconds=lifetime)).isoformat()
