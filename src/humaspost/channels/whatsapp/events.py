"""A webhook of the Cloud API: its signature verified over the raw bytes, then read; hostile ones give nothing.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (read 2026-11-23)
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict

from humaspost.channels.whatsapp.errors import STOPPED, Told, told
from humaspost.model.account import Verdict
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
#: A business-scoped user id: the country, a dot, and what the person is to one portfolio.
_USER = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,140}")
#: What a person chose of marketing; ``signup`` says that they follow a link of Meta's, and is no consent of ours.
_WISHES = {"stop": "no-marketing", "resume": "marketing"}
_OF_TEMPLATES = ("message_template_status_update", "template_category_update")
#: What is told of a template by these is its new status, under our name for it; FLAGGED, say, is only a warning.
_VERDICTS = {
    **{word: word for word in ("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL")},
    **{word: word for word in ("PENDING_DELETION", "DELETED", "LIMIT_EXCEEDED", "ARCHIVED")},
    "REINSTATED": "APPROVED",
}


class _Person(TypedDict):
    """Whom an event is about, by the number and by the platform's own id."""

    sender: str | None
    user_id: str | None


def signed(body: bytes, secret: str) -> str:
    """What Meta puts in ``X-Hub-Signature-256`` for these bytes."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def events(
    headers: Mapping[str, str], body: bytes, *, secret: str, phone_number_id: str, business: str
) -> list[Event] | None:
    """What happened on one number and to the templates of its ``business`` account.

    None where the signature is not Meta's, none where the shape is not.
    """
    given = next((v for name, v in headers.items() if name.lower() == "x-hub-signature-256"), "")
    if not secret or len(body) > _LARGEST:
        return None
    if not hmac.compare_digest(given.encode(errors="replace"), signed(body, secret).encode()):
        return None
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return []
    of_number = [
        event
        for value in _values(payload, phone_number_id)
        for event in (*_statuses(value), *_inbound(value), *_preferences(value))
    ]
    return [*of_number, *_templates(payload, business)]


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


def _user(holder: dict[str, Any], key: str) -> str | None:
    """The business-scoped user id that stands there; None where it is a number or nothing."""
    found = _id(holder, key)
    return found if _USER.fullmatch(found) else None


def _person(value: dict[str, Any], said: dict[str, Any], number: str, user: str) -> _Person:
    """Of whom ``said`` speaks under these keys; the contact beside it adds what is missing.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids (2026-05-28)
    """
    phone, user_id = _phone(said, number), _user(said, user) or _user(said, number)
    beside = [(_phone(one, "wa_id"), _user(one, "user_id")) for one in _dicts(value, "contacts")]
    if number not in said and user not in said and len(beside) == 1:
        phone, user_id = beside[0]
    for other_phone, other_id in beside:
        if (phone and phone == other_phone) or (user_id and user_id == other_id):
            phone, user_id = phone or other_phone, user_id or other_id
    return _Person(sender=phone, user_id=user_id)


def _values(payload: object, phone_number_id: str) -> Iterator[dict[str, Any]]:
    for entry in _dicts(payload, "entry"):
        for change in _dicts(entry, "changes"):
            value = _dict(change, "value")
            if _text(_dict(value, "metadata"), "phone_number_id") == phone_number_id:
                yield value


def _moment(holder: dict[str, Any], key: str = "timestamp") -> datetime | None:
    try:
        return datetime.fromtimestamp(int(_text(holder, key)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _statuses(value: dict[str, Any]) -> Iterator[Event]:
    for status in _dicts(value, "statuses"):
        wamid, word, at = _id(status, "id"), _text(status, "status"), _moment(status)
        if not wamid or at is None or (word != "failed" and word not in _STAGES):
            continue
        code = _failure(status) if word == "failed" else None
        means = told(code) if code else Told()
        key = _id(status, "biz_opaque_callback_data") or None
        who = _person(value, status, "recipient_id", "recipient_user_id")
        yield Event(
            dedupe=f"{wamid}:{word}",
            kind="status",
            at=at,
            key=key,
            remote_id=wamid,
            stage=_STAGES.get(word),
            failed=code,
            again=means.again,
            tries=means.tries,
            holds=means.holds,
            **who,
        )
        # 131047: their window is not open.
        if consequence := {STOPPED: "no-marketing", "131047": "closed"}.get(code or ""):
            yield Event(f"{wamid}:{consequence}", consequence, at, key, wamid, **who)


def _failure(status: dict[str, Any]) -> str:
    return next((_id(error, "code") for error in _dicts(status, "errors")), "") or "failed"


def _inbound(value: dict[str, Any]) -> Iterator[Event]:
    """What people said; that somebody has another number now is told in the same place, and nobody said it."""
    for message in _dicts(value, "messages"):
        if _text(message, "type") == "system":
            yield from _moved(message)
            continue
        wamid, at = _id(message, "id"), _moment(message)
        who = _person(value, message, "from", "from_user_id")
        if wamid and at and any(who.values()):
            text, payload = _words(message), _payload(message)
            yield Event(f"{wamid}:inbound", "inbound", at, remote_id=wamid, text=text, payload=payload, **who)


def _moved(message: dict[str, Any]) -> Iterator[Event]:
    wamid, at = _id(message, "id"), _moment(message)
    told = _dict(message, "system")
    before, now = _phone(message, "from"), _phone(told, "wa_id") or _phone(told, "new_wa_id")
    if wamid and at and before and now and before != now:
        yield Event(f"{wamid}:moved", "moved", at, sender=before, moved=now)


def _preferences(value: dict[str, Any]) -> Iterator[Event]:
    """Of marketing alone: by ``resume`` nobody comes back on a list that they left by a word of their own.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences (2026-05-21)
    """
    for chosen in _dicts(value, "user_preferences"):
        who, at = _person(value, chosen, "wa_id", "user_id"), _moment(chosen)
        person = who["sender"] or who["user_id"]
        kind = _WISHES.get(_text(chosen, "value"))
        if person and at and kind and _text(chosen, "category") in ("", "marketing_messages"):
            # It is kept, and a person's number is not.
            digest = hashlib.sha256(person.encode()).hexdigest()[:16]
            dedupe = f"{digest}:{_text(chosen, 'value')}:{_text(chosen, 'timestamp')}"
            yield Event(dedupe, kind, at, **who)


def _templates(payload: object, business: str) -> Iterator[Event]:
    for entry in _dicts(payload, "entry"):
        at = _moment(entry, "time")
        for change in _dicts(entry, "changes"):
            if at and _text(entry, "id") == business and _text(change, "field") in _OF_TEMPLATES:
                yield from _verdict(_dict(change, "value"), at)


def _verdict(value: dict[str, Any], at: datetime) -> Iterator[Event]:
    """A new category is for the next survey to tell; only a status is taken as it is told."""
    name, language = _id(value, "message_template_name"), _id(value, "message_template_language")
    word = _id(value, "event") or _id(value, "new_category")
    if name and language:
        dedupe = f"{name}:{language}:{word}:{int(at.timestamp())}"
        yield Event(dedupe, "template", at, verdict=Verdict(name, language, _VERDICTS.get(word, "")))


def _words(message: dict[str, Any]) -> str:
    """What the person wrote, under a picture too, or the words of the button that they pressed."""
    medium = _dict(message, _text(message, "type"))
    said = [_text(_dict(message, "text"), "body"), _text(medium, "caption")]
    said += [_text(medium, "text"), _text(_reply(message), "title")]
    return next(filter(None, said), "")


def _payload(message: dict[str, Any]) -> str:
    """What the office had put behind the button that the person pressed."""
    return _text(_dict(message, "button"), "payload") or _text(_reply(message), "id")


def _reply(message: dict[str, Any]) -> dict[str, Any]:
    pressed = _dict(message, "interactive")
    return _dict(pressed, "button_reply") or _dict(pressed, "list_reply")
