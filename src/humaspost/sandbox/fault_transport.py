"""The layer between uvicorn and the platforms: it logs requests and injects faults."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from humaspost.sandbox import request_log, state
from humaspost.sandbox.faults import Fault, FaultQueue

#: A hang lasts longer than every deadline of a client.
HANG_SECONDS = 3600.0
#: SO_LINGER with 0 seconds: closing the socket sends a reset (RST).
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_GARBAGE = b"\x1f\x8b\xff\xfe<<<not what you asked for\x00"


class FaultProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol with the connection in ``scope["state"]``."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


@dataclass(frozen=True, slots=True)
class PlatformResponse:
    """A complete platform response, not yet sent to the client."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(slots=True)
class FaultableRequest:
    """A fully read request and the ways to treat it."""

    app: ASGIApp
    scope: Scope
    body: bytes
    receive: Receive
    send: Send
    entry: dict[str, Any]

    async def process(self) -> None:
        """Run the platform and send its response to the client."""

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.entry["status"] = message["status"]
            await self.send(message)

        await self.app(self.scope, self._replay_body(), noting)

    async def run_platform(self) -> PlatformResponse:
        """Run the platform and return its response without sending it."""
        start: Message = {}
        body = bytearray()

        async def holding(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(self.scope, self._replay_body(), holding)
        return PlatformResponse(start["status"], list(start["headers"]), bytes(body))

    async def send_response(self, response: PlatformResponse) -> None:
        """Send the response to the client."""
        self.entry["status"] = response.status
        await self.send(
            {"type": "http.response.start", "status": response.status, "headers": response.headers}
        )
        await self.send({"type": "http.response.body", "body": response.body})

    async def drop_connection(self, *, reset: bool = False) -> None:
        """Close the connection, or reset it (RST), before any byte of a response is written."""
        transport = self.scope["state"]["transport"]
        if reset:
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE
            )
        transport.abort()
        await is_disconnected(self.receive, HANG_SECONDS)

    def _replay_body(self) -> Receive:
        bodies = [self.body]

        async def receive() -> Message:
            if bodies:
                return {"type": "http.request", "body": bodies.pop(), "more_body": False}
            return await self.receive()

        return receive


class FaultTransport:
    """The ASGI application that uvicorn runs: the platforms with fault injection in front."""

    def __init__(self, app: ASGIApp, *, sandbox_state: state.SandboxState, faults: FaultQueue) -> None:
        self._app, self._state, self._faults = app, sandbox_state, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log one request, apply its fault if there is one, and answer it."""
        channel = request_log.channel_of(scope["path"]) if scope["type"] == "http" else None
        if channel is None:
            await self._app(scope, receive, send)
            return
        fault = self._faults.take_match(channel, scope["method"], scope["path"])
        entry = request_log.add_entry(self._state, scope)
        entry["fault"] = fault.fault if fault else None
        exchange = FaultableRequest(self._app, scope, b"", receive, send, entry)
        if fault and fault.when == "headers":
            await exchange.drop_connection(reset=fault.reset)
            return
        body = await _read(receive)
        if body is None:
            return
        exchange.body = body
        entry["body"] = request_log.describe_body(scope["headers"], body)
        await (_HANDLERS[fault.fault](exchange, fault) if fault else exchange.process())


async def _read(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def is_disconnected(receive: Receive, seconds: float) -> bool:
    """Return True as soon as the client disconnects, or False after ``seconds``."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
            return True
    return False


async def _drop_before(exchange: FaultableRequest, fault: Fault) -> None:
    await exchange.drop_connection(reset=fault.reset)


async def _drop_after(exchange: FaultableRequest, fault: Fault) -> None:
    await exchange.run_platform()
    await exchange.drop_connection(reset=fault.reset)


async def _hang_before(exchange: FaultableRequest, fault: Fault) -> None:
    if not await is_disconnected(exchange.receive, _seconds(fault)):
        await exchange.process()


async def _hang_after(exchange: FaultableRequest, fault: Fault) -> None:
    response = await exchange.run_platform()
    if not await is_disconnected(exchange.receive, _seconds(fault)):
        await exchange.send_response(response)


