"""A pretend Instagram Graph API: strict, loopback only, in memory (contracts: Graph v25, v26).

One base URL stands for both hosts; the token says which login a call is of: an Instagram User token
(graph.instagram.com) or a Facebook one (graph.facebook.com and rupload.facebook.com).
What Meta leaves open is a switch (``SWITCHES``). Stricter than Meta on purpose: an unknown parameter is refused.
"""

import json
from collections.abc import Mapping
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from humaspost.sandbox.graph import (
    GraphError,
    Handler,
    answering,
    bearer,
    chosen,
    field_names,
    no_such_node,
    parameters,
    reply,
    unknown_path,
    usage_headers,
)
from humaspost.sandbox.instagram import accounts, read_endpoints
from humaspost.sandbox.instagram.container_request import Captions, read_wanted
from humaspost.sandbox.instagram.containers import Container
from humaspost.sandbox.instagram.errors import invalid, localized, refused
from humaspost.sandbox.instagram.media_store import Gallery
from humaspost.sandbox.instagram.options import SWITCHES
from humaspost.sandbox.instagram.tokens import Tokens
from humaspost.sandbox.state import World

__all__ = ["SWITCHES", "Platform"]

_FILM_MOST = 1024 * 1024 * 1024


class Platform:
    """The routes of one professional account."""

    accounts: dict[str, str] = accounts.ACCOUNTS

    def __init__(self, world: World) -> None:
        """Everything is kept in ``world``, ``gallery`` and ``tokens``."""
        self.world = world
        self.reset()
        self.routes = self._routes()

    def reset(self) -> None:
        """No container and no post is left; the demo tokens are as they were."""
        self.gallery = Gallery(self.world)
        self.tokens = Tokens(self.world, self.world.now())

    def _routes(self) -> list[Route]:
        base = "/instagram/{version}"
        table = [
            ("POST", "/instagram/ig-api-upload/{version}/{container}", self._upload),
            ("GET", "/instagram/cdn/{media_id}/{place:int}", self._file),
            ("GET", "/instagram/refresh_access_token", self._refresh),
            ("GET", f"{base}/refresh_access_token", self._refresh),
            ("GET", "/instagram/access_token", self._exchange),
            ("GET", f"{base}/oauth/access_token", self._exchange_facebook),
            ("GET", f"{base}/debug_token", self._debug_token),
            ("GET", f"{base}/me", self._me),
            ("GET", f"{base}/me/accounts", self._pages),
            ("POST", f"{base}/{{node}}/media", self._create),
            ("GET", f"{base}/{{node}}/media", self._media),
            ("GET", f"{base}/{{node}}/stories", self._stories),
            ("POST", f"{base}/{{node}}/media_publish", self._publish),
            ("GET", f"{base}/{{node}}/content_publishing_limit", self._limit),
            ("GET", f"{base}/{{node}}/insights", self._insights),
            ("GET", f"{base}/{{node}}/children", self._children),
            ("GET", f"{base}/{{node}}", self._node),
            ("DELETE", f"{base}/{{node}}", self._delete),
        ]
        known = [
            Route(path, answering(self._worded(act), self._headers), methods=[method])
            for method, path, act in table
        ]
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [
            *known,
            Route("/instagram/{rest:path}", answering(unknown_path, self._headers), methods=every),
        ]

    def _worded(self, act: Handler) -> Handler:
        async def worded(request: Request) -> Any:
            try:
                return await act(request)
            except GraphError as error:
                raise localized(error) if self.gallery.option("localized") else error from None

        return worded

    def _headers(self) -> Mapping[str, str]:
        return usage_headers(
            (accounts.USER_ID, accounts.BUSINESS_ID), "instagram", self.gallery.option("usage")
        )

    async def _enter(self, request: Request, *, own: bool = False) -> tuple[dict[str, Any], bool]:
        """Every parameter, and whether the token is Facebook's; ``own``: the node must be the account."""
        given = await parameters(request)
        facebook = self.tokens.facebook(bearer(request) or given.get("access_token"))
        if (self.gallery.option("usage") or 0) >= 100:
            said = "There have been too many calls to this Instagram account. Wait a bit and try again."
            raise GraphError(80002, f"(#80002) {said}")
        mine = (accounts.USER_ID,) if facebook else (accounts.USER_ID, accounts.APP_SCOPED_ID, "me")
        if own and request.path_params["node"] not in mine:
            raise no_such_node(request.path_params["node"], request.method)
        return given, facebook

    def _demand_professional(self) -> None:
        if self.gallery.option("account_type") == "PERSONAL":
            raise GraphError(10, "(#10) Application does not have permission for this action")

    def _captions(self) -> Captions:
        return Captions(str(self.gallery.option("caption_unit")), int(self.gallery.option("hashtags")))

    async def _create(self, request: Request) -> Any:
        given, facebook = await self._enter(request, own=True)
        self._demand_professional()
        self.gallery.room()
        wanted = read_wanted(given, facebook=facebook, captions=self._captions())
        container = await to_thread.run_sync(self.gallery.create, wanted)
        if not wanted.upload_type:
            return {"id": container.id}
        version = request.path_params["version"]
        base = self.world.base_url or str(request.base_url).rstrip("/")
        return {"id": container.id, "uri": f"{base}/instagram/ig-api-upload/{version}/{container.id}"}

    async def _publish(self, request: Request) -> Any:
        given, _ = await self._enter(request, own=True)
        self._demand_professional()
        if unknown := set(given) - {"creation_id", "access_token"}:
            raise invalid(f"Unsupported parameter: {min(unknown)}")
        creation_id = str(given.get("creation_id") or "")
        if not creation_id.isdecimal():
            raise invalid("The parameter creation_id is required.")
        return {"id": self.gallery.publish(creation_id)}

    async def _upload(self, request: Request) -> Any:
        try:
            return await self._received(request)
        except GraphError as error:
            said = json.dumps({"success": False, "error": {"message": error.message}})
            details = {"retriable": False, "type": "ProcessingFailedError", "message": said}
            return reply({"debug_info": details}, status=error.status)

    async def _received(self, request: Request) -> dict[str, Any]:
        container = self.gallery.containers.get(request.path_params["container"])
        if not self.tokens.facebook(bearer(request)):
            raise GraphError(190, "unauthorized user request")
        if container is None or not container.wanted.upload_type or container.bytes_received:
            raise invalid("There is no upload session with this id.")
        data = await self._sent(request)
        await to_thread.run_sync(self.gallery.receive, container, data)
        return {"success": True, "message": "Upload successful."}

    async def _sent(self, request: Request) -> bytes:
        """The bytes of an upload: the body, or what the header ``file_url`` points at."""
        if url := request.headers.get("file_url"):
            return await to_thread.run_sync(
                lambda: self.gallery.fetched(url, family="video", limit=_FILM_MOST)
            )
        data = await request.body()
        if request.headers.get("offset") != "0" or request.headers.get("file_size") != str(len(data)):
            raise invalid("The headers offset and file_size must describe the body.")
        return data

    async def _me(self, request: Request) -> Any:
        given, facebook = await self._enter(request)
        return read_endpoints.me(self.world, given.get("fields"), facebook=facebook)

    async def _pages(self, request: Request) -> Any:
        _, facebook = await self._enter(request)
        if not facebook:
            raise no_such_node("accounts", request.method)
        return read_endpoints.pages()

    async def _media(self, request: Request) -> Any:
        given, facebook = await self._enter(request, own=True)
        return read_endpoints.listing(
            self.world, read_endpoints.posts(self.world), given, hide_caption=self._hides(facebook)
        )

    async def _stories(self, request: Request) -> Any:
        given, facebook = await self._enter(request, own=True)
        return read_endpoints.listing(
            self.world, read_endpoints.stories(self.world), given, hide_caption=self._hides(facebook)
        )

    async def _limit(self, request: Request) -> Any:
        given, _ = await self._enter(request, own=True)
        return read_endpoints.publishing_limit(self.gallery, given)

    async def _node(self, request: Request) -> Any:
        given, facebook = await self._enter(request)
        node, fields = request.path_params["node"], given.get("fields")
        if node == accounts.USER_ID:
            return read_endpoints.user(self.world, fields, facebook=facebook)
        if container := self.gallery.containers.get(node):
            return await to_thread.run_sync(self._container, container, fields)
        shown = read_endpoints.found(self.world, node)
        if shown is None:
            raise no_such_node(node, request.method)
        return read_endpoints.medium(self.world, shown, fields, hide_caption=self._hides(facebook))

    def _container(self, container: Container, fields: str | None) -> dict[str, Any]:
        status = self.gallery.status(container)
        node = container.node(status)
        if status == "ERROR" and not self.gallery.option("error_status_code"):
            node["status_code"] = None
        return chosen(node, field_names(fields or "id"), kind="ShadowIGMediaBuilder")

    async def _children(self, request: Request) -> Any:
        await self._enter(request)
        shown = read_endpoints.found(self.world, request.path_params["node"])
        if shown is None:
            raise no_such_node(request.path_params["node"], request.method)
        return {"data": [{"id": child} for child in shown.extra["children"]]}

    async def _insights(self, request: Request) -> Any:
        given, _ = await self._enter(request)
        if read_endpoints.found(self.world, request.path_params["node"]) is None:
            raise no_such_node(request.path_params["node"], request.method)
        return read_endpoints.insights(given.get("metric"))

    async def _delete(self, request: Request) -> Any:
        _, facebook = await self._enter(request)
        shown = read_endpoints.found(self.world, request.path_params["node"])
        if shown is None:
            raise no_such_node(request.path_params["node"], request.method)
        if not facebook:
            raise refused(2207073)
        shown.deleted = True
        return {"success": True, "deleted_id": shown.id}

    async def _file(self, request: Request) -> Any:
        shown = read_endpoints.found(self.world, request.path_params["media_id"])
        place = request.path_params["place"]
        if shown is None or place >= len(shown.media):
            return Response(status_code=404)
        return Response(shown.media[place].data, media_type=shown.media[place].type)

    async def _refresh(self, request: Request) -> Any:
        given = await parameters(request)
        if given.get("grant_type") != "ig_refresh_token":
            raise invalid("The parameter grant_type must be ig_refresh_token.")
        return self.tokens.refresh(str(bearer(request) or ""))

    async def _exchange(self, request: Request) -> Any:
        given = await parameters(request)
        if given.get("grant_type") != "ig_exchange_token":
            raise invalid("The parameter grant_type must be ig_exchange_token.")
        return self.tokens.exchange(str(bearer(request) or ""), str(given.get("client_secret", "")))

    async def _exchange_facebook(self, request: Request) -> Any:
        given = await parameters(request)
        if given.get("grant_type") != "fb_exchange_token":
            raise invalid("The parameter grant_type must be fb_exchange_token.")
        token = str(given.get("fb_exchange_token", ""))
        return self.tokens.exchange_facebook(token, str(given.get("client_secret", "")))

    async def _debug_token(self, request: Request) -> Any:
        given, facebook = await self._enter(request)
        if not facebook and not self.gallery.option("debug_token"):
            raise no_such_node("debug_token", request.method)
        return self.tokens.debug(str(given.get("input_token", "")))

    def _hides(self, facebook: bool) -> bool:
        return bool(self.gallery.option("hide_caption")) and not facebook
