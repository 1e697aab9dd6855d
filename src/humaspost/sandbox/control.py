"""The control endpoints under ``/_sandbox/``: what tests read, and the knobs they turn."""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from humaspost.sandbox.faults import Fault, Faults
from humaspost.sandbox.options import Switch
from humaspost.sandbox.state import PublicObject, World

_PHONE = re.compile(r"\+[1-9]\d{6,14}")


class Platform(Protocol):
    """What each pretend platform offers to the server."""

    routes: list[Route]
    accounts: dict[str, Any]

    def reset(self) -> None:
        """Nothing is remembered beyond the fixed demo account."""


@runtime_checkable
class Messenger(Protocol):
    """What a platform offers beside that on which people write to the account, and Meta judges templates."""

    def inbound(self, from_: str, text: str, payload: str | None = None) -> Any:
        """A person wrote, or pressed a button with this payload; gives the id of the message."""

    def prefer(self, from_: str, value: str) -> None:
        """A person chose ``stop`` or ``resume`` for the account's marketing."""

    def judge(self, name: str, status: str) -> bool:
        """The template has that status from now on; False = it cannot be."""


class BadOrder(ValueError):
    """What a test asked of the control endpoints makes no sense; the message says why."""


class Control:
    """Reads the world and changes its behaviour; knows the platforms only by their shared face."""

    def __init__(
        self,
        world: World,
        faults: Faults,
        *,
        platforms: Mapping[str, Platform],
        switches: Mapping[str, Switch],
    ) -> None:
        self._world, self._faults, self._platforms, self._switches = world, faults, platforms, switches
        handlers: list[tuple[str, str, Callable[[Any], Any]]] = [
            ("GET", "objects", self._objects),
            ("GET", "requests", self._requests),
            ("GET", "faults", self._standing),
            ("POST", "faults", self._order),
            ("DELETE", "faults", self._clear),
            ("GET", "settings", self._settings),
            ("POST", "settings", self._set),
            ("POST", "inbound", self._inbound),
            ("POST", "preference", self._prefer),
            ("POST", "template", self._judge),
            ("POST", "reset", self._reset),
        ]
        self.routes: list[BaseRoute] = [
            Route(f"/_sandbox/{name}", _endpoint(act), methods=[method]) for method, name, act in handlers
        ]

    def _objects(self, _: Any) -> Any:
        return {"objects": [_shown(o) for o in self._world.objects]}

    def _requests(self, _: Any) -> Any:
        return {"requests": list(self._world.requests)}

    def _standing(self, _: Any) -> Any:
        return {"faults": self._faults.standing()}

    def _order(self, body: Any) -> Any:
        orders = [_fault(one) for one in (body if isinstance(body, list) else [body])]
        for fault in orders:
            self._faults.order(fault)
        return self._standing(None)

    def _clear(self, _: Any) -> Any:
        self._faults.clear()
        return self._standing(None)

    def _settings(self, _: Any) -> Any:
        known = {name: switch.told for name, switch in self._switches.items()}
        return {"settings": dict(self._world.settings), "known": known}

    def _set(self, body: Any) -> Any:
        if not isinstance(body, dict):
            raise BadOrder("settings are an object: {name: value}")
        if unknown := sorted(body.keys() - self._switches.keys()):
            raise BadOrder(f"there is no setting {', '.join(unknown)}; GET /_sandbox/settings lists them")
        odd = [
            f"{name} takes {self._switches[name].kind}"
            for name in body
            if not self._switches[name].takes(body[name])
        ]
        if odd:
            raise BadOrder("; ".join(odd))
        self._world.settings.update(body)
        return self._settings(None)

    async def _inbound(self, body: Any) -> Any:
        text, payload, rest = _written(body)
        sender = _phone(rest)
        if sender is None:
            raise BadOrder(
                'a message is {"from": "+62…", "text": "…"}; of a pressed button '
                '{"from": "+62…", "button": {"text": "…", "payload": "…"}}'
            )
        answer = self._messenger().inbound(sender, text, payload)
        return {"id": await answer if inspect.isawaitable(answer) else answer}

    def _prefer(self, body: Any) -> Any:
        match body:
            case {"value": "stop" | "resume" as value, **rest}:
                if sender := _phone(rest):
                    self._messenger().prefer(sender, value)
                    return {"ok": True}
        raise BadOrder('a person chooses by {"from": "+62…", "value": "stop"} or "resume"')

    def _judge(self, body: Any) -> Any:
        match body:
            case {"name": str(name), "status": str(status), **rest} if not rest:
                if self._messenger().judge(name, status):
                    return {"ok": True}
                raise BadOrder(f"there is no template {name}, or no status {status}")
        raise BadOrder('Meta judges a template by {"name": "…", "status": "PAUSED"}')

    def _reset(self, _: Any) -> Any:
        self._faults.clear()
        self._world.forget()
        for platform in self._platforms.values():
            platform.reset()
        return {"ok": True}

    def _messenger(self) -> Messenger:
        for platform in self._platforms.values():
            if isinstance(platform, Messenger):
                return platform
        raise BadOrder("WhatsApp is not pretended here")


def _written(body: Any) -> tuple[str, str | None, Mapping[Any, Any]]:
    """What a person wrote, or the text and the payload of the button they pressed; and what else was ordered."""
    match body:
        case {"text": str(text), **rest}:
            return text, None, rest
        case {"button": {"text": str(text), "payload": str(payload), **more}, **rest} if not more:
            return text, payload, rest
    return "", None, {}


def _phone(rest: Mapping[Any, Any]) -> str | None:
    """The number in what is left of an order, where nothing else is."""
    match rest:
        case {"from": str(sender), **more} if not more and _PHONE.fullmatch(sender):
            return sender
    return None


def _endpoint(act: Callable[[Any], Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        if _from_elsewhere(request):
            return JSONResponse({"error": "asked by another web page"}, status_code=403)
        try:
            body = await request.body()
            answer = act(json.loads(body) if body else None)
            return JSONResponse(await answer if inspect.isawaitable(answer) else answer)
        except (ValueError, RecursionError) as error:
            told = str(error).encode(errors="replace").decode()
            return JSONResponse({"error": told}, status_code=400)

    return endpoint


def _from_elsewhere(request: Request) -> bool:
    """A page of the open web, in a browser on this computer, could otherwise order ``kill-client-before``."""
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.url.netloc}"
    return request.url.hostname not in {"127.0.0.1", "localhost"} or origin not in (None, own)


def _fault(order: Any) -> Fault:
    try:
        return Fault.model_validate(order)
    except ValidationError as error:
        reasons = [f"{'.'.join(map(str, e['loc'])) or 'fault'}: {e['msg']}" for e in error.errors()]
        raise BadOrder("; ".join(reasons)) from error


def _shown(o: PublicObject) -> dict[str, Any]:
    return {
        "channel": o.channel,
        "account": o.account,
        "id": o.id,
        "text": o.text,
        "media": [{"sha256": m.sha256, "alt": m.alt, "type": m.type} for m in o.media],
        "to": o.to,
        "reply_to": o.reply_to,
        "poll": o.poll,
        "template": o.template,
        "created_at": o.created_at.isoformat(),
        "deleted": o.deleted,
    }
