"""The journal of requests: what was asked of the pretend platforms, without anybody's credentials."""

import json
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.types import Scope

from humaspost.sandbox.state import World

CHANNELS = ("x", "instagram", "whatsapp", "media")

_SECRET = {
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
_LONGEST = 10_000


def channel_of(path: str) -> str | None:
    """The platform that a path belongs to; None for the page and the control endpoints."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in CHANNELS else None


def open_entry(world: World, scope: Scope) -> dict[str, Any]:
    """The request stands in the journal, in order of arrival; ``status`` stays None until it is answered."""
    entry: dict[str, Any] = {
        "n": 0,
        "channel": channel_of(scope["path"]),
        "method": scope["method"],
        "path": scope["path"],
        "query": described(pairs(scope["query_string"])),
        "body": None,
        "status": None,
        "fault": None,
        "at": world.now().isoformat(),
    }
    with world.lock:
        entry["n"] = len(world.requests) + 1
        world.requests.append(entry)
    return entry


def body_of(headers: list[tuple[bytes, bytes]], body: bytes) -> Any:
    """A request's body as the journal shows it: JSON, form fields, the names of parts, or its size."""
    if not body:
        return None
    kind, options = parse_options_header(dict(headers).get(b"content-type", b""))
    if kind == b"multipart/form-data":
        return {"multipart": _part_names(body, options.get(b"boundary", b""))}
    if kind == b"application/x-www-form-urlencoded":
        return described(pairs(body))
    try:
        return described(json.loads(body))
    except (ValueError, RecursionError):
        return {"bytes": len(body)}


def pairs(encoded: bytes) -> dict[str, str]:
    """Form or query fields; the last of a repeated name."""
    return dict(parse_qsl(encoded.decode("utf-8", "replace"), keep_blank_values=True))


def described(value: Any, *, inner: bool = False) -> Any:
    """The value without fields that carry credentials, and with very long texts as their length.

    ``inner`` = a field of a field, where ``code`` is a template's language.
    """
    if isinstance(value, dict):
        hidden = _SECRET - {"code"} if inner else _SECRET
        return {k: described(v, inner=True) for k, v in value.items() if k.lower() not in hidden}
    if isinstance(value, list):
        return [described(v, inner=True) for v in value]
    if isinstance(value, str) and len(value) > _LONGEST:
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
