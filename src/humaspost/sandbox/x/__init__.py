"""The simulated X: its v2 API under ``/x``, as strict as X's documentation."""

import base64
import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from humaspost.sandbox.request_log import parse_pairs
from humaspost.sandbox.state import SandboxState
from humaspost.sandbox.x.accounts import ACCOUNTS
from humaspost.sandbox.x.auth import Authenticator, SignedRequest
from humaspost.sandbox.x.errors import RequestRefused, invalid_request, unknown_path
from humaspost.sandbox.x.ids import SnowflakeGenerator
from humaspost.sandbox.x.limits import RateLimits
from humaspost.sandbox.x.oauth2 import BadGrant, TokenStore
from humaspost.sandbox.x.options import OPTIONS, get_option
from humaspost.sandbox.x.posts import PostStore
from humaspost.sandbox.x.read_endpoints import ReadEndpoints
from humaspost.sandbox.x.request_schema import (
    InitializeUpload,
    Metadata,
    NewPost,
    SimpleUpload,
    Subtitles,
    UploadSegment,
    parse_body,
    validate,
)
from humaspost.sandbox.x.uploads import UploadStore

__all__ = ["OPTIONS", "Platform"]

_JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class AuthorizedCall:
    """An authenticated request with its parameters, query, body and form."""

    params: dict[str, Any]
    query: dict[str, str]
    body: bytes
    form: FormData | None


