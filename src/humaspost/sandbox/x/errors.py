"""X's error bodies, word for word where they were seen (xdevplatform/playground, client logs of 2026)."""

from typing import Any

_PROBLEMS = "https://api.twitter.com/2/problems"


class Refused(Exception):
    """X answers this status and body instead of doing what was asked."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status, body)
        self.status, self.body = status, body


def invalid(*errors: tuple[str, dict[str, list[str]]]) -> Refused:
    """400: each error is a message and the parameters that it speaks of."""
    return Refused(
        400,
        {
            "errors": [{"parameters": parameters, "message": message} for message, parameters in errors],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": f"{_PROBLEMS}/invalid-request",
        },
    )


def media_ids_invalid(ids: list[str]) -> Refused:
    """400 for media that are unknown, foreign, expired, not ready, or not to be combined."""
    return invalid(("Your media IDs are invalid.", {"media.media_ids": ids}))


def unauthorized() -> Refused:
    """401, whatever was wrong with the credentials: X does not say."""
    return Refused(
        401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    )


def forbidden(detail: str = "You are not permitted to perform this action.") -> Refused:
    """403: understood and refused."""
    return Refused(403, {"detail": detail, "type": "about:blank", "title": "Forbidden", "status": 403})


def unsupported_authentication() -> Refused:
    """403: an app-only token where a person's is needed."""
    detail = (
        "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported "
        "authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context]."
    )
    kind = f"{_PROBLEMS}/unsupported-authentication"
    return Refused(
        403, {"title": "Unsupported Authentication", "detail": detail, "type": kind, "status": 403}
    )


def missing() -> Refused:
    """404: no such path, or the thing is gone."""
    return Refused(404, {"title": "Not Found", "type": "about:blank", "status": 404, "detail": "Not Found"})


def out_of_credits() -> Refused:
    """402: nothing is paid for any more."""
    detail = "Your enrolled account [2244994945] does not have any credits to fulfill this request."
    return Refused(402, {"title": "CreditsDepleted", "detail": detail, "type": f"{_PROBLEMS}/credits"})


def too_many() -> Refused:
    """429: a window is used up; its headers say when it ends."""
    return Refused(
        429,
        {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429},
    )


def usage_capped() -> Refused:
    """429: the month's allowance is used up; no header tells of it."""
    return Refused(
        429,
        {
            "title": "UsageCapExceeded",
            "detail": "Usage cap exceeded: Monthly product cap",
            "type": f"{_PROBLEMS}/usage-capped",
            "period": "Monthly",
            "scope": "Product",
        },
    )


def no_write_permission() -> Refused:
    """403: the app was set up to read only (node-twitter-api-v2 #493)."""
    detail = (
        "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
    )
    kind = f"{_PROBLEMS}/oauth1-permissions"
    return Refused(403, {"title": "Forbidden", "detail": detail, "type": kind, "status": 403})


def not_found(kind: str, parameter: str, value: str) -> dict[str, str]:
    """One entry of ``errors`` in a 200 whose ``data`` lacks the thing asked for."""
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": "https://api.x.com/2/problems/resource-not-found",
    }
