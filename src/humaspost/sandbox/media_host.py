"""The simulated public web server under ``/media/``: PUT stores a file, GET serves it."""

import mimetypes

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from humaspost.sandbox.state import SandboxState

#: The largest file that the host accepts, in bytes: Instagram's largest reel.
MAX_FILE_BYTES = 1024 * 1024 * 1024


class MediaHost:
    """Files in memory, served to every client that knows their name."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self.routes = [
            Route("/media/{name:path}", self._put, methods=["PUT"]),
            Route("/media/{name:path}", self._get, methods=["GET"]),
            Route("/media/{name:path}", self._delete, methods=["DELETE"]),
        ]

    async def _put(self, request: Request) -> Response:
        name = request.path_params["name"]
        if not name or name.endswith("/") or ".." in name.split("/"):
            return PlainTextResponse("a file needs a name\n", status_code=400)
        body = await request.body()
        if len(body) > MAX_FILE_BYTES:
            return PlainTextResponse("too large\n", status_code=413)
        existing = name in self._state.files
        kind = (
            request.headers.get("content-type") or mimetypes.guess_type(name)[0] or "application/octet-stream"
        )
        self._state.files[name] = (body, kind)
        return Response(status_code=204 if existing else 201, headers={"location": f"/media/{name}"})

    async def _get(self, request: Request) -> Response:
        entry = self._state.files.get(request.path_params["name"])
        if entry is None:
            return PlainTextResponse("there is no such file\n", status_code=404)
        body, kind = entry
        # A stored HTML file must not run scripts: the media host shares its origin with the sandbox page.
        guard = {
            "x-content-type-options": "nosniff",
            "content-security-policy": "sandbox; default-src 'none'",
        }
        return Response(body, headers={"content-type": kind, **guard})

    async def _delete(self, request: Request) -> Response:
        removed = self._state.files.pop(request.path_params["name"], None)
        return Response(status_code=404 if removed is None else 204)
