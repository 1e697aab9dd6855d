"""The pretend X: its v2 API under ``/x``, strict by X's own documents."""

import base64
import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from humaspost.sandbox.request_log import pairs
from humaspost.sandbox.state import World
from humaspost.sandbox.x.accounts import ACCOUNTS
from humaspost.sandbox.x.auth import Asked, Door
from humaspost.sandbox.x.errors import Refused, invalid, missing
from humaspost.sandbox.x.ids import Snowflakes
from humaspost.sandbox.x.limits import Limits
from humaspost.sandbox.x.oauth2 import BadGrant, Tokens
from humaspost.sandbox.x.options import SWITCHES, setting
from humaspost.sandbox.x.posts import Posts
from humaspost.sandbox.x.read_endpoints import Reads
from humaspost.sandbox.x.request_schema import (
    Initialize,
    Metadata,
    NewPost,
    OneShot,
    Segment,
    Subtitles,
    fits,
    read,
)
from humaspost.sandbox.x.uploads import Uploads

__all__ = ["SWITCHES", "Platform"]

_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in."""

    params: dict[str, Any]
    query: dict[str, str]
    body: bytes
    form: FormData | None


class Platform:
    """X's routes over one account's posts and media."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.accounts: dict[str, Any] = ACCOUNTS
        self.reset()
        write, upload, see = (
            {"tweet.read", "tweet.write", "users.read"},
            {"media.write"},
            {"tweet.read", "users.read"},
        )
        table: list[tuple[str, str, str, set[str], Callable[[Call], tuple[int, Any]]]] = [
            ("POST", "/2/tweets", "post", write, self._create),
            ("GET", "/2/tweets", "lookup", see, self._lookup_many),
            ("DELETE", "/2/tweets/{id}", "delete", write, self._delete),
            ("GET", "/2/tweets/{id}", "lookup", see, self._lookup_one),
            ("GET", "/2/users/me", "me", see, self._me),
            ("GET", "/2/users/{id}/tweets", "timeline", see, self._timeline),
            ("POST", "/2/media/upload", "upload", upload, self._one_shot),
            ("GET", "/2/media/upload", "status", upload, self._status),
            ("POST", "/2/media/upload/initialize", "initialize", upload, self._initialize),
            ("POST", "/2/media/upload/{id}/append", "append", upload, self._append),
            ("POST", "/2/media/upload/{id}/finalize", "finalize", upload, self._finalize),
            ("POST", "/2/media/metadata", "metadata", upload, self._describe),
            ("POST", "/2/media/subtitles", "subtitles", upload, self._subtitle),
        ]
        self.routes = [
            Route(f"/x{path}", self._endpoint(name, scopes, act), methods=[method])
            for method, path, name, scopes, act in table
        ]
        self.routes += [
            Route("/x/i/oauth2/authorize", self._authorize, methods=["GET"]),
            Route("/x/2/oauth2/authorize", self._authorize, methods=["GET"]),
            Route("/x/2/oauth2/token", self._token, methods=["POST"]),
            Route("/x/2/oauth2/revoke", self._revoke, methods=["POST"]),
            Route("/x/{rest:path}", _nowhere, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
        ]

    def reset(self) -> None:
        """No posts, no media, no tokens, full windows."""
        ids = Snowflakes(self._world)
        self._tokens = Tokens(self._world)
        self._door = Door(self._world, self._tokens)
        self._limits = Limits(self._world)
        self._uploads = Uploads(self._world, ids)
        self._posts = Posts(self._world, ids, self._uploads)
        self._reads = Reads(self._world, self._posts, self._uploads)

    def _endpoint(
        self, name: str, scopes: set[str], act: Callable[[Call], tuple[int, Any]]
    ) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                self._door.check(await _asked(request), scopes)
                self._limits.take(name)
                status, answer = act(await _call(request))
            except Refused as refused:
                status, answer = refused.status, refused.body
            return JSONResponse(answer, status, headers=self._limits.headers(name), media_type=_JSON)

        return endpoint

    def _create(self, call: Call) -> tuple[int, Any]:
        wanted = read(NewPost, call.body)
        self._limits.take_post()
        made = self._posts.create(wanted)
        history = {setting(self._world, "edit_history"): [made.id]}
        return 201, {"data": {"id": made.id, "text": made.extra["text"], **history}}

    def _delete(self, call: Call) -> tuple[int, Any]:
        return 200, {"data": {"deleted": self._posts.delete(call.params["id"])}}

    def _lookup_one(self, call: Call) -> tuple[int, Any]:
        return 200, self._reads.lookup([call.params["id"]], call.query, single=True)

    def _lookup_many(self, call: Call) -> tuple[int, Any]:
        return 200, self._reads.lookup(call.query.get("ids", "").split(","), call.query, single=False)

    def _me(self, call: Call) -> tuple[int, Any]:
        return 200, self._reads.me(call.query)

    def _timeline(self, call: Call) -> tuple[int, Any]:
        return 200, self._reads.timeline(call.params["id"], call.query)

    def _initialize(self, call: Call) -> tuple[int, Any]:
        return 200, {"data": self._uploads.initialize(read(Initialize, call.body))}

    def _append(self, call: Call) -> tuple[int, Any]:
        if call.form is None:
            segment = read(Segment, call.body)
            index, data = segment.segment_index, _decoded(segment.media)
        else:
            _check_parts(call.form, needed={"media", "segment_index"}, known=set())
            given = str(call.form["segment_index"])
            is_number = given.isascii() and given.isdecimal() and len(given) < 10
            index, data = int(given) if is_number else -1, _bytes(call.form["media"])
        return 200, {"data": self._uploads.append(call.params["id"], index, data)}

    def _finalize(self, call: Call) -> tuple[int, Any]:
        return 200, {"data": self._uploads.finalize(call.params["id"])}

    def _status(self, call: Call) -> tuple[int, Any]:
        if call.query.keys() - {"media_id", "command"} or call.query.get("command", "STATUS") != "STATUS":
            raise invalid(("only media_id and command=STATUS are known here", {"command": [str(call.query)]}))
        return 200, {"data": self._uploads.status(call.query.get("media_id", ""))}

    def _one_shot(self, call: Call) -> tuple[int, Any]:
        if call.form is None:
            wanted = read(OneShot, call.body)
            return 200, {"data": self._uploads.one_shot(wanted.media_category, _decoded(wanted.media))}
        known = {"media_type", "shared", "additional_owners"}
        _check_parts(call.form, needed={"media", "media_category"}, known=known)
        category = fits(OneShot, {"media": "", "media_category": call.form["media_category"]}).media_category
        return 200, {"data": self._uploads.one_shot(category, _bytes(call.form["media"]))}

    def _describe(self, call: Call) -> tuple[int, Any]:
        return 200, {"data": self._uploads.describe(read(Metadata, call.body))}

    def _subtitle(self, call: Call) -> tuple[int, Any]:
        return 200, {"data": self._uploads.subtitle(read(Subtitles, call.body))}

    async def _authorize(self, request: Request) -> Response:
        try:
            return RedirectResponse(self._tokens.authorize(dict(request.query_params)), 302)
        except BadGrant as bad:
            reason = html.escape(bad.body["error_description"])
            return HTMLResponse(f"<h1>Something went wrong</h1><p>{reason}</p>", bad.status)

    async def _token(self, request: Request) -> Response:
        try:
            answer = self._tokens.token(pairs(await request.body()), request.headers.get("authorization", ""))
        except BadGrant as bad:
            return JSONResponse(bad.body, bad.status)
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    async def _revoke(self, request: Request) -> Response:
        self._tokens.revoke(pairs(await request.body()).get("token", ""))
        return JSONResponse({"revoked": True})


#: What a body may call itself; tokens are asked for by a form.
_BODIES = ("application/json", "application/x-www-form-urlencoded")


async def _asked(request: Request) -> Asked:
    kind = request.headers.get("content-type", "")
    form = await request.body() if kind.startswith("application/x-www-form-urlencoded") else b""
    path = request.scope["raw_path"].decode("ascii")
    return Asked(
        method=request.method,
        path=path.removeprefix("/x"),
        query=request.url.query,
        header=request.headers.get("authorization", ""),
        form=form,
        own_url=f"{request.url.scheme}://{request.url.netloc}{path}",
    )


async def _call(request: Request) -> Call:
    body = await request.body()
    kind = request.headers.get("content-type", "")
    form = await request.form() if kind.startswith("multipart/form-data") else None
    if body and form is None and kind.partition(";")[0].strip().lower() not in _BODIES:
        raise invalid((f"a body of {kind or 'no type'} is not taken; send application/json", {}))
    return Call(request.path_params, dict(request.query_params), body, form)


def _check_parts(form: FormData, *, needed: set[str], known: set[str]) -> None:
    wrong = dict.fromkeys(needed - form.keys(), "is missing but it is required")
    wrong |= dict.fromkeys(form.keys() - needed - known, "is not defined in the schema")
    if wrong:
        raise invalid(*[(f"[$.{name}: {reason}]", {name: [""]}) for name, reason in sorted(wrong.items())])


def _bytes(part: UploadFile | str) -> bytes:
    return part.encode() if isinstance(part, str) else part.file.read()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:  # binascii's own is one
        raise invalid(("[$.media: is not base64]", {"media": []})) from error


async def _nowhere(_: Request) -> Response:
    refused = missing()
    return JSONResponse(refused.body, refused.status, media_type=_JSON)
