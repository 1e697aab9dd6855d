"""A webhook of the Cloud API: its signature verified over the raw bytes, then read; hostile ones give nothing.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (read 2026-11-23)
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from humaspost.model.channel import Event
from humaspost.model.delivery import Stage
from humaspost.model.secrecy import struck

_LARGEST = 3 * 1024 * 1024
_STAGES = {
    "sent": Stage.SENT,
    "delivered": Stage.DELIVERED,
    "read": Stage.READ,
    "played": Stage.READ,
}
#: Ids and callback data are far shorter; longer ones are nobody's.
_LONGEST = 600
_DAY = 86_400.0
#: Failures after which Meta itself says that the same message may be tried once more, in seconds.
#: 131049: its cap on marketing; 131047: the window had closed, and a template may go instead.
_AGAIN = {"131049": _DAY, "131047": 60.0}


def signed(body: bytes, secret: str) -> str:
    """What Meta puts in ``X-Hub-Signature-256`` for these bytes."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def events(
    headers: Mapping[str, str], body: bytes, *, secret: str, phone_number_id: str
) -> list[Event] | None:
    """What happened on one number; None where the signature is not Meta's, none where the shape is not."""
    given = next((v for name, v in headers.items() if name.lower() == "x-hub-signature-256"), "")
    if not secret or len(body) > _LARGEST:
        return None
    if not hmac.compare_digest(given.encode(errors="replace"), signed(body, secret).encode()):
        return None
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return [
        event
        for value in _values(payload, phone_number_id)
        for event in (*_statuses(value), *_inbound(value), *_preferences(value))
    ]


def _dicts(holder: object, key: str) -> Iterator[dict[str, Any]]:
    """The objects in a list that ought to be there."""
    items = holder.get(key) if isinstance(holder, dict) else None
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            yield item


def _dict(holder: dict[str, Any], key: str) -> dict[str, Any]:
    found = holder.get(key)
    return found if isinstance(found, dict) else {}


def _text(holder: dict[str, Any], key: str) -> str:
    """Ids and times are strings in Meta's webhooks; a number is read too."""
    found = holder.get(key)
    if not isinstance(found, str | int) or isinstance(found, bool):
        return ""
    # A lone surrogate is valid JSON, and no database takes it.
    return str(found).encode(errors="replace").decode()


def _id(holder: dict[str, Any], key: str) -> str:
    """It will be kept, so one with a secret of ours in it is nobody's id."""
    found = _text(holder, key)
    return found if len(found) <= _LONGEST and struck(found) == found else ""


def _phone(holder: dict[str, Any], key: str) -> str | None:
    """The number behind ``wa_id``, ``from`` or ``recipient_id``; None where it is a user id or nothing."""
    digits = _text(holder, key)
    return "+" + digits if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else None


def _values(payload: object, phone_number_id: str) -> Iterator[dict[str, Any]]:
    for entry in _dicts(payload, "entry"):
        for change in _dicts(entry, "changes"):
            value = _dict(change, "value")
            if _text(_dict(value, "metadata"), "phone_number_id") == phone_number_id:
                yield value


def _moment(holder: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(_text(holder, "timestamp")), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _statuses(value: dict[str, Any]) -> Iterator[Event]:
    for status in _dicts(value, "statuses"):
        wamid, word, at = _id(status, "id"), _text(status, "status"), _moment(status)
        if not wamid or at is None or (word != "failed" and word not in _STAGES):
            continue
        code = _failure(status) if word == "failed" else None
        yield Event(
            dedupe=f"{wamid}:{word}",
            kind="status",
            at=at,
            key=_id(status, "biz_opaque_callback_data") or None,
            remote_id=wamid,
            stage=_STAGES.get(word),
            failed=code,
            again=_AGAIN.get(code or ""),
        )
        yield from _consequence(code, wamid, at=at, sender=_phone(status, "recipient_id"))


def _failure(status: dict[str, Any]) -> str:
    return next((_id(error, "code") for error in _dicts(status, "errors")), "") or "failed"


def _consequence(code: str | None, wamid: str, *, at: datetime, sender: str | None) -> Iterator[Event]:
    """What a failure says of the person: stopped marketing (131050), window not open (131047)."""
    kind = {"131050": "left", "131047": "closed"}.get(code or "")
    if kind and sender:
        yield Event(dedupe=f"{wamid}:{kind}", kind=kind, at=at, remote_id=wamid, sender=sender)


def _inbound(value: dict[str, Any]) -> Iterator[Event]:
    for message in _dicts(value, "messages"):
        wamid, sender, at = _id(message, "id"), _phone(message, "from"), _moment(message)
        if wamid and sender and at:
            words = _words(message)
            yield Event(f"{wamid}:inbound", "inbound", at, remote_id=wamid, sender=sender, text=words)


def _preferences(value: dict[str, Any]) -> Iterator[Event]:
    """Only ``stop``: by ``resume`` nobody comes back on a list that they left by a word of their own."""
    for chosen in _dicts(value, "user_preferences"):
        sender, at = _phone(chosen, "wa_id"), _moment(chosen)
        if sender and at and _text(chosen, "value") == "stop":
            dedupe = f"{sender}:stop:{_text(chosen, 'timestamp')}"
            yield Event(dedupe, "left", at, sender=sender)


def _words(message: dict[str, Any]) -> str:
    """What the person wrote, or the words of the button that they pressed."""
    button = _dict(message, "button")
    reply = _dict(_dict(message, "interactive"), "button_reply")
    body = _text(_dict(message, "text"), "body")
    return body or _text(button, "text") or _text(reply, "title")
