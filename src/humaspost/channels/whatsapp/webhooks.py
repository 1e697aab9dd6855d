"""A webhook of the Cloud API: its signature verified over the raw bytes, then read; hostile ones give nothing.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (read 2026-11-23)
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict

from humaspost.channels.whatsapp.account_webhooks import notices
from humaspost.channels.whatsapp.errors import STOPPED, Told, told
from humaspost.channels.whatsapp.json_fields import (
    dicts,
    id_in,
    member,
    moment_in,
    phone_in,
    text_in,
    user_in,
)
from humaspost.model.channel import Event
from humaspost.model.delivery import Stage

_LARGEST = 3 * 1024 * 1024
_STAGES = {
    "sent": Stage.SENT,
    "delivered": Stage.DELIVERED,
    "read": Stage.READ,
    "played": Stage.READ,
}
#: What a person chose of marketing; ``signup`` says that they follow a link of Meta's, and is no consent of ours.
_WISHES = {"stop": "no-marketing", "resume": "marketing"}


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
    """What happened on one number, and to its ``business`` account and the templates of that.

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
    return [*of_number, *_restrictions(payload, phone_number_id, body), *notices(payload, business)]


def _restrictions(payload: object, phone_number_id: str, body: bytes) -> Iterator[Event]:
    """What is wrong with the number or its account itself, where only a person can end it.

    It has no time of its own: that of the entry, else it is news whenever it comes.
    """
    for entry in dicts(payload, "entry"):
        for value in _values({"entry": [entry]}, phone_number_id):
            for code in {id_in(error, "code") for error in dicts(value, "errors")}:
                if code and told(code).holds:
                    at = moment_in(entry, "time") or datetime.max.replace(tzinfo=UTC)
                    digest = hashlib.sha256(body).hexdigest()[:16]
                    yield Event(f"account:{code}:{digest}", "account", at, failed=code, holds=True)


def _person(value: dict[str, Any], said: dict[str, Any], number: str, user: str) -> _Person:
    """Of whom ``said`` speaks under these keys; the contact beside it adds what is missing.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids (2026-05-28)
    """
    phone, user_id = phone_in(said, number), user_in(said, user) or user_in(said, number)
    beside = [(phone_in(one, "wa_id"), user_in(one, "user_id")) for one in dicts(value, "contacts")]
    if number not in said and user not in said and len(beside) == 1:
        phone, user_id = beside[0]
    for other_phone, other_id in beside:
        if (phone and phone == other_phone) or (user_id and user_id == other_id):
            phone, user_id = phone or other_phone, user_id or other_id
    return _Person(sender=phone, user_id=user_id)


def _values(payload: object, phone_number_id: str) -> Iterator[dict[str, Any]]:
    for entry in dicts(payload, "entry"):
        for change in dicts(entry, "changes"):
            value = member(change, "value")
            if text_in(member(value, "metadata"), "phone_number_id") == phone_number_id:
                yield value


def _statuses(value: dict[str, Any]) -> Iterator[Event]:
    for status in dicts(value, "statuses"):
        wamid, word, at = id_in(status, "id"), text_in(status, "status"), moment_in(status)
        if not wamid or at is None or (word != "failed" and word not in _STAGES):
            continue
        code = _failure(status) if word == "failed" else None
        means = told(code) if code else Told()
        key = id_in(status, "biz_opaque_callback_data") or None
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
    return next((id_in(error, "code") for error in dicts(status, "errors")), "") or "failed"


def _inbound(value: dict[str, Any]) -> Iterator[Event]:
    """What people said; that somebody has another number now is told in the same place, and nobody said it."""
    for message in dicts(value, "messages"):
        if text_in(message, "type") == "system":
            yield from _moved(message)
            continue
        wamid, at = id_in(message, "id"), moment_in(message)
        who = _person(value, message, "from", "from_user_id")
        if wamid and at and any(who.values()):
            text, payload = _words(message), _payload(message)
            yield Event(f"{wamid}:inbound", "inbound", at, remote_id=wamid, text=text, payload=payload, **who)


def _moved(message: dict[str, Any]) -> Iterator[Event]:
    wamid, at = id_in(message, "id"), moment_in(message)
    told = member(message, "system")
    before, now = phone_in(message, "from"), phone_in(told, "wa_id") or phone_in(told, "new_wa_id")
    if wamid and at and before and now and before != now:
        yield Event(f"{wamid}:moved", "moved", at, sender=before, moved=now)


def _preferences(value: dict[str, Any]) -> Iterator[Event]:
    """Of marketing alone: by ``resume`` nobody comes back on a list that they left by a word of their own.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences (2026-05-21)
    """
    for chosen in dicts(value, "user_preferences"):
        who, at = _person(value, chosen, "wa_id", "user_id"), moment_in(chosen)
        person = who["sender"] or who["user_id"]
        kind = _WISHES.get(text_in(chosen, "value"))
        if person and at and kind and text_in(chosen, "category") in ("", "marketing_messages"):
            # It is kept, and a person's number is not.
            digest = hashlib.sha256(person.encode()).hexdigest()[:16]
            dedupe = f"{digest}:{text_in(chosen, 'value')}:{text_in(chosen, 'timestamp')}"
            yield Event(dedupe, kind, at, **who)


def _words(message: dict[str, Any]) -> str:
    """What the person wrote, under a picture too, or the words of the button that they pressed."""
    medium = member(message, text_in(message, "type"))
    said = [text_in(member(message, "text"), "body"), text_in(medium, "caption")]
    said += [text_in(medium, "text"), text_in(_reply(message), "title")]
    return next(filter(None, said), "")


def _payload(message: dict[str, Any]) -> str:
    """What the office had put behind the button that the person pressed."""
    return text_in(member(message, "button"), "payload") or text_in(_reply(message), "id")


def _reply(message: dict[str, Any]) -> dict[str, Any]:
    pressed = member(message, "interactive")
    return member(pressed, "button_reply") or member(pressed, "list_reply")
