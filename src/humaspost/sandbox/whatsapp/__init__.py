"""A pretend WhatsApp Business Cloud API: strict, loopback only, in memory (contracts: Graph v23 to v26).

What Meta leaves open is a switch (``SWITCHES``). Where its pages contradict each other or are silent, this is chosen:
an unknown key or wrong type is 100, a missing one 131008, a wrong value or media id 131009; parameters that are not
flat are 132018; the portfolio's daily limit is 131048.
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
    answering,
    bearer,
    json_object,
    no_such_node,
    parameters,
    unknown_path,
    usage_headers,
)
from humaspost.sandbox.state import World
from humaspost.sandbox.whatsapp import (
    accounts,
    outbound,
    read_endpoints,
    template_store,
    uploads,
    webhook_payloads,
)
from humaspost.sandbox.whatsapp.business_state import Business
from humaspost.sandbox.whatsapp.contacts import number
from humaspost.sandbox.whatsapp.errors import refused
from humaspost.sandbox.whatsapp.options import SWITCHES
from humaspost.sandbox.whatsapp.request_schema import MarketingMessage, read_message

__all__ = ["SWITCHES", "Platform"]

#: Templates that an account may create: contracts/whatsapp.md section 1.3.
_TEMPLATES_AN_HOUR = 100
#: How long the address that a media id gives can be fetched.
_URL_LIVES = timedelta(minutes=5)


class Platform:
    """The routes of one business account with one number."""

    accounts: dict[str, str] = accounts.ACCOUNTS

    def __init__(self, world: World) -> None:
        """Everything is kept in ``world`` and in ``business``."""
        self.world = world
        self.business = Business(world)
        self.routes = self._routes()

    def reset(self) -> None:
        """No message, file, block or window is left, and no webhook is under way."""
        self.business.reset()

    def inbound(self, from_: str, text: str, payload: str | None = None) -> str:
        """A person at ``from_`` (+E.164) wrote ``text``, or pressed the button of that text; gives the message's id."""
        return self.business.inbound(webhook_payloads.Words(number(from_), text, payload))

    def prefer(self, from_: str, value: str) -> None:
        """A person chose ``stop`` or ``resume`` for marketing; the callback hears of it."""
        stopped = {*self.business.option("marketing_stopped")}
        stopped = stopped | {from_} if value == "stop" else stopped - {from_}
        self.world.settings["whatsapp.marketing_stopped"] = sorted(stopped)
        bsuid = self.business.option("bsuid")
        self.business.tell(webhook_payloads.preference(from_, value, at=self.world.now(), bsuid=bsuid))

    def judge(self, name: str, status: str) -> bool:
        """Meta gives every language of a template this status, and the callback hears of it; False = it cannot be."""
        if status not in template_store.STATUSES:
            return False
        judged = template_store.judged(self.business.templates, name, status=status)
        self.business.announce(judged)
        return bool(judged)

    def _routes(self) -> list[Route]:
        base = "/whatsapp/{version}"
        table = {
            ("POST", f"{base}/{{node}}/messages"): self._messages,
            ("POST", f"{base}/{{node}}/marketing_messages"): self._marketing_messages,
            ("POST", f"{base}/{{node}}/media"): self._upload,
            ("GET", f"{base}/{{node}}/message_history"): self._message_history,
            ("GET", f"{base}/{{node}}/block_users"): self._blocked,
            ("POST", f"{base}/{{node}}/block_users"): self._block,
            ("DELETE", f"{base}/{{node}}/block_users"): self._unblock,
            ("GET", f"{base}/{{node}}/message_templates"): self._templates,
            ("POST", f"{base}/{{node}}/message_templates"): self._create_template,
            ("DELETE", f"{base}/{{node}}/message_templates"): self._delete_template,
            ("GET", f"{base}/{{node}}/phone_numbers"): self._phone_numbers,
            ("GET", f"{base}/{{node}}/subscribed_apps"): self._subscribed,
            ("POST", f"{base}/{{node}}/subscribed_apps"): self._subscribe,
            ("DELETE", f"{base}/{{node}}/subscribed_apps"): self._unsubscribe,
            ("GET", f"{base}/debug_token"): self._debug_token,
            ("GET", "/whatsapp/lookaside/{media_id}"): self._download,
            ("GET", f"{base}/{{node}}"): self._node,
            ("DELETE", f"{base}/{{node}}"): self._delete_media,
        }
        known = [
            Route(path, answering(handler, self._headers), methods=[method])
            for (method, path), handler in table.items()
        ]
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [*known, Route("/whatsapp/{rest:path}", answering(unknown_path, self._headers), methods=every)]

    def _headers(self) -> Mapping[str, str]:
        return usage_headers([accounts.BUSINESS_ACCOUNT_ID], "whatsapp", int(self.business.option("usage")))

    def _enter(self, request: Request, owner: str | None = None) -> None:
        """The caller holds the token, has allowance left, and asks the right node."""
        token = bearer(request) or ""
        if not hmac.compare_digest(token.encode(), accounts.ACCESS_TOKEN.encode()):
            said = "Invalid OAuth access token - Cannot parse access token"
            raise GraphError(190, said, status=401)
        if int(self.business.option("usage")) >= 100:
            raise refused(80007, "Business request limit reached for the WhatsApp Business Account.")
        if owner and request.path_params["node"] != owner:
            raise no_such_node(request.path_params["node"], request.method)

    async def _messages(self, request: Request) -> Any:
        self._enter(request, accounts.PHONE_NUMBER_ID)
        raw = await request.body()
        if b'"status"' in raw and "status" in (body := json_object(raw)):
            return self._mark_read(body)
        return await outbound.send(self.business, read_message(raw))

    def _mark_read(self, body: Mapping[str, Any]) -> dict[str, bool]:
        if unknown := set(body) - {"messaging_product", "status", "message_id", "typing_indicator"}:
            raise refused(100, f'Unexpected key "{min(unknown)}".')
        if body.get("status") != "read" or str(body.get("message_id")) not in self.business.inbox:
            raise refused(131009, "Only a message that was received can be marked as read.")
        return {"success": True}

    async def _marketing_messages(self, request: Request) -> Any:
        self._enter(request, accounts.PHONE_NUMBER_ID)
        message = read_message(await request.body(), MarketingMessage)
        named = message.template.name if message.template else ""
        categories = {template.category for template in self.business.templates if template.name == named}
        if message.type != "template" or categories - {"MARKETING"}:
            raise refused(134100, "Only marketing templates can be sent here.")
        return await outbound.send(self.business, message)

    async def _upload(self, request: Request) -> Any:
        self._enter(request, accounts.PHONE_NUMBER_ID)
        data, mime, name = await uploads.received(request)
        owner, now = accounts.PHONE_NUMBER_ID, self.world.now()
        file = uploads.stored(data, mime, phone_number_id=owner, name=name, now=now)
        return {"id": self.business.shelf.put(file).id}

    async def _node(self, request: Request) -> Any:
        self._enter(request)
        node, fields = request.path_params["node"], request.query_params.get("fields")
        if node == accounts.PHONE_NUMBER_ID:
            return read_endpoints.phone_number(self.business, fields)
        if node == accounts.BUSINESS_ACCOUNT_ID:
            return read_endpoints.business_account(fields)
        template = next((t for t in self.business.templates if t.id == node), None)
        return template_store.node(template, fields) if template else self._media(request)

    def _file(self, request: Request) -> uploads.Stored:
        node = request.path_params["node"]
        file = self.business.living(node)
        owner = request.query_params.get("phone_number_id", accounts.PHONE_NUMBER_ID)
        if file is None or file.phone_number_id != owner:
            raise no_such_node(node, request.method)
        return file

    def _media(self, request: Request) -> dict[str, Any]:
        file = self._file(request)
        base = self.world.base_url or str(request.base_url).rstrip("/")
        until = int((self.world.now() + _URL_LIVES).timestamp())
        return {
            "messaging_product": "whatsapp",
            "url": f"{base}/whatsapp/lookaside/{file.id}?ext={until}",
            "mime_type": file.mime,
            "sha256": file.sha256,
            "file_size": str(len(file.data)),
            "id": file.id,
        }

    async def _download(self, request: Request) -> Any:
        self._enter(request)
        file = self.business.living(request.path_params["media_id"])
        until = request.query_params.get("ext", "")
        stale = not until.isdecimal() or self.world.now().timestamp() >= int(until)
        return (
            Response(status_code=404) if stale or file is None else Response(file.data, media_type=file.mime)
        )

    async def _delete_media(self, request: Request) -> Any:
        self._enter(request)
        del self.business.shelf.files[self._file(request).id]
        return {"success": True}

    async def _message_history(self, request: Request) -> Any:
        self._enter(request, accounts.PHONE_NUMBER_ID)
        return read_endpoints.message_history(self.business, request.query_params.get("message_id"))

    async def _blocked(self, request: Request) -> Any:
        self._enter(request, accounts.PHONE_NUMBER_ID)
        return read_endpoints.blocked(self.business)

    async def _block(self, request: Request) -> Any:
        self._enter(request, accounts.PHONE_NUMBER_ID)
        return read_endpoints.block(self.business, json_object(await request.body()), blocking=True)

    async def _unblock(self, request: Request) -> Any:
        self._enter(request, accounts.PHONE_NUMBER_ID)
        return read_endpoints.block(self.business, json_object(await request.body()), blocking=False)

    async def _templates(self, request: Request) -> Any:
        self._enter(request, accounts.BUSINESS_ACCOUNT_ID)
        url = str(request.url.replace(query=""))
        return template_store.listing(self.business.templates, request.query_params, url=url)

    async def _create_template(self, request: Request) -> Any:
        self._enter(request, accounts.BUSINESS_ACCOUNT_ID)
        status = "APPROVED" if self.business.option("auto_approve") else "PENDING"
        wanted = await parameters(request)
        if not self.business.creations.take(self.world.now(), most=_TEMPLATES_AN_HOUR):
            raise refused(80007, "At most 100 templates can be created in an hour.")
        template = template_store.created(self.business.templates, wanted, status=status)
        if template.status != "PENDING":
            self.business.announce([template])
        return {"id": template.id, "status": template.status, "category": template.category}

    async def _delete_template(self, request: Request) -> Any:
        self._enter(request, accounts.BUSINESS_ACCOUNT_ID)
        self.business.announce(
            template_store.deleted(self.business.templates, request.query_params.get("name"))
        )
        return {"success": True}

    async def _phone_numbers(self, request: Request) -> Any:
        self._enter(request, accounts.BUSINESS_ACCOUNT_ID)
        return {"data": [read_endpoints.phone_number(self.business, request.query_params.get("fields"))]}

    async def _subscribed(self, request: Request) -> Any:
        self._enter(request, accounts.BUSINESS_ACCOUNT_ID)
        return read_endpoints.subscribed_apps(self.business)

    async def _subscribe(self, request: Request) -> Any:
        self._enter(request, accounts.BUSINESS_ACCOUNT_ID)
        wanted = await parameters(request)
        if callback := wanted.get("override_callback_uri"):
            self.world.settings["whatsapp.callback_url"] = str(callback)
            self.world.settings["whatsapp.verify_token"] = str(wanted.get("verify_token", ""))
        self.business.subscribed = True
        return {"success": True}

    async def _unsubscribe(self, request: Request) -> Any:
        self._enter(request, accounts.BUSINESS_ACCOUNT_ID)
        self.business.subscribed = False
        return {"success": True}

    async def _debug_token(self, request: Request) -> Any:
        self._enter(request)
        return read_endpoints.debug_token(request.query_params.get("input_token", ""))
