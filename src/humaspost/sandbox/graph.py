"""Behaviour of every Meta Graph API call: parameters, versions and the error format."""

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

RequestEndpoint = Callable[[Request], Awaitable[Response]]
Handler = Callable[[Request], Awaitable[Any]]

_VERSION = re.compile(r"v\d{1,3}\.\d")


@dataclass(slots=True, eq=False)
class GraphError(Exception):
    """A refusal in Meta's error format; ``details`` becomes ``error_data`` (WhatsApp only)."""

    code: int
    message: str
    status: int = 400
    subcode: int | None = None
    kind: str = "OAuthException"
    title: str | None = None
    user_message: str | None = None
    details: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the ``{"error": {…}}`` document without absent members, as Meta sends it."""
        optional = {
            "error_subcode": self.subcode,
            "is_transient": False if self.subcode else None,
            "error_user_title": self.title,
            "error_user_msg": self.user_message,
            "error_data": self.details and {"messaging_product": "whatsapp", "details": self.details},
        }
        error = {"message": self.message, "type": self.kind, "code": self.code}
        error |= {key: value for key, value in optional.items() if value is not None}
        return {"error": {**error, "fbtrace_id": "A" + secrets.token_urlsafe(16)}}


def encode_json(value: Any) -> bytes:
    r"""Return JSON bytes as Meta writes them: ASCII only, ``/`` escaped as ``\/``.

    Webhook signatures cover exactly these bytes.
    """
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def json_response(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response with Meta's content type."""
    content_type = "application/json; charset=UTF-8"
    return Response(encode_json(value), status, headers, media_type=content_type)


def usage_headers(ids: Iterable[str], kind: str, percent: int | None) -> dict[str, str]:
    """Return the two usage headers, or no header if ``percent`` is None.

    They contain JSON text: percent of the quota used and minutes until access returns.
    """
    if percent is None:
        return {}
    used = {"call_count": percent, "total_cputime": percent // 2, "total_time": percent // 2}
    wait = 60 if percent >= 100 else 0
    case = {"type": kind, **used, "estimated_time_to_regain_access": wait}
    return {
        "X-App-Usage": json.dumps(used),
        "X-Business-Use-Case-Usage": json.dumps({one: [case] for one in ids}),
    }


def as_endpoint(handler: Handler, headers: Callable[[], Mapping[str, str]]) -> RequestEndpoint:
    """Return ``handler`` as an endpoint that sends its result, or a ``GraphError``, as JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            _check_version(request)
            found = await handler(request)
        except GraphError as refused:
            return json_response(refused.to_json(), status=refused.status, headers=headers())
        return found if isinstance(found, Response) else json_response(found, headers=headers())

    return endpoint


def _check_version(request: Request) -> None:
    version = request.path_params.get("version", "v1.0")
    if not _VERSION.fullmatch(version):
        raise GraphError(2500, f"Unknown path components: /{version}")


def unknown_node(node: str, method: str = "get") -> GraphError:
    """Return Graph's error for an id that is unknown, foreign, or without such an edge (100/33)."""
    return GraphError(
        100,
        f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be loaded "
        "due to missing permissions, or does not support this operation. Please read the Graph API "
        "documentation at https://developers.facebook.com/docs/graph-api",
        subcode=33,
        kind="GraphMethodException",
    )


async def unknown_path(request: Request) -> Any:
    """Raise the error for a path without a route."""
    raise unknown_node(request.url.path.rsplit("/", 1)[-1], request.method)


def bearer_token(request: Request) -> str | None:
    """Return the token of the Authorization header or else of ``?access_token=``.

    The header's scheme is ``Bearer``, or ``OAuth`` on rupload.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "oauth"):
        return token.strip()
    return request.query_params.get("access_token")


async def request_parameters(request: Request) -> dict[str, Any]:
    """Return every parameter of query string, form and JSON body; the body wins."""
    merged: dict[str, Any] = dict(request.query_params)
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/json"):
        merged |= parse_object(await request.body())
    elif content_type.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        merged |= dict(await request.form())
    return merged


def parse_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in ``raw``; raise GraphError 100 for anything else."""
    try:
        value = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as bad:
        raise GraphError(100, "(#100) The request body is not valid JSON.") from bad
    if not isinstance(value, dict):
        raise GraphError(100, "(#100) The request body must be a JSON object.")
    return value


def parse_field_names(fields: str) -> list[str]:
    """Return the top-level names of ``fields``: ``id,children{id,media_url}`` is id, children."""
    top_level = fields
    while (shortened := re.sub(r"\{[^{}]*\}", "", top_level)) != top_level:
        top_level = shortened
    return [name.strip() for name in top_level.split(",") if name.strip()]


def select_fields(node: Mapping[str, Any], fields: list[str], *, kind: str) -> dict[str, Any]:
    """Return the requested fields of ``node`` and its id, without unset ones.

    Raise GraphError 100 for an unknown field.
    """
    for name in fields:
        if name not in node:
            raise GraphError(100, f"(#100) Tried accessing nonexisting field ({name}) on node type ({kind})")
    return {name: node[name] for name in [*fields, "id"] if node[name] is not None}
