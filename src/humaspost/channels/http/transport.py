"""Connections that record if a byte of the request was sent, and that end at a deadline.

The exceptions of ``requests`` cannot prove it: a TLS failure in the handshake and one after the body was
read raise the same SSLError. Its timeouts are per read, so a slow response takes longer than them. So the
sockets themselves record the first byte and enforce the deadline, for the one exchange of this thread.
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

#: Seconds for one address to accept the connection; api hosts have several addresses.
CONNECT_SECONDS = 8.0


class HttpExchange:
    """One request with its response: its deadline and its progress.

    A foreign transport is never proof: until one of our own connections has the request, the request counts
    as sent.
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
        """Return True if a byte may have reached the platform; True never becomes False again."""
        return self._byte_sent or not self._connected

    def remaining_seconds(self) -> float:
        """Return the remaining seconds; raises TimeoutError if there are none."""
        seconds = self._ends_at - self._now()
        if seconds <= 0:
            raise TimeoutError("the time for the whole exchange is over")
        return seconds

    def mark_connected(self) -> None:
        """Record that one of our own connections has the request and has sent nothing of it."""
        self._connected = True

    def mark_sent(self) -> None:
        """Record that a byte was sent.

        A request to a proxy while the connection opens does not count.
        """
        if not self.is_connecting:
            self._byte_sent = True

    def receive(self, data: bytes) -> None:
        """Keep the start of the response until its head is complete."""
        if not self.is_connecting and not (self._response_head and self.is_head_complete):
            self._response_head += data

    @property
    def is_head_complete(self) -> bool:
        """Return True if the empty line after the headers came, or if our sockets received nothing.

        http.client accepts an end of data in the middle of the head as the end of the head. With TLS within TLS our
        sockets receive nothing.
        """
        return not self._response_head or b"\r\n\r\n" in self._response_head or b"\n\n" in self._response_head


_current: ContextVar[HttpExchange | None] = ContextVar("exchange", default=None)


@contextmanager
def use_exchange(exchange: HttpExchange) -> Iterator[None]:
    """Use ``exchange`` for every socket of this thread in the block."""
    token = _current.set(exchange)
    try:
        yield
    finally:
        _current.reset(token)


class PlainSocket(socket.socket):
    """A socket with the deadline of its exchange; marks the first byte that the kernel accepts."""

    def send(self, data: Any, flags: int = 0) -> int:
        """Send at least one byte to the kernel and mark it in the exchange."""
        exchange = _current.get()
        if exchange is None:
            return super().send(data, flags)
        self.settimeout(exchange.remaining_seconds())
        count = super().send(data, flags)
        if count:
            exchange.mark_sent()
        return count

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all bytes to the kernel; if the first call fails, no byte is sent."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest, flags) :]

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive bytes within the remaining time of the exchange."""
        _limit_timeout(self)
        return _record_received(buffer, super().recv_into(buffer, nbytes, flags))


class TlsSocket(ssl.SSLSocket):
    """A TLS socket with the deadline of its exchange.

    A failed write over TLS is no proof: ``TrackedConnection.send`` marks the exchange as sent beforehand.
    """

    def send(self, data: Any, flags: int = 0) -> int:
        """Encrypt and send bytes within the remaining time of the exchange."""
        _limit_timeout(self)
        return super().send(data, flags)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Receive bytes within the remaining time of the exchange."""
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
    """A connection of urllib3 whose sockets end with the current exchange."""

    def _new_conn(self) -> socket.socket:
        """Return a connected socket; try every address of the host within the remaining time."""
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
        """Connect, through a proxy's tunnel and TLS where needed, without a byte of the request."""
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
        """Write the request.

        On a reused connection, which is not opened again, this marks the exchange as connected.
        """
        if (exchange := _current.get()) is not None:
            exchange.mark_connected()
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        """Write bytes; over any socket but a plain one they count as sent from here on."""
        if self.sock is None:
            self.connect()
        exchange = _current.get()
        if exchange is not None and not isinstance(self.sock, PlainSocket):
            exchange.mark_sent()
        super().send(data)


class TrackedTlsConnection(TrackedConnection, HTTPSConnection):
    """The same connection over TLS."""


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


#: The pool of each scheme, for a pool manager of urllib3.
POOLS = {"http": _PlainPool, "https": _TlsPool}


def tls_context() -> ssl.SSLContext:
    """Return a context for TLS 1.2 or later that verifies certificates.

    Its sockets keep the deadline of the exchange. It has no certificates yet: ``requests`` loads its bundle, or
    the given one, at each connection.
    """
    context = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
    context.sslsocket_class = cast("type[ssl.SSLSocket]", TlsSocket)
    return context
