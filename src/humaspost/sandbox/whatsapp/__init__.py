"""A simulated WhatsApp Business Cloud API: strict, loopback only, in memory.

Contracts: Graph v23 to v26. Behaviour that Meta leaves open is an option (``OPTIONS``). Where
Meta's pages contradict each other or give no answer, the sandbox uses these codes: an unknown
key or wrong type is 100, a missing one 131008, a wrong value or media id 131009; parameters
that are not flat are 132018; the portfolio's daily limit is 131048.
"""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from humaspost.sandbox.graph import (
    GraphError,
    as_endpoint,
    bearer_token,
    parse_object,
    request_parameters,
    unknown_node,
    unknown_path,
    usage_headers,
)
from humaspost.sandbox.state import SandboxState
from humaspost.sandbox.whatsapp import (
    accounts,
    outbound,
    read_endpoints,
    template_store,
    uploads,
    webhook_payloads,
)
from humaspost.sandbox.whatsapp.business_state import BusinessState
from humaspost.sandbox.whatsapp.contacts import normalize_number
from humaspost.sandbox.whatsapp.errors import request_error
from humaspost.sandbox.whatsapp.options import OPTIONS
from humaspost.sandbox.whatsapp.request_schema import MarketingMessage, parse_message

__all__ = ["OPTIONS", "Platform"]

#: Templates that an account may create in an hour: contracts/whatsapp.md section 1.3.
_MAX_TEMPLATES_PER_HOUR = 100
#: Lifetime of the address that a media id gives.
_URL_LIFETIME = timedelta(minutes=5)


