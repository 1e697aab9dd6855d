"""A server of raw sockets that fails exactly where a test says, one step per request, on loopback."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from types import TracebackType

from tests.support.deadlines import SECOND

#: One step answers one request on an open connection; returning False ends the connection.
Step = Callable[[socket.socket], bool]
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"id":"42"}'


class RawServer:
    """Plays its steps in order, over as many connections as it takes; counts requests and connections."""

    def __init__(self, *steps: Step, tls: ssl.SSLContext | None = None) -> None:
        self._steps, self._tls = list(steps), tls
        self.connections = self.requests = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(plain)
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        try:
            sock = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            self._open.append(sock)
            while _read_request(sock) and self._steps and self._steps.pop(0)(sock):
                self.requests += 1
        except OSError:
            plain.close()

    def __enter__(self) -> "RawServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A thread that waits in accept keeps a closed listener listening.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            sock.close()


def _read_request(sock: socket.socket) -> bool:
    """Whether another request begins: a step is for a request, not for a connection left idle."""
    return isinstance(sock, ssl.SSLSocket) or sock.recv(1, socket.MSG_PEEK) != b""


def read_head(sock: socket.socket) -> tuple[bytes, int]:
    """The head of one request, and how much of its body is still to come."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(4096)
        if not piece:
            raise ConnectionError("the client went away")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    size = int(lengths[0].split(b":")[1]) if lengths else 0
    return head, size - len(body)


def read_all(sock: socket.socket) -> bytes:
    """The head of one request, whose body was read to its last byte."""
    head, rest = read_head(sock)
    while rest > 0:
        rest -= len(sock.recv(min(rest, 65536)))
    return head


def reset(sock: socket.socket) -> bool:
    """The connection ends with a RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    return False


def answers(reply: bytes = OK) -> Step:
    """Reads a whole request, says ``reply`` and stays open."""

    def step(sock: socket.socket) -> bool:
        read_all(sock)
        sock.sendall(reply)
        return True

    return step


def then_closes(reply: bytes = b"") -> Step:
    """Reads a whole request, says ``reply`` and closes."""

    def step(sock: socket.socket) -> bool:
        read_all(sock)
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_RDWR)
        sock.close()
        return False

    return step


def cuts_in_mid_body(sock: socket.socket) -> bool:
    """Reads the head and a little of the body, then resets."""
    read_head(sock)
    return reset(sock)


def resets_after_request(sock: socket.socket) -> bool:
    """Reads a whole request and resets without a word."""
    read_all(sock)
    return reset(sock)


def trickles(reply: bytes, stop_event: threading.Event) -> Step:
    """Says ``reply`` a byte at a time, for ever slower than any timeout of a single read."""

    def step(sock: socket.socket) -> bool:
        read_all(sock)
        for byte in reply:
            sock.sendall(bytes([byte]))
            if stop_event.wait(0.02):
                break
        return False

    return step


def hangs(stop_event: threading.Event) -> Step:
    """Reads a whole request and says nothing until the test is over."""

    def step(sock: socket.socket) -> bool:
        read_all(sock)
        stop_event.wait(60 * SECOND)
        return False

    return step