async def _status(exchange: FaultableRequest, fault: Fault) -> None:
    await _send_replacement(exchange, fault, PlatformResponse(fault.status or 500, [], b""), has_acted=False)


async def _redirect(exchange: FaultableRequest, fault: Fault) -> None:
    query = exchange.scope["query_string"]
    location = exchange.scope["raw_path"] + (b"?" + query if query else b"")
    await _send_replacement(
        exchange, fault, PlatformResponse(307, [(b"location", location)], b""), has_acted=False
    )


async def _garbage(exchange: FaultableRequest, fault: Fault) -> None:
    await _send_replacement(
        exchange,
        fault,
        PlatformResponse(200, [(b"content-type", b"application/json")], _GARBAGE),
        has_acted=True,
    )


async def _empty(exchange: FaultableRequest, fault: Fault) -> None:
    await _send_replacement(
        exchange, fault, PlatformResponse(200, [(b"content-type", b"application/json")], b""), has_acted=True
    )


async def _slow(exchange: FaultableRequest, fault: Fault) -> None:
    response = await exchange.run_platform()
    pause = _seconds(fault, 60.0) / max(1, len(response.body))
    exchange.entry["status"] = response.status
    await exchange.send(
        {"type": "http.response.start", "status": response.status, "headers": response.headers}
    )
    for byte in response.body:
        if await is_disconnected(exchange.receive, pause):
            return
        await exchange.send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b""})


async def _kill_before(exchange: FaultableRequest, fault: Fault) -> None:
    _kill_client(fault)
    await exchange.drop_connection()


async def _kill_after(exchange: FaultableRequest, fault: Fault) -> None:
    await exchange.run_platform()
    _kill_client(fault)
    await exchange.drop_connection()


async def _never_ready(exchange: FaultableRequest, _: Fault) -> None:
    state.never_ready.set(True)
    await exchange.process()


async def _lag(exchange: FaultableRequest, fault: Fault) -> None:
    state.lag.set(fault.seconds or 0.0)
    await exchange.process()


async def _send_replacement(
    exchange: FaultableRequest, fault: Fault, response: PlatformResponse, *, has_acted: bool
) -> None:
    status = response.status
    if has_acted if fault.acted is None else fault.acted:
        platform_response = await exchange.run_platform()
        # Garbage and empty bodies keep the platform's own success status: X answers 201.
        status = platform_response.status if status == 200 and platform_response.status == 201 else status
    kind, body = _render_body(fault.body)
    headers = dict(response.headers) | ({b"content-type": kind} if kind else {})
    headers |= {k.lower().encode("latin-1"): v.encode("latin-1") for k, v in fault.headers.items()}
    body = response.body if fault.body is None else body
    headers.setdefault(b"content-length", str(len(body)).encode())
    await exchange.send_response(PlatformResponse(fault.status or status, list(headers.items()), body))


def _render_body(body: Any) -> tuple[bytes | None, bytes]:
    if body is None:
        return None, b""
    if isinstance(body, str):
        return b"text/html; charset=utf-8", body.encode()
    return b"application/json; charset=utf-8", json.dumps(body).encode()


def _seconds(fault: Fault, default: float = HANG_SECONDS) -> float:
    return default if fault.seconds is None else fault.seconds


def _kill_client(fault: Fault) -> None:
    assert fault.pid is not None, "the order was checked when it was given"
    with contextlib.suppress(ProcessLookupError):
        os.kill(fault.pid, signal.SIGKILL)


_HANDLERS: dict[str, Callable[[FaultableRequest, Fault], Awaitable[None]]] = {
    "drop-before": _drop_before,
    "drop-after": _drop_after,
    "hang-before": _hang_before,
    "hang-after": _hang_after,
    "status": _status,
    "redirect": _redirect,
    "garbage": _garbage,
    "empty-2xx": _empty,
    "slow": _slow,
    "kill-client-before": _kill_before,
    "kill-client-after": _kill_after,
    "media-never-ready": _never_ready,
    "lag": _lag,
}
