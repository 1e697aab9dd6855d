"""Media to X, one invisible step per call: initialize, append, finalize, wait, alternative text or captions.

The token is ``{"media": [{"sha256", "id", "stage", "sent", "until", "since"}, …]}``, one entry per medium begun;
``until`` is when X forgets the upload, ``since`` when it began to process it (ISO, UTC), ``track`` the entry of a video's captions, which go up
like a medium of their own and are then tied to it. Every step is safe to repeat.
https://docs.x.com/x-api/media/quickstart/media-upload-chunked
"""

import re
from datetime import datetime, timedelta
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.channels.response_text import cleaned
from humaspost.channels.x.client import Calls, Data, id_of
from humaspost.model.channel import Door, FitFile, NotReady, Ready
from humaspost.model.errors import Rejected, Scope, Transient
from humaspost.model.post import Kind
from humaspost.model.rendition import Attachment, Part

#: One mebibyte is proven in practice; five were refused (431).
CHUNK = 1024 * 1024
_CATEGORIES = {Kind.IMAGE: "tweet_image", Kind.GIF: "tweet_gif", Kind.VIDEO: "tweet_video"}
_OF_USE = {"captions": "subtitles", "amplify": "amplify_video"}
#: X keeps no alternative text for a video: captions are its words.
_DESCRIBED = (Kind.IMAGE, Kind.GIF)
_OF_LANGUAGE = re.compile(r"\.([A-Za-z]{2})\.[a-z]+$")
_LANGUAGES = {"ID": "Bahasa Indonesia", "EN": "English", "JV": "Basa Jawa", "SU": "Basa Sunda"}
_SOONEST, _LATEST = 1.0, 60.0
#: An upload that X is about to forget is not worth starting from.
_MARGIN = timedelta(minutes=10)
#: What X still processes then, it never finishes: the upload begins anew, so often at most.
_PROCESSING, _UPLOADS = timedelta(minutes=30), 3
Entry = dict[str, Any]


def prepare(calls: Calls, door: Door, part: Part, token: Json) -> Ready | NotReady:
    """One step is made for the first medium that is not ready; Ready names all in order."""
    entries = _entries(token)
    for index, item in enumerate(part.media):
        entry = entries[index] if index < len(entries) else None
        if entry is not None and entry["stage"] == "done" and not _is_stale(entry, door.now()):
            continue
        made, after = _step(calls, door, item, entry)
        return NotReady({"media": [*entries[:index], made, *entries[index + 1 :]]}, after)
    return Ready({"media": [dict(entry) for entry in entries[: len(part.media)]]})


def media_ids(ready: Json, now: datetime) -> list[str]:
    """The ids that a post names; raises Transient (made anew) where X has forgotten one."""
    entries = _entries(ready)
    if any(_is_stale(entry, now) for entry in entries):
        raise Transient("media-expired", redo=True)
    return [entry["id"] for entry in entries]


def _entries(token: Json) -> list[Entry]:
    media = token.get("media") if isinstance(token, dict) else None
    return [entry for entry in media if isinstance(entry, dict)] if isinstance(media, list) else []


def _is_stale(entry: Entry, now: datetime) -> bool:
    return now > datetime.fromisoformat(entry["until"]) - _MARGIN


def _step(calls: Calls, door: Door, item: Attachment, entry: Entry | None) -> tuple[Entry, float]:
    """The entry after one more step, and in how many seconds to come again."""
    if entry is not None and entry["stage"] in ("processing", "alt"):
        return _finished(calls, item, entry, door.now())
    if entry is not None and entry["stage"] == "captions" and item.captions is not None:
        return _captioned(calls, door, item, entry)
    file = door.fitted(item)
    if entry is None or entry["sha256"] != file.sha256 or _is_stale(entry, door.now()):
        return _initialized(calls, item, file, door.now()), 0.0
    if entry["sent"] * CHUNK < file.size:
        return _appended(calls, file, entry), 0.0
    return _finalized(calls, item, entry, door.now())


def _initialized(calls: Calls, item: Attachment, file: FitFile, now: datetime) -> Entry:
    body: Json = {"media_type": file.mime, "total_bytes": file.size, "media_category": _category(item)}
    data = calls.post("initialize", "/2/media/upload/initialize", body)
    media_id = id_of(data)
    if not media_id:
        raise Transient("unreadable-answer", "an upload without an id")
    return {"sha256": file.sha256, "id": media_id, "stage": "append", "sent": 0, "until": _until(data, now)}


