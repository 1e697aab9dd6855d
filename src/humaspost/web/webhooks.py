"""One address per account for webhooks, and one that says that we are here.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (read 2026-11-23):
anything but a 200 is sent again, for up to seven days, so 200 is answered only when the events are on disk.
"""

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from humaspost.app.office import Office
from humaspost.app.webhooks import Hook, heard, of_app
from humaspost.audience.phone import masked
from humaspost.delivery.events import Happened, trouble
from humaspost.ledger.webhooks.message_events import Change

#: Meta sends at most so much.
LARGEST = 3 * 1024 * 1024
#: A body that takes longer is nobody's webhook.
READING = 10.0
_REFUSED = 403


def application(office: Office, hooks: Mapping[str, Hook]) -> Starlette:
    """``/webhooks/ACCOUNT`` and ``/healthz``; every other path is 404."""
    pages = Pages(office, hooks)
    return Starlette(
        routes=[
            Route("/healthz", _healthy, methods=["GET"]),
            Route("/webhooks/{account}", pages.greet, methods=["GET"]),
            Route("/webhooks/{account}", pages.take, methods=["POST"]),
        ]
    )


async def _healthy(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


@dataclass(frozen=True)
class Pages:
    """The two things that a platform does at an account's address."""

    office: Office
    hooks: Mapping[str, Hook]

    async def greet(self, request: Request) -> Response:
        """The challenge comes back to whoever knows the verify token; the handshake is never signed."""
        hook = self.hooks.get(request.path_params["account"])
        asked = request.query_params
        token = hook.verify_token if hook else ""
        given = asked.get("hub.verify_token", "")
        same = hmac.compare_digest(given.encode(errors="replace"), token.encode())
        if not (same and token and asked.get("hub.mode") == "subscribe"):
            return Response(status_code=_REFUSED)
        return PlainTextResponse(asked.get("hub.challenge", ""))

    async def take(self, request: Request) -> Response:
        """200 = on disk; 401 = not signed by the platform; 503 = the ledger did not take it, come again."""
        body = await _body(request)
        if isinstance(body, Response):
            return body
        hook = self.hooks.get(request.path_params["account"])
        mine = of_app(self.hooks, hook) if hook else []
        told = [(one, pending) for one in mine if (pending := heard(self.office, one, request.headers, body))]
        if not told:
            return Response(status_code=401)
        for one, pending in told:
            try:
                changes = await asyncio.wrap_future(pending)
            except Exception as error:
                self._tell("problem", one, Change("problem", detail=trouble(error)))
                return Response(status_code=503)
            for change in changes:
                self._tell(change.kind, one, change)
        return Response(status_code=200)

    def _tell(self, kind: str, hook: Hook, change: Change) -> None:
        now, name = self.office.now(), hook.account.name
        detail = " → ".join(map(masked, change.numbers)) or change.detail
        self.office.tell(Happened(now, kind, change.post, name, detail=detail))


async def _body(request: Request) -> bytes | Response:
    """The body, or the answer to one that is too large, too slow or cut off; never more than LARGEST is kept."""
    try:
        async with asyncio.timeout(READING):
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST:
                    return Response(status_code=413)
            return bytes(body)
    except TimeoutError:
        return Response(status_code=408)
    except ClientDisconnect:
        return Response(status_code=400)
