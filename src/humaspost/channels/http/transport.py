"""Connections that know whether a byte of the request left, and that end at a deadline.

``requests``' exceptions cannot tell: a TLS failure in the handshake and one after the body was read
raise the same SSLError. And its timeouts are per read: a slow answer outlives them. So the sockets
themselves keep both, for the one exchange that is under way in this thread.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

#: Seconds for one address to answer the knock; api hosts have several addresses.
CONNECT_SECONDS = 8.0


class HttpExchange:
    """One request and its answer: until when it may take, and how far it came.

    A transport that is not ours is never taken for proof: until one of our own connections has the
    request, it counts as sent.
    """

    __slots__ = ("_byte_sent", "_connected", "_ends_at", "_now", "_response_head", "is_connecting")

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._now = now
        self._ends_at = now() + seconds
        self._response_head = bytearray()
        self._connected = self._byte_sent = False
        self.is_connecting = False

    @property
    def is_possibly_sent(self) -> bool:
        """Whether a byte of the request may have reached the platform; once true it stays true."""
        return self._byte_sent or not self._connected

    def remaining_seconds(self) -> float:
        """Seconds left; raises TimeoutError when there are none."""
        seconds = self._ends_at - self._now()
        if seconds <= 0:
            raise TimeoutError("the time for the whole exchange is over")
        return seconds

    def mark_connected(self) -> None:
        """One of our own connections has the request; nothing of it has left yet."""
        self._connected = True

    def mark_sent(self) -> None:
        """A byte went out; what a proxy is asked while the connection opens is not the request."""
        if not self.is_connecting:
            self._byte_sent = True

    def receive(self, data: bytes) -> None:
        """The beginning of the answer is kept, until its head is whole."""
        if not self.is_connecting and not (self._response_head and self.is_head_complete):
            self._response_head += data

    @property
    def is_head_complete(self) -> bool:
        """Whether the empty line after the headers came; http.client takes an end in mid-head for it.

        Where our sockets heard nothing (TLS within TLS) there is nothing to judge by.
        """
        return not self._response_head or b"\r\n\r\n" in self._response_head or b"\n\n" in self._response_head


_current: ContextVar[HttpExchange | None] = ContextVar("exchange", default=None)


@contextmanager
def use_exchange(exchange: HttpExchange) -> Iterator[None]:
    """Every socket that this thread uses meanwhile keeps to ``exchange``."""
    token = _current.set(exchange)
    try:
        yield
    finally:
        _current.reset(token)


class PlainSocket(socket.socket):
    """A socket that never outlives its exchange and marks the first byte the kernel took."""

    def send(self, data: Any, flags: int = 0) -> int:
        """At least one byte is with the kernel, and the exchange knows it."""
        exchange = _current.get()
        if exchange is None:
            return super().send(data, flags)
        self.settimeout(exchange.remaining_seconds())
        count = super().send(data, flags)
        if count:
            exchange.mark_sent()
        return count

    def sendall(self, data: Any, flags: int = 0) -> None:
        """All bytes are with the kernel; if the very first call fails, none is."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest, flags) :]

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Bytes are read, within what is left of the exchange."""
        _limit_timeout(self)
        return _record_received(buffer, super().recv_into(buffer, nbytes, flags))


class TlsSocket(ssl.SSLSocket):
    """The same over TLS, where a failed write proves nothing: ``TrackedConnection.send`` marks it beforehand."""

    def send(self, data: Any, flags: int = 0) -> int:
        """Bytes are encrypted and sent, within what is left of the exchange."""
        _limit_timeout(self)
        return super().send(data, flags)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Bytes are read, within what is left of the exchange."""
        _limit_timeout(self)
        return _record_received(buffer, super().recv_into(buffer, nbytes, flags))


def _record_received(buffer: Any, count: int) -> int:
    if (exchange := _current.get()) is not None:
        exchange.receive(bytes(memoryview(buffer)[:count]))
    return count


def _limit_timeout(sock: socket.socket) -> None:
    if (exchange := _current.get()) is not None:
        sock.settimeout(exchange.remaining_seconds())


class TrackedConnection(HTTPConnection):
    """A connection of urllib3 whose sockets keep to the exchange under way."""

    def _new_conn(self) -> socket.socket:
        """A connected socket; every address of the host is tried within what is left."""
        failure: OSError = OSError(f"{self.host} has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(
            self._dns_host, self.port, 0, socket.SOCK_STREAM
        ):
            sock = PlainSocket(family, kind, protocol)
            try:
                _connect(sock, address)
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure

    def connect(self) -> None:
        """Connected, through a proxy's tunnel and TLS where there are any; nothing of the request left."""
        exchange = _current.get()
        if exchange is None:
            super().connect()
            return
        exchange.mark_connected()
        exchange.is_connecting = True
        try:
            super().connect()
        finally:
            exchange.is_connecting = False

    def request(self, *args: Any, **kwargs: Any) -> None:
        """The request is written; on a reused connection this is where the exchange is taken."""
        if (exchange := _current.get()) is not None:
            exchange.mark_connected()
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        """Bytes are written; over anything but a plain socket they count as sent from here on."""
        if self.sock is None:
            self.connect()
        exchange = _current.get()
        if exchange is not None and not isinstance(self.sock, PlainSocket):
            exchange.mark_sent()
        super().send(data)


class TrackedTlsConnection(TrackedConnection, HTTPSConnection):
    """The same over TLS."""


def _connect(sock: PlainSocket, address: Any) -> None:
    exchange = _current.get()
    remaining = exchange.remaining_seconds() if exchange else CONNECT_SECONDS
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(min(remaining, CONNECT_SECONDS))
    sock.connect(address)
    sock.settimeout(remaining)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = TrackedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = TrackedTlsConnection


#: For a pool manager of urllib3: which pool serves which scheme.
POOLS = {"http": _PlainPool, "https": _TlsPool}


def tls_context() -> ssl.SSLContext:
    """A context of at least TLS 1.2 that verifies, and whose sockets keep to the exchange.

    It trusts nobody yet: ``requests`` loads its bundle, or the one it is told of, at each connection.
    """
    context = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
    context.sslsocket_class = cast("type[ssl.SSLSocket]", TlsSocket)
    return context