class Platform:
    """The routes of X for the posts and media of one account."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self.accounts: dict[str, Any] = ACCOUNTS
        self.reset()
        write, upload, read = (
            {"tweet.read", "tweet.write", "users.read"},
            {"media.write"},
            {"tweet.read", "users.read"},
        )
        table: list[tuple[str, str, str, set[str], Callable[[AuthorizedCall], tuple[int, Any]]]] = [
            ("POST", "/2/tweets", "post", write, self._create),
            ("GET", "/2/tweets", "lookup", read, self._lookup_many),
            ("DELETE", "/2/tweets/{id}", "delete", write, self._delete),
            ("GET", "/2/tweets/{id}", "lookup", read, self._lookup_single),
            ("GET", "/2/users/me", "me", read, self._me),
            ("GET", "/2/users/{id}/tweets", "timeline", read, self._timeline),
            ("POST", "/2/media/upload", "upload", upload, self._upload_at_once),
            ("GET", "/2/media/upload", "status", upload, self._status),
            ("POST", "/2/media/upload/initialize", "initialize", upload, self._initialize),
            ("POST", "/2/media/upload/{id}/append", "append", upload, self._append),
            ("POST", "/2/media/upload/{id}/finalize", "finalize", upload, self._finalize),
            ("POST", "/2/media/metadata", "metadata", upload, self._describe),
            ("POST", "/2/media/subtitles", "subtitles", upload, self._subtitle),
        ]
        self.routes = [
            Route(f"/x{path}", self._endpoint(name, scopes, action), methods=[method])
            for method, path, name, scopes, action in table
        ]
        self.routes += [
            Route("/x/i/oauth2/authorize", self._authorize, methods=["GET"]),
            Route("/x/2/oauth2/authorize", self._authorize, methods=["GET"]),
            Route("/x/2/oauth2/token", self._token, methods=["POST"]),
            Route("/x/2/oauth2/revoke", self._revoke, methods=["POST"]),
            Route("/x/{rest:path}", _unknown_path, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
        ]

    def reset(self) -> None:
        """Remove all posts, media and tokens, and start every rate window again."""
        ids = SnowflakeGenerator(self._state)
        self._tokens = TokenStore(self._state)
        self._authenticator = Authenticator(self._state, self._tokens)
        self._limits = RateLimits(self._state)
        self._uploads = UploadStore(self._state, ids)
        self._posts = PostStore(self._state, ids, self._uploads)
        self._read_endpoints = ReadEndpoints(self._state, self._posts, self._uploads)

    def _endpoint(
        self, name: str, scopes: set[str], action: Callable[[AuthorizedCall], tuple[int, Any]]
    ) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                self._authenticator.authenticate(await _signed_request(request), scopes)
                self._limits.count_request(name)
                status, answer = action(await _read_call(request))
            except RequestRefused as refused:
                status, answer = refused.status, refused.body
            return JSONResponse(answer, status, headers=self._limits.headers(name), media_type=_JSON_TYPE)

        return endpoint

    def _create(self, call: AuthorizedCall) -> tuple[int, Any]:
        new_post = parse_body(NewPost, call.body)
        self._limits.count_post()
        post = self._posts.create(new_post)
        history = {get_option(self._state, "edit_history"): [post.id]}
        return 201, {"data": {"id": post.id, "text": post.extra["text"], **history}}

    def _delete(self, call: AuthorizedCall) -> tuple[int, Any]:
        return 200, {"data": {"deleted": self._posts.delete(call.params["id"])}}

    def _lookup_single(self, call: AuthorizedCall) -> tuple[int, Any]:
        return 200, self._read_endpoints.lookup([call.params["id"]], call.query, single=True)

    def _lookup_many(self, call: AuthorizedCall) -> tuple[int, Any]:
        return 200, self._read_endpoints.lookup(
            call.query.get("ids", "").split(","), call.query, single=False
        )

    def _me(self, call: AuthorizedCall) -> tuple[int, Any]:
        return 200, self._read_endpoints.me(call.query)

    def _timeline(self, call: AuthorizedCall) -> tuple[int, Any]:
        return 200, self._read_endpoints.timeline(call.params["id"], call.query)

    def _initialize(self, call: AuthorizedCall) -> tuple[int, Any]:
        return 200, {"data": self._uploads.initialize(parse_body(InitializeUpload, call.body))}

    def _append(self, call: AuthorizedCall) -> tuple[int, Any]:
        if call.form is None:
            segment = parse_body(UploadSegment, call.body)
            index, data = segment.segment_index, _decode_base64(segment.media)
        else:
            _check_form(call.form, needed={"media", "segment_index"}, allowed=set())
            index_text = str(call.form["segment_index"])
            is_number = index_text.isascii() and index_text.isdecimal() and len(index_text) < 10
            index, data = int(index_text) if is_number else -1, _read_part(call.form["media"])
        return 200, {"data": self._uploads.append(call.params["id"], index, data)}

    def _finalize(self, call: AuthorizedCall) -> tuple[int, Any]:
        return 200, {"data": self._uploads.finalize(call.params["id"])}

    def _status(self, call: AuthorizedCall) -> tuple[int, Any]:
        if call.query.keys() - {"media_id", "command"} or call.query.get("command", "STATUS") != "STATUS":
            raise invalid_request(
                ("only media_id and command=STATUS are known here", {"command": [str(call.query)]})
            )
        return 200, {"data": self._uploads.status(call.query.get("media_id", ""))}

    def _upload_at_once(self, call: AuthorizedCall) -> tuple[int, Any]:
        if call.form is None:
            upload_request = parse_body(SimpleUpload, call.body)
            return 200, {
                "data": self._uploads.upload_at_once(
                    upload_request.media_category, _decode_base64(upload_request.media)
                )
            }
        optional_fields = {"media_type", "shared", "additional_owners"}
        _check_form(call.form, needed={"media", "media_category"}, allowed=optional_fields)
        category = validate(
            SimpleUpload, {"media": "", "media_category": call.form["media_category"]}
        ).media_category
        return 200, {"data": self._uploads.upload_at_once(category, _read_part(call.form["media"]))}

    def _describe(self, call: AuthorizedCall) -> tuple[int, Any]:
        return 200, {"data": self._uploads.describe(parse_body(Metadata, call.body))}

    def _subtitle(self, call: AuthorizedCall) -> tuple[int, Any]:
        return 200, {"data": self._uploads.add_subtitles(parse_body(Subtitles, call.body))}

    async def _authorize(self, request: Request) -> Response:
        try:
            return RedirectResponse(self._tokens.authorize(dict(request.query_params)), 302)
        except BadGrant as bad:
            reason = html.escape(bad.body["error_description"])
            return HTMLResponse(f"<h1>Something went wrong</h1><p>{reason}</p>", bad.status)

    async def _token(self, request: Request) -> Response:
        try:
            answer = self._tokens.grant_token(
                parse_pairs(await request.body()), request.headers.get("authorization", "")
            )
        except BadGrant as bad:
            return JSONResponse(bad.body, bad.status)
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    async def _revoke(self, request: Request) -> Response:
        self._tokens.revoke(parse_pairs(await request.body()).get("token", ""))
        return JSONResponse({"revoked": True})


#: Content types of a body; the token endpoint receives a form.
_BODY_TYPES = ("application/json", "application/x-www-form-urlencoded")


async def _signed_request(request: Request) -> SignedRequest:
    kind = request.headers.get("content-type", "")
    form = await request.body() if kind.startswith("application/x-www-form-urlencoded") else b""
    path = request.scope["raw_path"].decode("ascii")
    return SignedRequest(
        method=request.method,
        path=path.removeprefix("/x"),
        query=request.url.query,
        header=request.headers.get("authorization", ""),
        form=form,
        own_url=f"{request.url.scheme}://{request.url.netloc}{path}",
    )


async def _read_call(request: Request) -> AuthorizedCall:
    body = await request.body()
    kind = request.headers.get("content-type", "")
    form = await request.form() if kind.startswith("multipart/form-data") else None
    if body and form is None and kind.partition(";")[0].strip().lower() not in _BODY_TYPES:
        raise invalid_request((f"a body of {kind or 'no type'} is not taken; send application/json", {}))
    return AuthorizedCall(request.path_params, dict(request.query_params), body, form)


def _check_form(form: FormData, *, needed: set[str], allowed: set[str]) -> None:
    wrong = dict.fromkeys(needed - form.keys(), "is missing but it is required")
    wrong |= dict.fromkeys(form.keys() - needed - allowed, "is not defined in the schema")
    if wrong:
        raise invalid_request(
            *[(f"[$.{name}: {reason}]", {name: [""]}) for name, reason in sorted(wrong.items())]
        )


def _read_part(part: UploadFile | str) -> bytes:
    return part.encode() if isinstance(part, str) else part.file.read()


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:  # binascii.Error is a ValueError
        raise invalid_request(("[$.media: is not base64]", {"media": []})) from error


async def _unknown_path(_: Request) -> Response:
    refused = unknown_path()
    return JSONResponse(refused.body, refused.status, media_type=_JSON_TYPE)