class Platform:
    """The routes of one business account with one number."""

    accounts: dict[str, str] = accounts.ACCOUNTS

    def __init__(self, state: SandboxState) -> None:
        """Create the routes; ``state`` and ``business`` contain all data."""
        self.state = state
        self.business = BusinessState(state)
        self.routes = self._routes()

    def reset(self) -> None:
        """Remove all messages, files, blocks, windows and pending webhooks."""
        self.business.reset()

    def receive_message(self, from_: str, text: str, payload: str | None = None) -> str:
        """Record a message from ``from_`` (+E.164) and return its id.

        With ``payload``, it is a pressed button with the words ``text``.
        """
        return self.business.receive_message(
            webhook_payloads.InboundMessage(normalize_number(from_), text, payload)
        )

    def set_preference(self, from_: str, value: str) -> None:
        """Record ``stop`` or ``resume`` for marketing messages and notify the callback."""
        stopped_numbers = {*self.business.get_option("marketing_stopped")}
        stopped_numbers = stopped_numbers | {from_} if value == "stop" else stopped_numbers - {from_}
        self.state.settings["whatsapp.marketing_stopped"] = sorted(stopped_numbers)
        bsuid = self.business.get_option("bsuid")
        self.business.send_webhook(
            webhook_payloads.preference_change(from_, value, at=self.state.now(), bsuid=bsuid)
        )

    def set_template_status(self, name: str, status: str) -> bool:
        """Set this status for every language of a template and notify the callback.

        Return False for an unknown status or template.
        """
        if status not in template_store.STATUSES:
            return False
        changed = template_store.set_status(self.business.templates, name, status=status)
        self.business.send_template_webhooks(changed)
        return bool(changed)

    def _routes(self) -> list[Route]:
        base = "/whatsapp/{version}"
        table = {
            ("POST", f"{base}/{{node}}/messages"): self._send_message,
            ("POST", f"{base}/{{node}}/marketing_messages"): self._send_marketing_message,
            ("POST", f"{base}/{{node}}/media"): self._upload,
            ("GET", f"{base}/{{node}}/message_history"): self._get_message_history,
            ("GET", f"{base}/{{node}}/block_users"): self._list_blocked,
            ("POST", f"{base}/{{node}}/block_users"): self._block,
            ("DELETE", f"{base}/{{node}}/block_users"): self._unblock,
            ("GET", f"{base}/{{node}}/message_templates"): self._list_templates,
            ("POST", f"{base}/{{node}}/message_templates"): self._create_template,
            ("DELETE", f"{base}/{{node}}/message_templates"): self._delete_template,
            ("GET", f"{base}/{{node}}/phone_numbers"): self._list_phone_numbers,
            ("GET", f"{base}/{{node}}/subscribed_apps"): self._list_subscribed_apps,
            ("POST", f"{base}/{{node}}/subscribed_apps"): self._subscribe,
            ("DELETE", f"{base}/{{node}}/subscribed_apps"): self._unsubscribe,
            ("GET", f"{base}/debug_token"): self._debug_token,
            ("GET", "/whatsapp/lookaside/{media_id}"): self._download,
            ("GET", f"{base}/{{node}}"): self._get_node,
            ("DELETE", f"{base}/{{node}}"): self._delete_media,
        }
        authenticated = [
            Route(path, as_endpoint(handler, self._headers), methods=[method])
            for (method, path), handler in table.items()
        ]
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [
            *authenticated,
            Route("/whatsapp/{rest:path}", as_endpoint(unknown_path, self._headers), methods=every),
        ]

    def _headers(self) -> Mapping[str, str]:
        return usage_headers(
            [accounts.BUSINESS_ACCOUNT_ID], "whatsapp", int(self.business.get_option("usage"))
        )

    def _authenticate(self, request: Request, owner: str | None = None) -> None:
        """Check the token, the remaining quota and the node."""
        token = bearer_token(request) or ""
        if not hmac.compare_digest(token.encode(), accounts.ACCESS_TOKEN.encode()):
            error_text = "Invalid OAuth access token - Cannot parse access token"
            raise GraphError(190, error_text, status=401)
        if int(self.business.get_option("usage")) >= 100:
            raise request_error(80007, "Business request limit reached for the WhatsApp Business Account.")
        if owner and request.path_params["node"] != owner:
            raise unknown_node(request.path_params["node"], request.method)

    async def _send_message(self, request: Request) -> Any:
        self._authenticate(request, accounts.PHONE_NUMBER_ID)
        raw = await request.body()
        if b'"status"' in raw and "status" in (body := parse_object(raw)):
            return self._mark_read(body)
        return await outbound.send_message(self.business, parse_message(raw))

    def _mark_read(self, body: Mapping[str, Any]) -> dict[str, bool]:
        if unknown := set(body) - {"messaging_product", "status", "message_id", "typing_indicator"}:
            raise request_error(100, f'Unexpected key "{min(unknown)}".')
        if body.get("status") != "read" or str(body.get("message_id")) not in self.business.inbox:
            raise request_error(131009, "Only a message that was received can be marked as read.")
        return {"success": True}

    async def _send_marketing_message(self, request: Request) -> Any:
        self._authenticate(request, accounts.PHONE_NUMBER_ID)
        message = parse_message(await request.body(), MarketingMessage)
        template_name = message.template.name if message.template else ""
        categories = {
            template.category for template in self.business.templates if template.name == template_name
        }
        if message.type != "template" or categories - {"MARKETING"}:
            raise request_error(134100, "Only marketing templates can be sent here.")
        return await outbound.send_message(self.business, message)

    async def _upload(self, request: Request) -> Any:
        self._authenticate(request, accounts.PHONE_NUMBER_ID)
        data, mime, name = await uploads.read_upload(request)
        owner, now = accounts.PHONE_NUMBER_ID, self.state.now()
        file = uploads.store_file(data, mime, phone_number_id=owner, name=name, now=now)
        return {"id": self.business.file_store.add(file).id}

    async def _get_node(self, request: Request) -> Any:
        self._authenticate(request)
        node, fields = request.path_params["node"], request.query_params.get("fields")
        if node == accounts.PHONE_NUMBER_ID:
            return read_endpoints.phone_number_node(self.business, fields)
        if node == accounts.BUSINESS_ACCOUNT_ID:
            return read_endpoints.business_account_node(fields)
        template = next((t for t in self.business.templates if t.id == node), None)
        return template_store.template_node(template, fields) if template else self._get_media(request)

    def _get_file(self, request: Request) -> uploads.StoredFile:
        node = request.path_params["node"]
        file = self.business.get_file(node)
        owner = request.query_params.get("phone_number_id", accounts.PHONE_NUMBER_ID)
        if file is None or file.phone_number_id != owner:
            raise unknown_node(node, request.method)
        return file

    def _get_media(self, request: Request) -> dict[str, Any]:
        file = self._get_file(request)
        base = self.state.base_url or str(request.base_url).rstrip("/")
        expires_at = int((self.state.now() + _URL_LIFETIME).timestamp())
        return {
            "messaging_product": "whatsapp",
            "url": f"{base}/whatsapp/lookaside/{file.id}?ext={expires_at}",
            "mime_type": file.mime,
            "sha256": file.sha256,
            "file_size": str(len(file.data)),
            "id": file.id,
        }

    async def _download(self, request: Request) -> Any:
        self._authenticate(request)
        file = self.business.get_file(request.path_params["media_id"])
        expires_at = request.query_params.get("ext", "")
        stale = not expires_at.isdecimal() or self.state.now().timestamp() >= int(expires_at)
        return (
            Response(status_code=404) if stale or file is None else Response(file.data, media_type=file.mime)
        )

    async def _delete_media(self, request: Request) -> Any:
        self._authenticate(request)
        del self.business.file_store.files[self._get_file(request).id]
        return {"success": True}

    async def _get_message_history(self, request: Request) -> Any:
        self._authenticate(request, accounts.PHONE_NUMBER_ID)
        return read_endpoints.message_history_events(self.business, request.query_params.get("message_id"))

    async def _list_blocked(self, request: Request) -> Any:
        self._authenticate(request, accounts.PHONE_NUMBER_ID)
        return read_endpoints.list_blocked(self.business)

    async def _block(self, request: Request) -> Any:
        self._authenticate(request, accounts.PHONE_NUMBER_ID)
        return read_endpoints.set_blocked(self.business, parse_object(await request.body()), blocking=True)

    async def _unblock(self, request: Request) -> Any:
        self._authenticate(request, accounts.PHONE_NUMBER_ID)
        return read_endpoints.set_blocked(self.business, parse_object(await request.body()), blocking=False)

    async def _list_templates(self, request: Request) -> Any:
        self._authenticate(request, accounts.BUSINESS_ACCOUNT_ID)
        url = str(request.url.replace(query=""))
        return template_store.list_templates(self.business.templates, request.query_params, url=url)

    async def _create_template(self, request: Request) -> Any:
        self._authenticate(request, accounts.BUSINESS_ACCOUNT_ID)
        status = "APPROVED" if self.business.get_option("auto_approve") else "PENDING"
        template_request = await request_parameters(request)
        if not self.business.template_creations.try_take(self.state.now(), limit=_MAX_TEMPLATES_PER_HOUR):
            raise request_error(80007, "At most 100 templates can be created in an hour.")
        template = template_store.create_template(self.business.templates, template_request, status=status)
        if template.status != "PENDING":
            self.business.send_template_webhooks([template])
        return {"id": template.id, "status": template.status, "category": template.category}

    async def _delete_template(self, request: Request) -> Any:
        self._authenticate(request, accounts.BUSINESS_ACCOUNT_ID)
        self.business.send_template_webhooks(
            template_store.delete_template(self.business.templates, request.query_params.get("name"))
        )
        return {"success": True}

    async def _list_phone_numbers(self, request: Request) -> Any:
        self._authenticate(request, accounts.BUSINESS_ACCOUNT_ID)
        return {"data": [read_endpoints.phone_number_node(self.business, request.query_params.get("fields"))]}

    async def _list_subscribed_apps(self, request: Request) -> Any:
        self._authenticate(request, accounts.BUSINESS_ACCOUNT_ID)
        return read_endpoints.subscribed_apps_node(self.business)

    async def _subscribe(self, request: Request) -> Any:
        self._authenticate(request, accounts.BUSINESS_ACCOUNT_ID)
        values = await request_parameters(request)
        if callback := values.get("override_callback_uri"):
            self.state.settings["whatsapp.callback_url"] = str(callback)
            self.state.settings["whatsapp.verify_token"] = str(values.get("verify_token", ""))
        self.business.subscribed = True
        return {"success": True}

    async def _unsubscribe(self, request: Request) -> Any:
        self._authenticate(request, accounts.BUSINESS_ACCOUNT_ID)
        self.business.subscribed = False
        return {"success": True}

    async def _debug_token(self, request: Request) -> Any:
        self._authenticate(request)
        return read_endpoints.debug_token_node(request.query_params.get("input_token", ""))
