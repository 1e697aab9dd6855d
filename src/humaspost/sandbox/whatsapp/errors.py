"""WhatsApp's error codes with HTTP status and title, from Meta's tables."""

from typing import Any

from humaspost.sandbox.graph import GraphError

_HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"

#: Code -> (HTTP status, title): contracts/whatsapp.md section 2.
ERROR_CODES: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "API Method"),
    4: (400, "API Too Many Calls"),
    10: (403, "Permission Denied"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    200: (403, "API Permission"),
    368: (403, "Temporarily blocked for policies violations"),
    80007: (400, "Rate limit issues"),
    130403: (403, "Message blocked: you blocked this user"),
    130429: (400, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Business account locked"),
    131037: (400, "Display name approval needed"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement"),
    131050: (400, "User has stopped receiving marketing messages from this business"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131055: (400, "Method not allowed"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131063: (400, "Marketing messages are switched off on Cloud API"),
    131064: (400, "Template mis-classification limit"),
    131215: (400, "Groups are not available to this number"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132005: (400, "Translated text too long"),
    132007: (400, "Template format character policy violated"),
    132012: (400, "Parameter format does not match format in the created template"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    132018: (400, "There is an issue with the parameters in the template"),
    133010: (400, "Phone number not registered"),
    134100: (400, "Only marketing templates are supported"),
    135000: (400, "Generic user error"),
}


def request_error(code: int, details: str) -> GraphError:
    """Return the error that Meta sends as the direct response."""
    status, title = ERROR_CODES[code]
    return GraphError(code, f"(#{code}) {title}", status, details=details)


def status_error(code: int) -> dict[str, Any]:
    """Return the error as a ``failed`` status webhook contains it."""
    _, title = ERROR_CODES.get(code, (400, "Something went wrong"))
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": f"{title}."},
        "href": _HREF,
    }
