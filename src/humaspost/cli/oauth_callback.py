"""The page that the browser returns to after a login; it is on this computer only."""

import hmac
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from humaspost.base.i18n import _

HOST = "127.0.0.1"
PATH = "/callback"


class AuthorizationDenied(Exception):
    """A refusal on the platform's page (``reason``), or no answer in time ("")."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class CallbackServer:
    """A server on the loopback interface that accepts one answer; ``port`` 0 selects a free one."""

    def __init__(self, port: int) -> None:
        self._responses: queue.Queue[dict[str, str]] = queue.Queue()
        self._server = _Server((HOST, port), _CallbackHandler)
        self._server.responses = self._responses
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        """Return the address that the platform sends the browser to."""
        return f"http://{HOST}:{self._server.server_address[1]}{PATH}"

    def wait_for_code(self, state: str, *, within: float) -> str:
        """Return the code of the answer with ``state``; raise AuthorizationDenied after ``within``."""
        self._server.state = state
        try:
            return code_of(self._responses.get(timeout=within))
        except queue.Empty:
            raise AuthorizationDenied from None

    def __enter__(self) -> "CallbackServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    state = ""
    responses: "queue.Queue[dict[str, str]]"


class _CallbackHandler(BaseHTTPRequestHandler):
    #: Seconds after which a silent connection is closed.
    timeout = 10

    def do_GET(self) -> None:
        path, server = urlsplit(self.path), self.server
        assert isinstance(server, _Server)
        response = parse_response(path.query)
        if path.path != PATH:
            self._send_page(404, _("There is nothing here."))
        elif not matches_state(response, server.state):
            self._send_page(400, _("This is not an answer to the login that is under way."))
        else:
            self._send_page(200, _("humaspost has the answer. This window may be closed."))
            server.responses.put(response)

    def _send_page(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Log nothing, because the address contains the code."""


def parse_response(query: str) -> dict[str, str]:
    """Return the first value of each query parameter."""
    return {name: values[0] for name, values in parse_qs(query).items()}


def matches_state(response: dict[str, str], state: str) -> bool:
    """Return True if the answer has the state of our question."""
    return bool(state) and hmac.compare_digest(response.get("state", "").encode(), state.encode())


def code_of(response: dict[str, str]) -> str:
    """Return the code; raise AuthorizationDenied if the person refused."""
    if not response.get("code"):
        raise AuthorizationDenied(response.get("error", "no code")[:60])
    return response["code"]
