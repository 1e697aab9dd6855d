"""Webhook bodies: statuses, received messages, marketing preferences, template statuses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from humaspost.sandbox.whatsapp import accounts
from humaspost.sandbox.whatsapp.contacts import scoped_id
from humaspost.sandbox.whatsapp.errors import status_error
from humaspost.sandbox.whatsapp.templates import Template


@dataclass(frozen=True, slots=True)
class SentMessage:
    """An accepted message; ``failure_code`` is the code with which it fails afterwards."""

    wamid: str
    to: str
    category: str
    sent_at: datetime
    callback: str | None
    failure_code: int | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A received message; with ``payload``, a pressed button with the words ``text``."""

    from_: str
    text: str
    payload: str | None = None

    def message_content(self) -> dict[str, Any]:
        """Return the content part of the webhook message."""
        if self.payload is None:
            return {"type": "text", "text": {"body": self.text}}
        return {"type": "button", "button": {"payload": self.payload, "text": self.text}}


def unix_text(at: datetime) -> str:
    """Return Unix seconds as text, as every webhook except user_preferences has them."""
    return str(int(at.timestamp()))


def _change_value(**fields: Any) -> dict[str, Any]:
    digits = "".join(c for c in accounts.DISPLAY_PHONE_NUMBER if c.isdecimal())
    base = {"display_phone_number": digits, "phone_number_id": accounts.PHONE_NUMBER_ID}
    return {"messaging_product": "whatsapp", "metadata": base, **fields}


def build_payload(changes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one POST body with the changes of one business account.

    A change with a ``time`` has its own entry.
    """
    plain = [change for change in changes if "time" not in change]
    timed_changes = [
        _entry([{name: value for name, value in change.items() if name != "time"}], time=change["time"])
        for change in changes
        if "time" in change
    ]
    entries = [_entry(plain), *timed_changes] if plain else timed_changes
    return {"object": "whatsapp_business_account", "entry": entries}


def _entry(changes: list[dict[str, Any]], **when: int) -> dict[str, Any]:
    return {"id": accounts.BUSINESS_ACCOUNT_ID, **when, "changes": changes}


def contact_names(phone: str, bsuid: str) -> dict[str, str]:
    """Return the identifiers of a person, by the option ``bsuid`` (``no``, ``only``, ``both``)."""
    by_number = {} if bsuid == "only" else {"wa_id": phone[1:]}
    return by_number if bsuid == "no" else {**by_number, "user_id": scoped_id(phone)}


def _contact_entry(phone: str, bsuid: str) -> dict[str, Any]:
    return {"profile": {"name": f"Warga {phone[-4:]}"}, **contact_names(phone, bsuid)}


def status_change(message: SentMessage, state: str, *, at: datetime, bsuid: str) -> dict[str, Any]:
    """Return the change for ``sent``, ``delivered``, ``read`` or ``failed`` of one message."""
    status_value: dict[str, Any] = {"id": message.wamid, "status": state, "timestamp": unix_text(at)}
    status_value["recipient_id"] = scoped_id(message.to) if bsuid == "only" else message.to[1:]
    if bsuid != "no":
        status_value["recipient_user_id"] = scoped_id(message.to)
    if message.callback is not None:
        status_value["biz_opaque_callback_data"] = message.callback
    if state in ("sent", "delivered"):
        status_value["pricing"] = {
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": message.category,
        }
    if state == "failed" and message.failure_code is not None:
        status_value["errors"] = [status_error(message.failure_code)]
    people = {"contacts": [_contact_entry(message.to, bsuid)]} if bsuid != "no" else {}
    return {"value": _change_value(**people, statuses=[status_value]), "field": "messages"}


def inbound_change(message_input: InboundMessage, *, wamid: str, at: datetime, bsuid: str) -> dict[str, Any]:
    """Return the change for a received message or a pressed button."""
    from_, message = (
        message_input.from_,
        {"id": wamid, "timestamp": unix_text(at), **message_input.message_content()},
    )
    if bsuid != "only":
        message = {"from": from_[1:], **message}
    if bsuid != "no":
        message["from_user_id"] = scoped_id(from_)
    return {
        "value": _change_value(contacts=[_contact_entry(from_, bsuid)], messages=[message]),
        "field": "messages",
    }


def template_status_change(template: Template, *, at: datetime) -> dict[str, Any]:
    """Return the change for the present status of a template; ids and times are numbers."""
    value = {
        "event": template.status,
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "reason": template.node_fields()["rejected_reason"],
        "message_template_category": template.category,
    }
    return {"value": value, "field": "message_template_status_update", "time": int(at.timestamp())}


def preference_change(from_: str, value: str, *, at: datetime, bsuid: str) -> dict[str, Any]:
    """Return the change that reports ``stop`` or ``resume`` of marketing; its time is a number."""
    preference_value: dict[str, Any] = {
        **contact_names(from_, bsuid),
        "detail": f"User requested to {value} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(at.timestamp()),
    }
    contacts = [_contact_entry(from_, bsuid)]
    return {
        "value": _change_value(contacts=contacts, user_preferences=[preference_value]),
        "field": "user_preferences",
    }
