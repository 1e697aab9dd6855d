"""Webhooks of the Cloud API: signature check over the raw bytes, then parsing.

A hostile webhook gives no events.
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (read 2026-11-23)
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict

from humaspost.channels.whatsapp.account_webhooks import parse_account_events
from humaspost.channels.whatsapp.errors import MARKETING_OPTED_OUT, WebhookFailure, failure_of
from humaspost.channels.whatsapp.json_fields import (
    get_id,
    get_object,
    get_objects,
    get_phone,
    get_text,
    get_timestamp,
    get_user_id,
)
from humaspost.model.channel_event import (
    AccountRestricted,
    ChannelEvent,
    InboundMessage,
    MarketingPreference,
    MessageStatus,
    NumberChanged,
    ServiceWindowClosed,
)
from humaspost.model.delivery import Stage

_MAX_BODY_BYTES = 3 * 1024 * 1024
_STAGES = {
    "sent": Stage.SENT,
    "delivered": Stage.DELIVERED,
    "read": Stage.READ,
    "played": Stage.READ,
}
#: A person's choice about marketing.
#: ``signup`` means that the person follows a link of Meta's, which is no consent for us.
_ACCEPTS_MARKETING = {"stop": False, "resume": True}
#: The person's 24-hour window is not open.
_WINDOW_CLOSED = "131047"


class _Sender(TypedDict):
    """The person of an event, by phone number and by the platform's own id."""

    phone: str | None
    user_id: str | None


