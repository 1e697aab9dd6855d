"""Read endpoints of the demo business: number, account, token, history of a message."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from humaspost.sandbox.graph import GraphError, parse_field_names, select_fields
from humaspost.sandbox.whatsapp import accounts
from humaspost.sandbox.whatsapp.business_state import BusinessState
from humaspost.sandbox.whatsapp.contacts import SERVICE_WINDOW
from humaspost.sandbox.whatsapp.errors import request_error

_MESSAGING_TIERS = ((250, "TIER_250"), (2_000, "TIER_2K"), (10_000, "TIER_10K"), (100_000, "TIER_100K"))
_DEFAULT_FIELDS = ["verified_name", "display_phone_number", "quality_rating"]
_SCOPES = ("whatsapp_business_management", "whatsapp_business_messaging")


def tier_name(limit: int) -> str:
    """Return the smallest messaging tier that allows ``limit`` recipients a day."""
    return next((name for max_people, name in _MESSAGING_TIERS if limit <= max_people), "TIER_UNLIMITED")


def phone_number_node(business: BusinessState, fields: str | None) -> dict[str, Any]:
    """Return the node of the phone number."""
    daily_limit = tier_name(int(business.get_option("daily_recipients")))
    node: dict[str, Any] = {
        "id": accounts.PHONE_NUMBER_ID,
        "verified_name": accounts.VERIFIED_NAME,
        "display_phone_number": accounts.DISPLAY_PHONE_NUMBER,
        "quality_rating": "GREEN",
        "throughput": {"level": "HIGH" if int(business.get_option("rate")) >= 1000 else "STANDARD"},
        "whatsapp_business_manager_messaging_limit": daily_limit,
        "messaging_limit_tier": daily_limit,
        "name_status": "APPROVED",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "status": "CONNECTED",
        "account_mode": "LIVE",
        "is_official_business_account": False,
        "webhook_configuration": {"application": str(business.get_option("callback_url"))},
    }
    return select_fields(
        node, parse_field_names(fields) if fields else _DEFAULT_FIELDS, kind="WhatsAppBusinessPhoneNumber"
    )


def business_account_node(fields: str | None) -> dict[str, Any]:
    """Return the node of the business account."""
    node: dict[str, Any] = {
        "id": accounts.BUSINESS_ACCOUNT_ID,
        "name": accounts.VERIFIED_NAME,
        "currency": "IDR",
        "timezone_id": "66",
        "message_template_namespace": "sandbox_namespace",
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
    }
    names = parse_field_names(fields) if fields else ["name", "timezone_id", "message_template_namespace"]
    return select_fields(node, names, kind="WhatsAppBusinessAccount")


def debug_token_node(token: str) -> dict[str, Any]:
    """Return the answer of /debug_token: a system user's token, which never expires."""
    if token != accounts.ACCESS_TOKEN:
        reason = {"code": 190, "message": "The access token could not be decrypted", "subcode": 463}
        return {"data": {"is_valid": False, "scopes": [], "error": reason}}
    granular = [{"scope": scope, "target_ids": [accounts.BUSINESS_ACCOUNT_ID]} for scope in _SCOPES]
    token_data = {"app_id": accounts.APP_ID, "type": "SYSTEM_USER", "application": "humaspost"}
    times = {"expires_at": 0, "data_access_expires_at": 0, "issued_at": 1_767_225_600}
    return {
        "data": {
            **token_data,
            **times,
            "is_valid": True,
            "scopes": list(_SCOPES),
            "granular_scopes": granular,
        }
    }


def message_history_events(business: BusinessState, wamid: str | None) -> dict[str, Any]:
    """Return the delivery events of one message.

    Raise GraphError 100 unless the option ``message_history`` is on.
    """
    if not business.get_option("message_history"):
        raise GraphError(
            100,
            "(#100) Tried accessing nonexisting field (message_history) on node type (WhatsAppBusinessPhoneNumber)",
        )
    sent_message = business.messages.get(wamid or "")
    if sent_message is None:
        return {"data": []}
    now, history = business.state.now(), []
    for state in ("failed",) if sent_message.failure_code else ("sent", "delivered", "read"):
        delay = business.get_option("sent_seconds" if state == "failed" else f"{state}_seconds")
        if delay is not None and now >= sent_message.sent_at + timedelta(seconds=delay):
            at = sent_message.sent_at + timedelta(seconds=delay)
            event = {"delivery_status": state.upper(), "timestamp": int(at.timestamp())}
            history.append({"id": f"e{sent_message.wamid[-12:]}{state[0]}", **event})
    return {
        "data": [
            {
                "id": f"h{sent_message.wamid[-12:]}",
                "message_id": sent_message.wamid,
                "events": {"data": history},
            }
        ]
    }


def set_blocked(business: BusinessState, body: Mapping[str, Any], *, blocking: bool) -> dict[str, Any]:
    """Block or unblock users.

    Only a user who wrote in the last 24 hours can be blocked (131047).
    """
    if body.get("messaging_product") != "whatsapp":
        raise request_error(131008, "The parameter messaging_product is required.")
    users = body.get("block_users")
    if (
        not isinstance(users, list)
        or not 0 < len(users) <= 1000
        or not all(isinstance(u, dict) for u in users)
    ):
        raise request_error(131009, "Param block_users must be an array of 1 to 1000 users.")
    done, not_done = [], []
    for user in users:
        entries = {key: str(user[key]) for key in ("user", "user_id") if key in user}
        phone = business.contacts.resolve(entries.get("user"), entries.get("user_id"))
        response = {"input": next(iter(entries.values())), "wa_id": phone[1:]}
        last_wrote = business.contacts.last_inbound_at.get(phone)
        if blocking and (last_wrote is None or business.state.now() - last_wrote >= SERVICE_WINDOW):
            reason = {"code": 131047, "message": "Re-engagement message"}
            not_done.append({**response, "errors": [reason]})
            continue
        (business.contacts.blocked.add if blocking else business.contacts.blocked.discard)(phone)
        done.append(response)
    key = "added_users" if blocking else "removed_users"
    failures = {"failed_users": not_done} if not_done else {}
    return {"messaging_product": "whatsapp", "block_users": {key: done, **failures}}


def list_blocked(business: BusinessState) -> dict[str, Any]:
    """Return the users who are blocked now."""
    return {
        "data": [
            {"messaging_product": "whatsapp", "wa_id": phone[1:]}
            for phone in sorted(business.contacts.blocked)
        ]
    }


def subscribed_apps_node(business: BusinessState) -> dict[str, Any]:
    """Return the apps that receive this account's webhooks."""
    app = {
        "id": accounts.APP_ID,
        "name": "humaspost",
        "link": "https://www.facebook.com/games/?app_id=" + accounts.APP_ID,
    }
    return {"data": [{"whatsapp_business_api_data": app}] if business.subscribed else []}
