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


class Exchange:
    """One request and its answer: until when it may take, and how far it came.

    A transport that is not ours is never taken for proof: until one of our own connections has the
    request, it counts as sent.
    """

    __slots__ = ("_ends_at", "_head", "_left", "_now", "_taken", "opening")

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._now = now
        self._ends_at = now() + seconds
        self._head = bytearray()
        self._taken = self._left = False
        self.opening = False

    @property
    def sent(self) -> bool:
        """Whether a byte of the request may have reached the platform; once true it stays true."""
        return self._left or not self._taken

    def remaining(self) -> float:
        """Seconds left; raises TimeoutError when there are none."""
        left = self._ends_at - self._now()
        if left <= 0:
            raise TimeoutError("the time for the whole exchange is over")
        return left

    def taken(self) -> None:
        """One of our own connections has the request; nothing of it has left yet."""
        self._taken = True

    def left(self) -> None:
        """A byte went out; what a proxy is asked while the connection opens is not the request."""
        if not self.opening:
            self._left = True

    def heard(self, data: bytes) -> None:
        """The beginning of the answer is kept, until its head is whole."""
        if not self.opening and not (self._head and self.head_is_whole):
            self._head += data

    @property
    def head_is_whole(self) -> bool:
        """Whether the empty line after the headers came; http.client takes an end in mid-head for it.

        Where our sockets heard nothing (TLS within TLS) there is nothing to judge by.
        """
        return not self._head or b"\r\n\r\n" in self._head or b"\n\n" in self._head


_current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


@contextmanager
def under(exchange: Exchange) -> Iterator[None]:
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
        self.settimeout(exchange.remaining())
        count = super().send(data, flags)
        if count:
            exchange.left()
        return count

    def sendall(self, data: Any, flags: int = 0) -> None:
        """All bytes are with the kernel; if the very first call fails, none is."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest, flags) :]

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Bytes are read, within what is left of the exchange."""
        _limit(self)
        return _heard(buffer, super().recv_into(buffer, nbytes, flags))


class TlsSocket(ssl.SSLSocket):
    """The same over TLS, where a failed write proves nothing: ``Watched.send`` marks it beforehand."""

    def send(self, data: Any, flags: int = 0) -> int:
        """Bytes are encrypted and sent, within what is left of the exchange."""
        _limit(self)
        return super().send(data, flags)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Bytes are read, within what is left of the exchange."""
        _limit(self)
        return _heard(buffer, super().recv_into(buffer, nbytes, flags))


def _heard(buffer: Any, count: int) -> int:
    if (exchange := _current.get()) is not None:
        exchange.heard(bytes(memoryview(buffer)[:count]))
    return count


def _limit(sock: socket.socket) -> None:
    if (exchange := _current.get()) is not None:
        sock.settimeout(exchange.remaining())


class Watched(HTTPConnection):
    """A connection of urllib3 whose sockets keep to the exchange under way."""

    def _new_conn(self) -> socket.socket:
        """A connected socket; every address of the host is tried within what is left."""
        failure: OSError = OSError(f"{self.host} has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(
            self._dns_host, self.port, 0, socket.SOCK_STREAM
        ):
            sock = PlainSocket(family, kind, protocol)
            try:
                _knock(sock, address)
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
        exchange.taken()
        exchange.opening = True
        try:
            super().connect()
        finally:
            exchange.opening = False

    def request(self, *args: Any, **kwargs: Any) -> None:
        """The request is written; on a reused connection this is where the exchange is taken."""
        if (exchange := _current.get()) is not None:
            exchange.taken()
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        """Bytes are written; over anything but a plain socket they count as sent from here on."""
        if self.sock is None:
            self.connect()
        exchange = _current.get()
        if exchange is not None and not isinstance(self.sock, PlainSocket):
            exchange.left()
        super().send(data)


class WatchedTls(Watched, HTTPSConnection):
    """The same over TLS."""


def _knock(sock: PlainSocket, address: Any) -> None:
    exchange = _current.get()
    left = exchange.remaining() if exchange else CONNECT_SECONDS
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(min(left, CONNECT_SECONDS))
    sock.connect(address)
    sock.settimeout(left)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = WatchedTls


#: For a pool manager of urllib3: which pool serves which scheme.
POOLS = {"http": _PlainPool, "https": _TlsPool}


def tls_context() -> ssl.SSLContext:
    """A context of at least TLS 1.2 that verifies, and whose sockets keep to the exchange.

    It trusts nobody yet: ``requests`` loads its bundle, or the one it is told of, at each connection.
    """
    context = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
    context.sslsocket_class = cast("type[ssl.SSLSocket]", TlsSocket)
    return context
