"""What Meta decides of a business and its templates, as its webhooks tell it.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (read 2026-11-23)
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from humaspost.channels.whatsapp.json_fields import dicts, id_in, member, moment_in, text_in
from humaspost.model.account import Verdict
from humaspost.model.channel import Event

_OF_TEMPLATES = ("message_template_status_update", "template_category_update")
#: What is told of a template by these is its new status, under our name for it; FLAGGED, say, is only a warning.
_VERDICTS = {
    **{word: word for word in ("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL")},
    **{word: word for word in ("PENDING_DELETION", "DELETED", "LIMIT_EXCEEDED", "ARCHIVED")},
    "REINSTATED": "APPROVED",
}
#: How many people may be written to a day, and how good the number is thought to be: asking tells.
_OF_LIMITS = ("business_capability_update", "phone_number_quality_update")
#: What ends all sending; a warning (a violation, a ban that is only announced) ends nothing.
_OVER = ("ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED")


def notices(payload: object, business: str) -> Iterator[Event]:
    """What was decided of this business account and of its templates."""
    for entry in dicts(payload, "entry"):
        at = moment_in(entry, "time")
        for change in dicts(entry, "changes"):
            if at and text_in(entry, "id") == business:
                yield from _notice(text_in(change, "field"), member(change, "value"), at)


def _notice(field: str, value: dict[str, Any], at: datetime) -> Iterator[Event]:
    if field in _OF_TEMPLATES:
        yield from _verdict(value, at)
    if field in _OF_LIMITS:
        yield Event(f"{field}:{int(at.timestamp())}", "template", at, verdict=Verdict("", ""))
    if field == "account_update" and _restricts(value):
        told = id_in(value, "event")
        yield Event(f"account:{told}:{int(at.timestamp())}", "account", at, failed=told, holds=True)


def _restricts(value: dict[str, Any]) -> bool:
    """Whether nothing more can be sent before a person has seen to it."""
    event = text_in(value, "event")
    banned = text_in(member(value, "ban_info"), "waba_ban_state") == "DISABLE"
    kinds = [text_in(one, "restriction_type") for one in dicts(value, "restriction_info")]
    messaging = any(kind.endswith("INITIATED_MESSAGING") for kind in kinds)
    return (
        event in _OVER
        or (event == "DISABLED_UPDATE" and banned)
        or (event == "ACCOUNT_RESTRICTION" and messaging)
    )


def _verdict(value: dict[str, Any], at: datetime) -> Iterator[Event]:
    """A new category is for the next survey to tell; only a status is taken as it is told."""
    name, language = id_in(value, "message_template_name"), id_in(value, "message_template_language")
    word = id_in(value, "event") or id_in(value, "new_category")
    if name and language:
        dedupe = f"{name}:{language}:{word}:{int(at.timestamp())}"
        yield Event(dedupe, "template", at, verdict=Verdict(name, language, _VERDICTS.get(word, "")))
