"""What Meta decides of a business and its templates, as its webhooks tell it.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (read 2026-11-23)
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from humaspost.channels.whatsapp.json_fields import get_id, get_object, get_objects, get_text, get_timestamp
from humaspost.model.account import TemplateStatusChange
from humaspost.model.channel_event import AccountRestricted, ChannelEvent, TemplateStatus

_TEMPLATE_FIELDS = ("message_template_status_update", "template_category_update")
#: What is told of a template by these is its new status, under our name for it; FLAGGED, say, is only a warning.
_TEMPLATE_STATUSES = {
    **{word: word for word in ("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL")},
    **{word: word for word in ("PENDING_DELETION", "DELETED", "LIMIT_EXCEEDED", "ARCHIVED")},
    "REINSTATED": "APPROVED",
}
#: How many people may be written to a day, and how good the number is thought to be: asking tells.
_LIMIT_FIELDS = ("business_capability_update", "phone_number_quality_update")
#: What ends all sending; a warning (a violation, a ban that is only announced) ends nothing.
_ACCOUNT_ENDED = ("ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED")


def parse_account_events(payload: object, business: str) -> Iterator[ChannelEvent]:
    """What was decided of this business account and of its templates."""
    for entry in get_objects(payload, "entry"):
        at = get_timestamp(entry, "time")
        for change in get_objects(entry, "changes"):
            if at and get_text(entry, "id") == business:
                yield from _account_event(get_text(change, "field"), get_object(change, "value"), at)


def _account_event(field: str, value: dict[str, Any], at: datetime) -> Iterator[ChannelEvent]:
    if field in _TEMPLATE_FIELDS:
        yield from _template_status_change(value, at)
    if field in _LIMIT_FIELDS:
        yield TemplateStatus(f"{field}:{int(at.timestamp())}", at, change=TemplateStatusChange("", ""))
    if field == "account_update" and _is_restriction(value):
        event = get_id(value, "event")
        yield AccountRestricted(f"account:{event}:{int(at.timestamp())}", at, code=event)


def _is_restriction(value: dict[str, Any]) -> bool:
    """Whether nothing more can be sent before a person has seen to it."""
    event = get_text(value, "event")
    banned = get_text(get_object(value, "ban_info"), "waba_ban_state") == "DISABLE"
    kinds = [
        get_text(restriction, "restriction_type") for restriction in get_objects(value, "restriction_info")
    ]
    messaging = any(kind.endswith("INITIATED_MESSAGING") for kind in kinds)
    return (
        event in _ACCOUNT_ENDED
        or (event == "DISABLED_UPDATE" and banned)
        or (event == "ACCOUNT_RESTRICTION" and messaging)
    )


def _template_status_change(value: dict[str, Any], at: datetime) -> Iterator[ChannelEvent]:
    """A new category is for the next survey to tell; only a status is taken as it is told."""
    name, language = get_id(value, "message_template_name"), get_id(value, "message_template_language")
    status = get_id(value, "event") or get_id(value, "new_category")
    if name and language:
        dedupe = f"{name}:{language}:{status}:{int(at.timestamp())}"
        change = TemplateStatusChange(name, language, _TEMPLATE_STATUSES.get(status, ""))
        yield TemplateStatus(dedupe, at, change=change)
