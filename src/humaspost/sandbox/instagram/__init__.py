"""A simulated Instagram Graph API: strict, loopback only, in memory (Graph v25 and v26).

One base URL serves both hosts. The token shows which login a call uses: an Instagram User
token (graph.instagram.com) or a Facebook token (graph.facebook.com and rupload.facebook.com).
Behaviour that Meta leaves open is an option (``OPTIONS``). The sandbox is stricter than Meta
on purpose: it refuses an unknown parameter.
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
    as_endpoint,
    bearer_token,
    json_response,
    parse_field_names,
    request_parameters,
    select_fields,
    unknown_node,
    unknown_path,
    usage_headers,
)
from humaspost.sandbox.instagram import accounts, read_endpoints
from humaspost.sandbox.instagram.container_request import CaptionRules, parse_request
from humaspost.sandbox.instagram.containers import Container
from humaspost.sandbox.instagram.errors import invalid_parameter, localize, subcode_error
from humaspost.sandbox.instagram.media_store import MediaStore
from humaspost.sandbox.instagram.options import OPTIONS
from humaspost.sandbox.instagram.tokens import TokenStore
from humaspost.sandbox.state import SandboxState

__all__ = ["OPTIONS", "Platform"]

_MAX_VIDEO_BYTES = 1024 * 1024 * 1024


class Platform:
    """The routes of one professional account."""

    accounts: dict[str, str] = accounts.ACCOUNTS

    def __init__(self, state: SandboxState) -> None:
        """Create the routes; ``media_store`` and ``tokens`` contain the account's own state."""
        self.state = state
        self.reset()
        self.routes = self._routes()

    def reset(self) -> None:
        """Remove all containers and posts, and restore the demo tokens."""
        self.media_store = MediaStore(self.state)
        self.tokens = TokenStore(self.state, self.state.now())

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
        authenticated = [
            Route(path, as_endpoint(self._as_handler(action), self._headers), methods=[method])
            for method, path, action in table
        ]
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [
            *authenticated,
            Route("/instagram/{rest:path}", as_endpoint(unknown_path, self._headers), methods=every),
        ]

    def _as_handler(self, action: Handler) -> Handler:
        async def worded(request: Request) -> Any:
            try:
                return await action(request)
            except GraphError as error:
                raise localize(error) if self.media_store.get_option("localized") else error from None

        return worded

    def _headers(self) -> Mapping[str, str]:
        return usage_headers(
            (accounts.USER_ID, accounts.BUSINESS_ID), "instagram", self.media_store.get_option("usage")
        )

    async def _authenticate(
        self, request: Request, *, is_own_node: bool = False
    ) -> tuple[dict[str, Any], bool]:
        """Return every parameter, and whether the token is a Facebook token.

        ``is_own_node`` also requires the node to be the account.
        """
        values = await request_parameters(request)
        is_facebook = self.tokens.is_facebook(bearer_token(request) or values.get("access_token"))
        if (self.media_store.get_option("usage") or 0) >= 100:
            reason = "There have been too many calls to this Instagram account. Wait a bit and try again."
            raise GraphError(80002, f"(#80002) {reason}")
        own_ids = (accounts.USER_ID,) if is_facebook else (accounts.USER_ID, accounts.APP_SCOPED_ID, "me")
        if is_own_node and request.path_params["node"] not in own_ids:
            raise unknown_node(request.path_params["node"], request.method)
        return values, is_facebook

    def _check_professional(self) -> None:
        if self.media_store.get_option("account_type") == "PERSONAL":
            raise GraphError(10, "(#10) Application does not have permission for this action")

    def _caption_rules(self) -> CaptionRules:
        return CaptionRules(
            str(self.media_store.get_option("caption_unit")), int(self.media_store.get_option("hashtags"))
        )

    async def _create(self, request: Request) -> Any:
        parameters, is_facebook = await self._authenticate(request, is_own_node=True)
        self._check_professional()
        self.media_store.check_creation_quota()
        container_request = parse_request(
            parameters, is_facebook=is_facebook, caption_rules=self._caption_rules()
        )
        container = await to_thread.run_sync(self.media_store.create, container_request)
        if not container_request.upload_type:
            return {"id": container.id}
        version = request.path_params["version"]
        base = self.state.base_url or str(request.base_url).rstrip("/")
        return {"id": container.id, "uri": f"{base}/instagram/ig-api-upload/{version}/{container.id}"}

    async def _publish(self, request: Request) -> Any:
        given, _ = await self._authenticate(request, is_own_node=True)
        self._check_professional()
        if unknown := set(given) - {"creation_id", "access_token"}:
            raise invalid_parameter(f"Unsupported parameter: {min(unknown)}")
        creation_id = str(given.get("creation_id") or "")
        if not creation_id.isdecimal():
            raise invalid_parameter("The parameter creation_id is required.")
        return {"id": self.media_store.publish(creation_id)}

    async def _upload(self, request: Request) -> Any:
        try:
            return await self._received_bytes(request)
        except GraphError as error:
            message = json.dumps({"success": False, "error": {"message": error.message}})
            details = {"retriable": False, "type": "ProcessingFailedError", "message": message}
            return json_response({"debug_info": details}, status=error.status)

    async def _received_bytes(self, request: Request) -> dict[str, Any]:
        container = self.media_store.containers.get(request.path_params["container"])
        if not self.tokens.is_facebook(bearer_token(request)):
            raise GraphError(190, "unauthorized user request")
        if container is None or not container.request.upload_type or container.bytes_received:
            raise invalid_parameter("There is no upload session with this id.")
        data = await self._uploaded_bytes(request)
        await to_thread.run_sync(self.media_store.receive_video, container, data)
        return {"success": True, "message": "Upload successful."}

    async def _uploaded_bytes(self, request: Request) -> bytes:
        """Return the bytes of an upload: the body, or the file at the header ``file_url``."""
        if url := request.headers.get("file_url"):
            return await to_thread.run_sync(
                lambda: self.media_store.fetch(url, family="video", limit=_MAX_VIDEO_BYTES)
            )
        data = await request.body()
        if request.headers.get("offset") != "0" or request.headers.get("file_size") != str(len(data)):
            raise invalid_parameter("The headers offset and file_size must describe the body.")
        return data

    async def _me(self, request: Request) -> Any:
        given, facebook = await self._authenticate(request)
        return read_endpoints.me_node(self.state, given.get("fields"), is_facebook=facebook)

    async def _pages(self, request: Request) -> Any:
        _, facebook = await self._authenticate(request)
        if not facebook:
            raise unknown_node("accounts", request.method)
        return read_endpoints.list_pages()

    async def _media(self, request: Request) -> Any:
        given, facebook = await self._authenticate(request, is_own_node=True)
        return read_endpoints.list_media(
            self.state,
            read_endpoints.list_posts(self.state),
            given,
            hide_caption=self._hides_caption(facebook),
        )

    async def _stories(self, request: Request) -> Any:
        given, facebook = await self._authenticate(request, is_own_node=True)
        return read_endpoints.list_media(
            self.state,
            read_endpoints.list_stories(self.state),
            given,
            hide_caption=self._hides_caption(facebook),
        )

    async def _limit(self, request: Request) -> Any:
        given, _ = await self._authenticate(request, is_own_node=True)
        return read_endpoints.publishing_limit(self.media_store, given)

    async def _node(self, request: Request) -> Any:
        given, facebook = await self._authenticate(request)
        node, fields = request.path_params["node"], given.get("fields")
        if node == accounts.USER_ID:
            return read_endpoints.user_node(self.state, fields, is_facebook=facebook)
        if container := self.media_store.containers.get(node):
            return await to_thread.run_sync(self._container, container, fields)
        medium = read_endpoints.find_medium(self.state, node)
        if medium is None:
            raise unknown_node(node, request.method)
        return read_endpoints.media_node(
            self.state, medium, fields, hide_caption=self._hides_caption(facebook)
        )

    def _container(self, container: Container, fields: str | None) -> dict[str, Any]:
        status = self.media_store.status(container)
        node = container.to_node(status)
        if status == "ERROR" and not self.media_store.get_option("error_status_code"):
            node["status_code"] = None
        return select_fields(node, parse_field_names(fields or "id"), kind="ShadowIGMediaBuilder")

    async def _children(self, request: Request) -> Any:
        await self._authenticate(request)
        medium = read_endpoints.find_medium(self.state, request.path_params["node"])
        if medium is None:
            raise unknown_node(request.path_params["node"], request.method)
        return {"data": [{"id": child} for child in medium.extra["children"]]}

    async def _insights(self, request: Request) -> Any:
        given, _ = await self._authenticate(request)
        if read_endpoints.find_medium(self.state, request.path_params["node"]) is None:
            raise unknown_node(request.path_params["node"], request.method)
        return read_endpoints.insights_node(given.get("metric"))

    async def _delete(self, request: Request) -> Any:
        _, facebook = await self._authenticate(request)
        medium = read_endpoints.find_medium(self.state, request.path_params["node"])
        if medium is None:
            raise unknown_node(request.path_params["node"], request.method)
        if not facebook:
            raise subcode_error(2207073)
        medium.deleted = True
        return {"success": True, "deleted_id": medium.id}

    async def _file(self, request: Request) -> Any:
        medium = read_endpoints.find_medium(self.state, request.path_params["media_id"])
        position = request.path_params["place"]
        if medium is None or position >= len(medium.media):
            return Response(status_code=404)
        return Response(medium.media[position].data, media_type=medium.media[position].type)

    async def _refresh(self, request: Request) -> Any:
        given = await request_parameters(request)
        if given.get("grant_type") != "ig_refresh_token":
            raise invalid_parameter("The parameter grant_type must be ig_refresh_token.")
        return self.tokens.refresh(str(bearer_token(request) or ""))

    async def _exchange(self, request: Request) -> Any:
        given = await request_parameters(request)
        if given.get("grant_type") != "ig_exchange_token":
            raise invalid_parameter("The parameter grant_type must be ig_exchange_token.")
        return self.tokens.exchange(str(bearer_token(request) or ""), str(given.get("client_secret", "")))

    async def _exchange_facebook(self, request: Request) -> Any:
        given = await request_parameters(request)
        if given.get("grant_type") != "fb_exchange_token":
            raise invalid_parameter("The parameter grant_type must be fb_exchange_token.")
        token = str(given.get("fb_exchange_token", ""))
        return self.tokens.exchange_facebook(token, str(given.get("client_secret", "")))

    async def _debug_token(self, request: Request) -> Any:
        given, facebook = await self._authenticate(request)
        if not facebook and not self.media_store.get_option("debug_token"):
            raise unknown_node("debug_token", request.method)
        return self.tokens.debug_token(str(given.get("input_token", "")))

    def _hides_caption(self, is_facebook: bool) -> bool:
        return bool(self.media_store.get_option("hide_caption")) and not is_facebook