def _category(item: Attachment) -> str:
    return _OF_USE.get(item.use) or _CATEGORIES[item.kind]


def _appended(calls: Calls, file: FitFile, entry: Entry) -> Entry:
    with file.path.open("rb") as source:
        source.seek(entry["sent"] * CHUNK)
        chunk = source.read(CHUNK)
    calls.append(entry["id"], segment=entry["sent"], chunk=chunk, mime=file.mime)
    return {**entry, "sent": entry["sent"] + 1}


def _finalized(calls: Calls, item: Attachment, entry: Entry, now: datetime) -> tuple[Entry, float]:
    try:
        data = calls.post("finalize", f"/2/media/upload/{entry['id']}/finalize")
    except Transient as error:
        # An answer that was lost may have finalized it, and X finalizes once: the upload begins anew.
        raise Transient(error.code, error.detail, redo=True, most=error.most) from error
    return _processed({**entry, "until": _until(data, now), "since": now.isoformat()}, item, data)


def _finished(calls: Calls, item: Attachment, entry: Entry, now: datetime) -> tuple[Entry, float]:
    if entry["stage"] == "processing":
        answer = calls.get("status", "/2/media/upload", media_id=entry["id"], command="STATUS")
        data = answer.member("data")
        if not isinstance(data, dict):
            raise Transient("unreadable-answer", "a status without data")
        processed, after = _processed(entry, item, data)
        began = datetime.fromisoformat(entry.get("since") or now.isoformat())
        if processed["stage"] == "processing" and now - began > _PROCESSING:
            raise Transient("media-never-ready", redo=True, most=_UPLOADS)
        return processed, after
    body: Json = {"id": entry["id"], "metadata": {"alt_text": {"text": item.alt}}}
    calls.post("alt", "/2/media/metadata", body)
    return {**entry, "stage": "done"}, 0.0


def _captioned(calls: Calls, door: Door, item: Attachment, entry: Entry) -> tuple[Entry, float]:
    captions = item.captions
    assert captions is not None
    track = entry.get("track")
    if track is None or track["stage"] != "done":
        made, after = _step(calls, door, captions, track)
        return {**entry, "track": made}, after
    language = _language(captions)
    body: Json = {
        "id": entry["id"],
        "media_category": "AmplifyVideo" if item.use == "amplify" else "TweetVideo",
        "subtitles": {
            "id": track["id"],
            "language_code": language,
            "display_name": _LANGUAGES.get(language, language),
        },
    }
    calls.post("subtitles", "/2/media/subtitles", body)
    return {**entry, "stage": "done"}, 0.0


def _language(captions: Attachment) -> str:
    """``film.en.srt`` says its language; what does not is in the office's."""
    found = _OF_LANGUAGE.search(captions.name)
    return found[1].upper() if found else "ID"


def _processed(entry: Entry, item: Attachment, data: Data) -> tuple[Entry, float]:
    """No processing_info = ready at once."""
    info = data.get("processing_info")
    if info is None or (isinstance(info, dict) and info.get("state") == "succeeded"):
        return {**entry, "stage": _next_stage(item)}, 0.0
    if not isinstance(info, dict):
        raise Transient("unreadable-answer", "processing_info of another kind")
    if info.get("state") == "failed":
        failure = info.get("error")
        words = failure.get("message") if isinstance(failure, dict) else ""
        raise Rejected("media-failed", cleaned(str(words or "")) or _("X gives no reason"), scope=Scope.POST)
    return {**entry, "stage": "processing"}, _seconds(info.get("check_after_secs"))


def _seconds(said: Json) -> float:
    """When to ask again; no answer makes it more often than each second, or less often than each minute."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        return _SOONEST
    return float(min(said, _LATEST)) if said >= _SOONEST else _SOONEST


def _next_stage(item: Attachment) -> str:
    if item.captions is not None and item.kind is Kind.VIDEO:
        return "captions"
    return "alt" if item.alt and item.kind in _DESCRIBED else "done"


def _until(data: Data, now: datetime) -> str:
    """When X forgets the upload; a day where it does not say, or says that it is forgotten already."""
    seconds = data.get("expires_after_secs")
    sane = isinstance(seconds, int) and 2 * _MARGIN.total_seconds() < seconds < 100 * 86_400
    lives = seconds if isinstance(seconds, int) and sane else 86_400
    return (now + timedelta(seconds=lives)).isoformat()
