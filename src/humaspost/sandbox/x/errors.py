"""X's error bodies, word for word where they are recorded.

Sources: xdevplatform/playground and client logs of 2026.
"""

from typing import Any

_PROBLEMS = "https://api.twitter.com/2/problems"


class RequestRefused(Exception):
    """X's refusal of a request, with its status and body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status, body)
        self.status, self.body = status, body


def invalid_request(*errors: tuple[str, dict[str, list[str]]]) -> RequestRefused:
    """Return a 400; each error is a message and the parameters that it concerns."""
    return RequestRefused(
        400,
        {
            "errors": [{"parameters": parameters, "message": message} for message, parameters in errors],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": f"{_PROBLEMS}/invalid-request",
        },
    )


def media_ids_invalid(ids: list[str]) -> RequestRefused:
    """Return a 400 for media that are unknown, foreign, expired, not ready, or not combinable."""
    return invalid_request(("Your media IDs are invalid.", {"media.media_ids": ids}))


def unauthorized() -> RequestRefused:
    """Return a 401 for any problem with the credentials: X gives no details."""
    return RequestRefused(
        401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    )


def forbidden(detail: str = "You are not permitted to perform this action.") -> RequestRefused:
    """Return a 403 for a request that X understood and refused."""
    return RequestRefused(403, {"detail": detail, "type": "about:blank", "title": "Forbidden", "status": 403})


def unsupported_authentication() -> RequestRefused:
    """Return a 403 for an app-only token where X requires a user's token."""
    detail = (
        "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported "
        "authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context]."
    )
    kind = f"{_PROBLEMS}/unsupported-authentication"
    return RequestRefused(
        403, {"title": "Unsupported Authentication", "detail": detail, "type": kind, "status": 403}
    )


def unknown_path() -> RequestRefused:
    """Return a 404 for an unknown path or an object that no longer exists."""
    return RequestRefused(
        404, {"title": "Not Found", "type": "about:blank", "status": 404, "detail": "Not Found"}
    )


def out_of_credits() -> RequestRefused:
    """Return a 402 for an account without credits."""
    detail = "Your enrolled account [2244994945] does not have any credits to fulfill this request."
    return RequestRefused(402, {"title": "CreditsDepleted", "detail": detail, "type": f"{_PROBLEMS}/credits"})


def rate_limited() -> RequestRefused:
    """Return a 429 for a used-up window; the headers contain its end."""
    return RequestRefused(
        429,
        {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429},
    )


def usage_capped() -> RequestRefused:
    """Return a 429 for a used-up monthly quota, which no header shows."""
    return RequestRefused(
        429,
        {
            "title": "UsageCapExceeded",
            "detail": "Usage cap exceeded: Monthly product cap",
            "type": f"{_PROBLEMS}/usage-capped",
            "period": "Monthly",
            "scope": "Product",
        },
    )


def no_write_permission() -> RequestRefused:
    """Return a 403 for an app with read-only permissions (node-twitter-api-v2 #493)."""
    detail = (
        "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
    )
    kind = f"{_PROBLEMS}/oauth1-permissions"
    return RequestRefused(403, {"title": "Forbidden", "detail": detail, "type": kind, "status": 403})


def missing_resource(kind: str, parameter: str, value: str) -> dict[str, str]:
    """Return an entry of ``errors`` for a 200 whose ``data`` lacks a requested object."""
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": "https://api.x.com/2/problems/resource-not-found",
    }