def signature_of(body: bytes, secret: str) -> str:
    """Return the value that Meta puts in ``X-Hub-Signature-256`` for these bytes."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def answer_handshake(query: Mapping[str, str], *, secret: str) -> str | None:
    """Return the challenge to a caller with the verify token, or None.

    Meta never signs this handshake.
    """
    token = query.get("hub.verify_token", "")
    is_match = hmac.compare_digest(token.encode(errors="replace"), secret.encode())
    if not (is_match and secret and query.get("hub.mode") == "subscribe"):
        return None
    return query.get("hub.challenge", "")


def parse_events(
    headers: Mapping[str, str], body: bytes, *, secret: str, phone_number_id: str, business: str
) -> list[ChannelEvent] | None:
    """Return the events of one number, its ``business`` account and the account's templates.

    None if the signature is not Meta's; an empty list if the JSON is not as expected.
    """
    signature = next((v for name, v in headers.items() if name.lower() == "x-hub-signature-256"), "")
    if not secret or len(body) > _MAX_BODY_BYTES:
        return None
    if not hmac.compare_digest(signature.encode(errors="replace"), signature_of(body, secret).encode()):
        return None
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return []
    number_events = [
        event
        for value in _message_values(payload, phone_number_id)
        for event in (*_status_events(value), *_inbound_events(value), *_preference_events(value))
    ]
    return [
        *number_events,
        *_restriction_events(payload, phone_number_id, body),
        *parse_account_events(payload, business),
    ]


def _restriction_events(payload: object, phone_number_id: str, body: bytes) -> Iterator[ChannelEvent]:
    """Yield restrictions of the number or its account that only a person can end.

    A restriction has no time of its own: the time of the entry counts, else it is new whenever it comes.
    """
    for entry in get_objects(payload, "entry"):
        for value in _message_values({"entry": [entry]}, phone_number_id):
            for code in {get_id(error, "code") for error in get_objects(value, "errors")}:
                if code and failure_of(code).restricts_account:
                    at = get_timestamp(entry, "time") or datetime.max.replace(tzinfo=UTC)
                    digest = hashlib.sha256(body).hexdigest()[:16]
                    yield AccountRestricted(f"account:{code}:{digest}", at, code=code)


def _sender_of(value: dict[str, Any], source: dict[str, Any], number: str, user: str) -> _Sender:
    """Return the person that ``source`` names under these keys.

    The contact in ``value`` adds missing data.
    https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids (2026-05-28)
    """
    phone, user_id = get_phone(source, number), get_user_id(source, user) or get_user_id(source, number)
    contact = [
        (get_phone(contact_entry, "wa_id"), get_user_id(contact_entry, "user_id"))
        for contact_entry in get_objects(value, "contacts")
    ]
    if number not in source and user not in source and len(contact) == 1:
        phone, user_id = contact[0]
    for other_phone, other_id in contact:
        if (phone and phone == other_phone) or (user_id and user_id == other_id):
            phone, user_id = phone or other_phone, user_id or other_id
    return _Sender(phone=phone, user_id=user_id)


def _message_values(payload: object, phone_number_id: str) -> Iterator[dict[str, Any]]:
    for entry in get_objects(payload, "entry"):
        for change in get_objects(entry, "changes"):
            value = get_object(change, "value")
            if get_text(get_object(value, "metadata"), "phone_number_id") == phone_number_id:
                yield value


def _status_events(value: dict[str, Any]) -> Iterator[ChannelEvent]:
    for status in get_objects(value, "statuses"):
        wamid, status_name, sent_at = get_id(status, "id"), get_text(status, "status"), get_timestamp(status)
        if not wamid or sent_at is None or (status_name != "failed" and status_name not in _STAGES):
            continue
        code = _first_error(status) if status_name == "failed" else None
        failure = failure_of(code) if code else WebhookFailure()
        key = get_id(status, "biz_opaque_callback_data") or None
        person = _sender_of(value, status, "recipient_id", "recipient_user_id")
        yield MessageStatus(
            f"{wamid}:{status_name}",
            sent_at,
            key=key,
            remote_id=wamid,
            stage=_STAGES.get(status_name),
            failure_code=code,
            retry_after=failure.retry_after,
            max_retries=failure.max_retries,
            restricts_account=failure.restricts_account,
            **person,
        )
        if code == MARKETING_OPTED_OUT:
            yield MarketingPreference(
                f"{wamid}:no-marketing", sent_at, accepts_marketing=False, key=key, remote_id=wamid, **person
            )
        if code == _WINDOW_CLOSED:
            yield ServiceWindowClosed(f"{wamid}:window-closed", sent_at, key=key, remote_id=wamid, **person)


def _first_error(status: dict[str, Any]) -> str:
    return next((get_id(error, "code") for error in get_objects(status, "errors")), "") or "failed"


def _inbound_events(value: dict[str, Any]) -> Iterator[ChannelEvent]:
    """Yield inbound messages, and changes of number, which Meta reports in the same list."""
    for message in get_objects(value, "messages"):
        if get_text(message, "type") == "system":
            yield from _number_change(message)
            continue
        wamid, sent_at = get_id(message, "id"), get_timestamp(message)
        person = _sender_of(value, message, "from", "from_user_id")
        if wamid and sent_at and any(person.values()):
            text, payload = _message_text(message), _button_payload(message)
            yield InboundMessage(
                f"{wamid}:inbound", sent_at, remote_id=wamid, text=text, payload=payload, **person
            )


def _number_change(message: dict[str, Any]) -> Iterator[ChannelEvent]:
    wamid, changed_at = get_id(message, "id"), get_timestamp(message)
    system = get_object(message, "system")
    old_phone, new_phone = (
        get_phone(message, "from"),
        get_phone(system, "wa_id") or get_phone(system, "new_wa_id"),
    )
    if wamid and changed_at and old_phone and new_phone and old_phone != new_phone:
        yield NumberChanged(f"{wamid}:number-changed", changed_at, phone=old_phone, new_phone=new_phone)


def _preference_events(value: dict[str, Any]) -> Iterator[ChannelEvent]:
    """Yield changes of preference, which concern marketing only.

    ``resume`` does not bring a person back on a list after an opt-out by keyword.
    https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences (2026-05-21)
    """
    for preference in get_objects(value, "user_preferences"):
        sender, changed_at = _sender_of(value, preference, "wa_id", "user_id"), get_timestamp(preference)
        person = sender["phone"] or sender["user_id"]
        accepts_marketing = _ACCEPTS_MARKETING.get(get_text(preference, "value"))
        is_about_marketing = get_text(preference, "category") in ("", "marketing_messages")
        if person and changed_at and accepts_marketing is not None and is_about_marketing:
            # The dedupe key is stored, so it must not contain a person's number.
            digest = hashlib.sha256(person.encode()).hexdigest()[:16]
            dedupe = f"{digest}:{get_text(preference, 'value')}:{get_text(preference, 'timestamp')}"
            yield MarketingPreference(dedupe, changed_at, accepts_marketing=accepts_marketing, **sender)


def _message_text(message: dict[str, Any]) -> str:
    """Return the person's text, also under an image, or the text of the pressed button."""
    medium = get_object(message, get_text(message, "type"))
    text = [get_text(get_object(message, "text"), "body"), get_text(medium, "caption")]
    text += [get_text(medium, "text"), get_text(_interactive_reply(message), "title")]
    return next(filter(None, text), "")


def _button_payload(message: dict[str, Any]) -> str:
    """Return the office's payload of the button that the person pressed."""
    return get_text(get_object(message, "button"), "payload") or get_text(_interactive_reply(message), "id")


def _interactive_reply(message: dict[str, Any]) -> dict[str, Any]:
    reply = get_object(message, "interactive")
    return get_object(reply, "button_reply") or get_object(reply, "list_reply")
