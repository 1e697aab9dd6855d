"""Control endpoints under ``/_sandbox/``: tests read the state and change the behaviour."""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from humaspost.sandbox.faults import Fault, FaultQueue
from humaspost.sandbox.options import Option
from humaspost.sandbox.state import PublicObject, SandboxState

_PHONE = re.compile(r"\+[1-9]\d{6,14}")


class Platform(Protocol):
    """The interface of a simulated platform towards the server."""

    routes: list[Route]
    accounts: dict[str, Any]

    def reset(self) -> None:
        """Forget everything except the fixed demo account."""


@runtime_checkable
class Messenger(Protocol):
    """The interface of a platform that also receives messages and reviews templates."""

    def receive_message(self, from_: str, text: str, payload: str | None = None) -> Any:
        """Record a message from ``from_`` and return its id; ``payload`` marks a pressed button."""

    def set_preference(self, from_: str, value: str) -> None:
        """Record that the recipient chose ``stop`` or ``resume`` for marketing messages."""

    def set_template_status(self, name: str, status: str) -> bool:
        """Give the template this status; return False if that is not possible."""


class InvalidCommand(ValueError):
    """A control request that the sandbox cannot carry out; the message gives the reason."""


class ControlEndpoints:
    """The control routes: they know the platforms only through ``Platform`` and ``Messenger``."""

    def __init__(
        self,
        state: SandboxState,
        faults: FaultQueue,
        *,
        platforms: Mapping[str, Platform],
        options: Mapping[str, Option],
    ) -> None:
        self._state, self._faults, self._platforms, self._options = state, faults, platforms, options
        handlers: list[tuple[str, str, Callable[[Any], Any]]] = [
            ("GET", "objects", self._objects),
            ("GET", "requests", self._requests),
            ("GET", "faults", self._active_faults),
            ("POST", "faults", self._add_faults),
            ("DELETE", "faults", self._clear_faults),
            ("GET", "settings", self._list_settings),
            ("POST", "settings", self._change_settings),
            ("POST", "inbound", self._receive_message),
            ("POST", "preference", self._set_preference),
            ("POST", "template", self._set_template_status),
            ("POST", "reset", self._reset),
        ]
        self.routes: list[BaseRoute] = [
            Route(f"/_sandbox/{name}", _as_endpoint(act), methods=[method]) for method, name, act in handlers
        ]

    def _objects(self, _: Any) -> Any:
        return {"objects": [_object_to_json(o) for o in self._state.objects]}

    def _requests(self, _: Any) -> Any:
        return {"requests": list(self._state.requests)}

    def _active_faults(self, _: Any) -> Any:
        return {"faults": self._faults.active_faults()}

    def _add_faults(self, body: Any) -> Any:
        orders = [_parse_fault(item) for item in (body if isinstance(body, list) else [body])]
        for fault in orders:
            self._faults.add(fault)
        return self._active_faults(None)

    def _clear_faults(self, _: Any) -> Any:
        self._faults.clear()
        return self._active_faults(None)

    def _list_settings(self, _: Any) -> Any:
        descriptions = {name: option.help_text for name, option in self._options.items()}
        return {"settings": dict(self._state.settings), "known": descriptions}

    def _change_settings(self, body: Any) -> Any:
        if not isinstance(body, dict):
            raise InvalidCommand("settings are an object: {name: value}")
        if unknown := sorted(body.keys() - self._options.keys()):
            raise InvalidCommand(
                f"there is no setting {', '.join(unknown)}; GET /_sandbox/settings lists them"
            )
        invalid = [
            f"{name} takes {self._options[name].type_text}"
            for name in body
            if not self._options[name].accepts(body[name])
        ]
        if invalid:
            raise InvalidCommand("; ".join(invalid))
        self._state.settings.update(body)
        return self._list_settings(None)

    async def _receive_message(self, body: Any) -> Any:
        text, payload, rest = _parse_message(body)
        sender = _parse_phone(rest)
        if sender is None:
            raise InvalidCommand(
                'a message is {"from": "+62…", "text": "…"}; of a pressed button '
                '{"from": "+62…", "button": {"text": "…", "payload": "…"}}'
            )
        answer = self._messenger().receive_message(sender, text, payload)
        return {"id": await answer if inspect.isawaitable(answer) else answer}

    def _set_preference(self, body: Any) -> Any:
        match body:
            case {"value": "stop" | "resume" as value, **rest}:
                if sender := _parse_phone(rest):
                    self._messenger().set_preference(sender, value)
                    return {"ok": True}
        raise InvalidCommand('a person chooses by {"from": "+62…", "value": "stop"} or "resume"')

    def _set_template_status(self, body: Any) -> Any:
        match body:
            case {"name": str(name), "status": str(status), **rest} if not rest:
                if self._messenger().set_template_status(name, status):
                    return {"ok": True}
                raise InvalidCommand(f"there is no template {name}, or no status {status}")
        raise InvalidCommand('Meta judges a template by {"name": "…", "status": "PAUSED"}')

    def _reset(self, _: Any) -> Any:
        self._faults.clear()
        self._state.reset()
        for platform in self._platforms.values():
            platform.reset()
        return {"ok": True}

    def _messenger(self) -> Messenger:
        for platform in self._platforms.values():
            if isinstance(platform, Messenger):
                return platform
        raise InvalidCommand("WhatsApp is not pretended here")


def _parse_message(body: Any) -> tuple[str, str | None, Mapping[Any, Any]]:
    """Return the text, the payload of a pressed button or None, and the remaining fields."""
    match body:
        case {"text": str(text), **rest}:
            return text, None, rest
        case {"button": {"text": str(text), "payload": str(payload), **more}, **rest} if not more:
            return text, payload, rest
    return "", None, {}


def _parse_phone(rest: Mapping[Any, Any]) -> str | None:
    """Return the ``from`` number if no other field remains, else None."""
    match rest:
        case {"from": str(sender), **more} if not more and _PHONE.fullmatch(sender):
            return sender
    return None


def _as_endpoint(action: Callable[[Any], Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        if _is_cross_origin(request):
            return JSONResponse({"error": "asked by another web page"}, status_code=403)
        try:
            body = await request.body()
            answer = action(json.loads(body) if body else None)
            return JSONResponse(await answer if inspect.isawaitable(answer) else answer)
        except (ValueError, RecursionError) as error:
            reason = str(error).encode(errors="replace").decode()
            return JSONResponse({"error": reason}, status_code=400)

    return endpoint


def _is_cross_origin(request: Request) -> bool:
    """Return True if a page of another origin sent the request."""
    # A web page in a browser on this computer could otherwise order ``kill-client-before``.
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.url.netloc}"
    return request.url.hostname not in {"127.0.0.1", "localhost"} or origin not in (None, own)


def _parse_fault(command: Any) -> Fault:
    try:
        return Fault.model_validate(command)
    except ValidationError as error:
        reasons = [f"{'.'.join(map(str, e['loc'])) or 'fault'}: {e['msg']}" for e in error.errors()]
        raise InvalidCommand("; ".join(reasons)) from error


def _object_to_json(o: PublicObject) -> dict[str, Any]:
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
