"""What can be read of the pretend business: its number, its account, its token, a message's history."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from humaspost.sandbox.graph import GraphError, chosen, field_names
from humaspost.sandbox.whatsapp import accounts
from humaspost.sandbox.whatsapp.business_state import Business
from humaspost.sandbox.whatsapp.contacts import WINDOW
from humaspost.sandbox.whatsapp.errors import refused

_TIERS = ((250, "TIER_250"), (2_000, "TIER_2K"), (10_000, "TIER_10K"), (100_000, "TIER_100K"))
_DEFAULT_FIELDS = ["verified_name", "display_phone_number", "quality_rating"]
_SCOPES = ("whatsapp_business_management", "whatsapp_business_messaging")


def tier(limit: int) -> str:
    """The name of the smallest messaging tier that holds ``limit`` people a day."""
    return next((name for most, name in _TIERS if limit <= most), "TIER_UNLIMITED")


def phone_number(business: Business, fields: str | None) -> dict[str, Any]:
    """The number's node."""
    reach = tier(int(business.option("daily_recipients")))
    node: dict[str, Any] = {
        "id": accounts.PHONE_NUMBER_ID,
        "verified_name": accounts.VERIFIED_NAME,
        "display_phone_number": accounts.DISPLAY_PHONE_NUMBER,
        "quality_rating": "GREEN",
        "throughput": {"level": "HIGH" if int(business.option("rate")) >= 1000 else "STANDARD"},
        "whatsapp_business_manager_messaging_limit": reach,
        "messaging_limit_tier": reach,
        "name_status": "APPROVED",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "status": "CONNECTED",
        "account_mode": "LIVE",
        "is_official_business_account": False,
        "webhook_configuration": {"application": str(business.option("callback_url"))},
    }
    return chosen(
        node, field_names(fields) if fields else _DEFAULT_FIELDS, kind="WhatsAppBusinessPhoneNumber"
    )


def business_account(fields: str | None) -> dict[str, Any]:
    """The business account's node."""
    node: dict[str, Any] = {
        "id": accounts.BUSINESS_ACCOUNT_ID,
        "name": accounts.VERIFIED_NAME,
        "currency": "IDR",
        "timezone_id": "66",
        "message_template_namespace": "sandbox_namespace",
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
    }
    names = field_names(fields) if fields else ["name", "timezone_id", "message_template_namespace"]
    return chosen(node, names, kind="WhatsAppBusinessAccount")


def debug_token(token: str) -> dict[str, Any]:
    """What /debug_token says of ``token``: a system user's, which never expires."""
    if token != accounts.ACCESS_TOKEN:
        reason = {"code": 190, "message": "The access token could not be decrypted", "subcode": 463}
        return {"data": {"is_valid": False, "scopes": [], "error": reason}}
    granular = [{"scope": scope, "target_ids": [accounts.BUSINESS_ACCOUNT_ID]} for scope in _SCOPES]
    about = {"app_id": accounts.APP_ID, "type": "SYSTEM_USER", "application": "humaspost"}
    when = {"expires_at": 0, "data_access_expires_at": 0, "issued_at": 1_767_225_600}
    return {"data": {**about, **when, "is_valid": True, "scopes": list(_SCOPES), "granular_scopes": granular}}


def message_history(business: Business, wamid: str | None) -> dict[str, Any]:
    """The delivery events of one message; exists only where the switch ``message_history`` is on."""
    if not business.option("message_history"):
        raise GraphError(
            100,
            "(#100) Tried accessing nonexisting field (message_history) on node type (WhatsAppBusinessPhoneNumber)",
        )
    sent = business.messages.get(wamid or "")
    if sent is None:
        return {"data": []}
    now, happened = business.world.now(), []
    for state in ("failed",) if sent.doom else ("sent", "delivered", "read"):
        wait = business.option("sent_seconds" if state == "failed" else f"{state}_seconds")
        if wait is not None and now >= sent.at + timedelta(seconds=wait):
            at = sent.at + timedelta(seconds=wait)
            event = {"delivery_status": state.upper(), "timestamp": int(at.timestamp())}
            happened.append({"id": f"e{sent.wamid[-12:]}{state[0]}", **event})
    return {"data": [{"id": f"h{sent.wamid[-12:]}", "message_id": sent.wamid, "events": {"data": happened}}]}


def block(business: Business, body: Mapping[str, Any], *, blocking: bool) -> dict[str, Any]:
    """People are blocked or free again; only who wrote in the last 24 hours can be blocked (131047)."""
    if body.get("messaging_product") != "whatsapp":
        raise refused(131008, "The parameter messaging_product is required.")
    users = body.get("block_users")
    if (
        not isinstance(users, list)
        or not 0 < len(users) <= 1000
        or not all(isinstance(u, dict) for u in users)
    ):
        raise refused(131009, "Param block_users must be an array of 1 to 1000 users.")
    done, not_done = [], []
    for user in users:
        asked = {key: str(user[key]) for key in ("user", "user_id") if key in user}
        phone = business.people.resolve(asked.get("user"), asked.get("user_id"))
        answer = {"input": next(iter(asked.values())), "wa_id": phone[1:]}
        wrote = business.people.last_wrote.get(phone)
        if blocking and (wrote is None or business.world.now() - wrote >= WINDOW):
            reason = {"code": 131047, "message": "Re-engagement message"}
            not_done.append({**answer, "errors": [reason]})
            continue
        (business.people.blocked.add if blocking else business.people.blocked.discard)(phone)
        done.append(answer)
    key = "added_users" if blocking else "removed_users"
    failures = {"failed_users": not_done} if not_done else {}
    return {"messaging_product": "whatsapp", "block_users": {key: done, **failures}}


def blocked(business: Business) -> dict[str, Any]:
    """The people who are blocked now."""
    return {
        "data": [
            {"messaging_product": "whatsapp", "wa_id": phone[1:]} for phone in sorted(business.people.blocked)
        ]
    }


def subscribed_apps(business: Business) -> dict[str, Any]:
    """The apps that hear this account's webhooks."""
    app = {
        "id": accounts.APP_ID,
        "name": "humaspost",
        "link": "https://www.facebook.com/games/?app_id=" + accounts.APP_ID,
    }
    return {"data": [{"whatsapp_business_api_data": app}] if business.subscribed else []}
