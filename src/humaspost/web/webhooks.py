"""The webhook address of each account, and an address for health checks.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (read 2026-11-23):
after any answer except 200, the webhook is sent again for up to seven days. So 200 is answered only when the events
are on disk.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from humaspost.app.office import Office
from humaspost.app.webhooks import WebhookEndpoint, list_endpoints_of_app, receive_webhook
from humaspost.audience.phone import mask_phone
from humaspost.delivery.events import DeliveryEvent, describe_error
from humaspost.ledger.webhooks.webhook_change import WebhookChange
from humaspost.model.event_kind import EventKind

#: Largest body that Meta sends.
MAX_BODY_BYTES = 3 * 1024 * 1024
#: A slower body is not a webhook of a platform.
BODY_TIMEOUT_SECONDS = 10.0
_INVALID_TOKEN_CODE = 403


def build_application(office: Office, hooks: Mapping[str, WebhookEndpoint]) -> Starlette:
    """Return the application with ``/webhooks/ACCOUNT`` and ``/healthz``; other paths are 404."""
    pages = WebhookEndpoints(office, hooks)
    return Starlette(
        routes=[
            Route("/healthz", _health, methods=["GET"]),
            Route("/webhooks/{account}", pages.verify_handshake, methods=["GET"]),
            Route("/webhooks/{account}", pages.receive, methods=["POST"]),
        ]
    )


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


@dataclass(frozen=True)
class WebhookEndpoints:
    """The two requests of a platform to an account's address."""

    office: Office
    hooks: Mapping[str, WebhookEndpoint]

    async def verify_handshake(self, request: Request) -> Response:
        """Return the channel's answer to the platform that proves the address, or 403."""
        hook = self.hooks.get(request.path_params["account"])
        answer = hook.answer_handshake(request.query_params) if hook else None
        if answer is None:
            return Response(status_code=_INVALID_TOKEN_CODE)
        return PlainTextResponse(answer)

    async def receive(self, request: Request) -> Response:
        """Return 200 if the events are on disk, 401 if not signed, 503 if the ledger failed.

        The platform sends the webhook again after a 503.
        """
        body = await _read_body(request)
        if isinstance(body, Response):
            return body
        hook = self.hooks.get(request.path_params["account"])
        account_hook = list_endpoints_of_app(self.hooks, hook) if hook else []
        pending_by_hook = [
            (one, pending)
            for one in account_hook
            if (pending := receive_webhook(self.office, one, request.headers, body))
        ]
        if not pending_by_hook:
            return Response(status_code=401)
        for recipient_hook, pending in pending_by_hook:
            try:
                changes = await asyncio.wrap_future(pending)
            except Exception as error:
                self._emit(
                    EventKind.PROBLEM,
                    recipient_hook,
                    WebhookChange(EventKind.PROBLEM, detail=describe_error(error)),
                )
                return Response(status_code=503)
            for change in changes:
                self._emit(change.kind, recipient_hook, change)
        return Response(status_code=200)

    def _emit(self, kind: EventKind, hook: WebhookEndpoint, change: WebhookChange) -> None:
        now, name = self.office.now(), hook.account.name
        detail = " → ".join(map(mask_phone, change.phones)) or change.detail
        self.office.emit(DeliveryEvent(now, kind, change.post, name, detail=detail))


async def _read_body(request: Request) -> bytes | Response:
    """Return the body, or the answer to a body that is too large, too slow or incomplete.

    At most ``MAX_BODY_BYTES`` and one chunk are kept in memory.
    """
    try:
        async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    return Response(status_code=413)
            return bytes(body)
    except TimeoutError:
        return Response(status_code=408)
    except ClientDisconnect:
        return Response(status_code=400)
