"""The log of requests to the simulated platforms, without credentials."""

import json
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.types import Scope

from humaspost.sandbox.platforms import PLATFORMS
from humaspost.sandbox.state import SandboxState

CHANNELS = (*PLATFORMS, "media")

_SECRET_FIELDS = {
    "access_token",
    "appsecret_proof",
    "client_secret",
    "code",
    "code_verifier",
    "fb_exchange_token",
    "hub.verify_token",
    "input_token",
    "oauth_token",
    "refresh_token",
    "token",
    "verify_token",
}
_MAX_TEXT_LENGTH = 10_000


def channel_of(path: str) -> str | None:
    """Return the platform of a path, or None for the page and the control endpoints."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in CHANNELS else None


def add_entry(state: SandboxState, scope: Scope) -> dict[str, Any]:
    """Add the request to the log and return its entry; ``status`` is None until the response.

    Entries are in order of arrival.
    """
    entry: dict[str, Any] = {
        "n": 0,
        "channel": channel_of(scope["path"]),
        "method": scope["method"],
        "path": scope["path"],
        "query": redact_value(parse_pairs(scope["query_string"])),
        "body": None,
        "status": None,
        "fault": None,
        "at": state.now().isoformat(),
    }
    with state.lock:
        entry["n"] = len(state.requests) + 1
        state.requests.append(entry)
    return entry


def describe_body(headers: list[tuple[bytes, bytes]], body: bytes) -> Any:
    """Return a request body for the log: JSON, form fields, names of parts, or its size."""
    if not body:
        return None
    kind, options = parse_options_header(dict(headers).get(b"content-type", b""))
    if kind == b"multipart/form-data":
        return {"multipart": _part_names(body, options.get(b"boundary", b""))}
    if kind == b"application/x-www-form-urlencoded":
        return redact_value(parse_pairs(body))
    try:
        return redact_value(json.loads(body))
    except (ValueError, RecursionError):
        return {"bytes": len(body)}


def parse_pairs(encoded: bytes) -> dict[str, str]:
    """Return form or query fields; the last value of a repeated name wins."""
    return dict(parse_qsl(encoded.decode("utf-8", "replace"), keep_blank_values=True))


def redact_value(value: Any, *, nested: bool = False) -> Any:
    """Return the value without credential fields and with very long texts as their length.

    ``nested`` marks a field of a field, where ``code`` is a template's language.
    """
    if isinstance(value, dict):
        secret_fields = _SECRET_FIELDS - {"code"} if nested else _SECRET_FIELDS
        return {k: redact_value(v, nested=True) for k, v in value.items() if k.lower() not in secret_fields}
    if isinstance(value, list):
        return [redact_value(v, nested=True) for v in value]
    if isinstance(value, str) and len(value) > _MAX_TEXT_LENGTH:
        return f"<{len(value)} characters>"
    return value


def _part_names(body: bytes, boundary: bytes) -> list[str]:
    names = []
    for part in body.split(b"--" + boundary)[1:-1]:
        head = part.lstrip(b"\r\n").partition(b"\r\n\r\n")[0]
        for line in head.split(b"\r\n"):
            field, _, value = line.partition(b":")
            if field.strip().lower() == b"content-disposition":
                names.append(
                    parse_options_header(value.strip())[1].get(b"name", b"").decode("utf-8", "replace")
                )
    return names
