"""Between the socket and the platforms: journals every request and lets the ordered faults happen."""

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
from humaspost.sandbox.faults import Fault, Faults

#: A hang is meant to outlast every deadline of a client.
LONG = 3600.0
#: SO_LINGER on, for no second: what is closed so is reset.
_NO_LINGER = struct.pack("ii", 1, 0)
_GARBAGE = b"\x1f\x8b\xff\xfe<<<not what you asked for\x00"


class Protocol(H11Protocol):
    """uvicorn's HTTP/1.1, with the connection itself in ``scope["state"]``: only so can it be cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered, held back so that a fault can do with it what it likes."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(slots=True)
class Exchange:
    """One request that is fully read, and the ways to treat it."""

    app: ASGIApp
    scope: Scope
    body: bytes
    receive: Receive
    send: Send
    entry: dict[str, Any]

    async def go_well(self) -> None:
        """The platform acted and its answer went out."""

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.entry["status"] = message["status"]
            await self.send(message)

        await self.app(self.scope, self._again(), noting)

    async def act(self) -> Answer:
        """The platform acted; nobody has been told."""
        start: Message = {}
        body = bytearray()

        async def holding(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(self.scope, self._again(), holding)
        return Answer(start["status"], list(start["headers"]), bytes(body))

    async def answer(self, answer: Answer) -> None:
        """The client has this answer."""
        self.entry["status"] = answer.status
        await self.send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await self.send({"type": "http.response.body", "body": answer.body})

    async def drop(self, *, reset: bool = False) -> None:
        """The connection is closed, or reset (RST), and not one byte of an answer was written."""
        transport = self.scope["state"]["transport"]
        if reset:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()
        await gone(self.receive, LONG)

    def _again(self) -> Receive:
        waiting = [self.body]

        async def receive() -> Message:
            if waiting:
                return {"type": "http.request", "body": waiting.pop(), "more_body": False}
            return await self.receive()

        return receive


class Wire:
    """The application that uvicorn runs: the platforms behind a wire on which things go wrong."""

    def __init__(self, app: ASGIApp, *, shared: state.World, faults: Faults) -> None:
        self._app, self._world, self._faults = app, shared, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request is journalled, meets its fault if one is ordered, and is over."""
        channel = request_log.channel_of(scope["path"]) if scope["type"] == "http" else None
        if channel is None:
            await self._app(scope, receive, send)
            return
        fault = self._faults.take(channel, scope["method"], scope["path"])
        entry = request_log.open_entry(self._world, scope)
        entry["fault"] = fault.fault if fault else None
        exchange = Exchange(self._app, scope, b"", receive, send, entry)
        if fault and fault.when == "headers":
            await exchange.drop(reset=fault.reset)
            return
        body = await _read(receive)
        if body is None:
            return
        exchange.body = body
        entry["body"] = request_log.body_of(scope["headers"], body)
        await (_HAPPENS[fault.fault](exchange, fault) if fault else exchange.go_well())


async def _read(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def gone(receive: Receive, seconds: float) -> bool:
    """True as soon as the client has closed the connection, False after the seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
            return True
    return False


async def _drop_before(exchange: Exchange, fault: Fault) -> None:
    await exchange.drop(reset=fault.reset)


async def _drop_after(exchange: Exchange, fault: Fault) -> None:
    await exchange.act()
    await exchange.drop(reset=fault.reset)


async def _hang_before(exchange: Exchange, fault: Fault) -> None:
    if not await gone(exchange.receive, _seconds(fault)):
        await exchange.go_well()


async def _hang_after(exchange: Exchange, fault: Fault) -> None:
    answer = await exchange.act()
    if not await gone(exchange.receive, _seconds(fault)):
        await exchange.answer(answer)


async def _status(exchange: Exchange, fault: Fault) -> None:
    await _instead(exchange, fault, Answer(fault.status or 500, [], b""), acted=False)


async def _redirect(exchange: Exchange, fault: Fault) -> None:
    query = exchange.scope["query_string"]
    here = exchange.scope["raw_path"] + (b"?" + query if query else b"")
    await _instead(exchange, fault, Answer(307, [(b"location", here)], b""), acted=False)


async def _garbage(exchange: Exchange, fault: Fault) -> None:
    await _instead(
        exchange, fault, Answer(200, [(b"content-type", b"application/json")], _GARBAGE), acted=True
    )


async def _empty(exchange: Exchange, fault: Fault) -> None:
    await _instead(exchange, fault, Answer(200, [(b"content-type", b"application/json")], b""), acted=True)


async def _slow(exchange: Exchange, fault: Fault) -> None:
    answer = await exchange.act()
    pause = _seconds(fault, 60.0) / max(1, len(answer.body))
    exchange.entry["status"] = answer.status
    await exchange.send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    for byte in answer.body:
        if await gone(exchange.receive, pause):
            return
        await exchange.send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b""})


async def _kill_before(exchange: Exchange, fault: Fault) -> None:
    _kill(fault)
    await exchange.drop()


async def _kill_after(exchange: Exchange, fault: Fault) -> None:
    await exchange.act()
    _kill(fault)
    await exchange.drop()


async def _never_ready(exchange: Exchange, _: Fault) -> None:
    state.never_ready.set(True)
    await exchange.go_well()


async def _lag(exchange: Exchange, fault: Fault) -> None:
    state.lag.set(fault.seconds or 0.0)
    await exchange.go_well()


async def _instead(exchange: Exchange, fault: Fault, answer: Answer, *, acted: bool) -> None:
    status = answer.status
    if acted if fault.acted is None else fault.acted:
        found = await exchange.act()
        # Garbage, or nothing, comes with the platform's own success: X answers 201.
        status = found.status if status == 200 and found.status == 201 else status
    kind, body = _rendered(fault.body)
    headers = dict(answer.headers) | ({b"content-type": kind} if kind else {})
    headers |= {k.lower().encode("latin-1"): v.encode("latin-1") for k, v in fault.headers.items()}
    body = answer.body if fault.body is None else body
    headers.setdefault(b"content-length", str(len(body)).encode())
    await exchange.answer(Answer(fault.status or status, list(headers.items()), body))


def _rendered(body: Any) -> tuple[bytes | None, bytes]:
    if body is None:
        return None, b""
    if isinstance(body, str):
        return b"text/html; charset=utf-8", body.encode()
    return b"application/json; charset=utf-8", json.dumps(body).encode()


def _seconds(fault: Fault, default: float = LONG) -> float:
    return default if fault.seconds is None else fault.seconds


def _kill(fault: Fault) -> None:
    assert fault.pid is not None, "the order was checked when it was given"
    with contextlib.suppress(ProcessLookupError):
        os.kill(fault.pid, signal.SIGKILL)


_HAPPENS: dict[str, Callable[[Exchange, Fault], Awaitable[None]]] = {
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
