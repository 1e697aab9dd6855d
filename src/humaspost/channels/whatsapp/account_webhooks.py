"""Webhooks with Meta's decisions about a business account and its templates.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (read 2026-11-23)
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from humaspost.channels.whatsapp.json_fields import get_id, get_object, get_objects, get_text, get_timestamp
from humaspost.model.account import TemplateStatusChange
from humaspost.model.channel_event import AccountRestricted, ChannelEvent, TemplateStatus

_TEMPLATE_FIELDS = ("message_template_status_update", "template_category_update")
#: Events of a template that change its status, with our name for it; FLAGGED, for example, is only a warning.
_TEMPLATE_STATUSES = {
    **{word: word for word in ("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL")},
    **{word: word for word in ("PENDING_DELETION", "DELETED", "LIMIT_EXCEEDED", "ARCHIVED")},
    "REINSTATED": "APPROVED",
}
#: Changes of the daily limit of recipients or of the number's quality; a new status fetch reads the values.
_LIMIT_FIELDS = ("business_capability_update", "phone_number_quality_update")
#: Events that end all sending; a warning (a violation, an announced ban) ends nothing.
_ACCOUNT_ENDED = ("ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED")


def parse_account_events(payload: object, business: str) -> Iterator[ChannelEvent]:
    """Yield Meta's decisions about this business account and its templates."""
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
    """Return True if nothing more can be sent before a person has fixed the account."""
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
    """Yield the new status of a template.

    The next status fetch reads a new category; only a status is accepted from a webhook.
    """
    name, language = get_id(value, "message_template_name"), get_id(value, "message_template_language")
    status = get_id(value, "event") or get_id(value, "new_category")
    if name and language:
        dedupe = f"{name}:{language}:{status}:{int(at.timestamp())}"
        change = TemplateStatusChange(name, language, _TEMPLATE_STATUSES.get(status, ""))
        yield TemplateStatus(dedupe, at, change=change)
