"""The bodies of WhatsApp's webhooks: statuses, messages from people, marketing preferences, verdicts on templates."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from humaspost.sandbox.whatsapp import accounts
from humaspost.sandbox.whatsapp.contacts import scoped_id
from humaspost.sandbox.whatsapp.errors import failed
from humaspost.sandbox.whatsapp.templates import Template


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the platform accepted; ``doom`` is the code with which it fails afterwards."""

    wamid: str
    to: str
    category: str
    at: datetime
    callback: str | None
    doom: int | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What a person wrote; with ``payload`` the button of a template that they pressed, whose words are ``text``."""

    from_: str
    text: str
    payload: str | None = None

    def message(self) -> dict[str, Any]:
        """The part of the message that says it."""
        if self.payload is None:
            return {"type": "text", "text": {"body": self.text}}
        return {"type": "button", "button": {"payload": self.payload, "text": self.text}}


def stamp(at: datetime) -> str:
    """Unix seconds as text, as every webhook but user_preferences has them."""
    return str(int(at.timestamp()))


def _value(**members: Any) -> dict[str, Any]:
    digits = "".join(c for c in accounts.DISPLAY_PHONE_NUMBER if c.isdecimal())
    about = {"display_phone_number": digits, "phone_number_id": accounts.PHONE_NUMBER_ID}
    return {"messaging_product": "whatsapp", "metadata": about, **members}


def envelope(changes: list[dict[str, Any]]) -> dict[str, Any]:
    """One POST: several changes of one business account; one that has a ``time`` has an entry of its own."""
    plain = [change for change in changes if "time" not in change]
    timed = [
        _entry([{name: value for name, value in change.items() if name != "time"}], time=change["time"])
        for change in changes
        if "time" in change
    ]
    entries = [_entry(plain), *timed] if plain else timed
    return {"object": "whatsapp_business_account", "entry": entries}


def _entry(changes: list[dict[str, Any]], **when: int) -> dict[str, Any]:
    return {"id": accounts.BUSINESS_ACCOUNT_ID, **when, "changes": changes}


def names(phone: str, bsuid: str) -> dict[str, str]:
    """What a person is called by: ``bsuid`` is the switch (``no``, ``only``, ``both``)."""
    by_number = {} if bsuid == "only" else {"wa_id": phone[1:]}
    return by_number if bsuid == "no" else {**by_number, "user_id": scoped_id(phone)}


def _contact(phone: str, bsuid: str) -> dict[str, Any]:
    return {"profile": {"name": f"Warga {phone[-4:]}"}, **names(phone, bsuid)}


def status(sent: Sent, state: str, *, at: datetime, bsuid: str) -> dict[str, Any]:
    """A change that says ``sent``, ``delivered``, ``read`` or ``failed`` of one message."""
    said: dict[str, Any] = {"id": sent.wamid, "status": state, "timestamp": stamp(at)}
    said["recipient_id"] = scoped_id(sent.to) if bsuid == "only" else sent.to[1:]
    if bsuid != "no":
        said["recipient_user_id"] = scoped_id(sent.to)
    if sent.callback is not None:
        said["biz_opaque_callback_data"] = sent.callback
    if state in ("sent", "delivered"):
        said["pricing"] = {
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": sent.category,
        }
    if state == "failed" and sent.doom is not None:
        said["errors"] = [failed(sent.doom)]
    people = {"contacts": [_contact(sent.to, bsuid)]} if bsuid != "no" else {}
    return {"value": _value(**people, statuses=[said]), "field": "messages"}


def inbound(said: Words, *, wamid: str, at: datetime, bsuid: str) -> dict[str, Any]:
    """A change that says what a person wrote or pressed."""
    from_, message = said.from_, {"id": wamid, "timestamp": stamp(at), **said.message()}
    if bsuid != "only":
        message = {"from": from_[1:], **message}
    if bsuid != "no":
        message["from_user_id"] = scoped_id(from_)
    return {"value": _value(contacts=[_contact(from_, bsuid)], messages=[message]), "field": "messages"}


def verdict(template: Template, *, at: datetime) -> dict[str, Any]:
    """A change that says that Meta gave a template the status that it has now; ids and times are numbers."""
    value = {
        "event": template.status,
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "reason": template.shown()["rejected_reason"],
        "message_template_category": template.category,
    }
    return {"value": value, "field": "message_template_status_update", "time": int(at.timestamp())}


def preference(from_: str, value: str, *, at: datetime, bsuid: str) -> dict[str, Any]:
    """A change that says that a person chose ``stop`` or ``resume`` for marketing; its time is a number."""
    chosen: dict[str, Any] = {
        **names(from_, bsuid),
        "detail": f"User requested to {value} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(at.timestamp()),
    }
    contacts = [_contact(from_, bsuid)]
    return {"value": _value(contacts=contacts, user_preferences=[chosen]), "field": "user_preferences"}
