"""An HTTP client for this computer only; it follows no redirects."""

import http.client
import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit


class NotLoopback(Exception):
    """An address that is not on this computer, so the sandbox does not connect to it."""


class Unreachable(Exception):
    """A server that did not answer, or not with HTTP."""


class Timeout(Exception):
    """A response that did not arrive in time."""


@dataclass(frozen=True, slots=True)
class FetchedResponse:
    """A response; ``content`` has at most one byte more than the requested limit."""

    status: int
    content_type: str
    content: bytes


def parse_target(url: str) -> SplitResult:
    """Return the parts of a plain HTTP ``url`` on this computer; raise NotLoopback otherwise."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as bad:
        raise NotLoopback(url) from bad
    if parts.scheme != "http" or not _is_loopback(host):
        raise NotLoopback(url)
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def fetch(url: str, *, limit: int, seconds: float, method: str = "GET") -> FetchedResponse:
    """Return the response to GET or HEAD ``url``; redirects are not followed.

    Read at most ``limit`` + 1 bytes and wait at most ``seconds`` at each step.
    """
    with _send_request(method, url, seconds=seconds) as response:
        content_type = response.headers.get_content_type()
        return FetchedResponse(response.status, content_type, response.read(limit + 1))


def post(url: str, body: bytes, *, headers: Mapping[str, str], seconds: float) -> int:
    """POST ``body`` to ``url`` and return the HTTP status."""
    with _send_request("POST", url, body, headers=headers, seconds=seconds) as response:
        response.read(65_536)
        return response.status


@contextmanager
def _send_request(
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    seconds: float,
) -> Iterator[http.client.HTTPResponse]:
    parts = parse_target(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path, body, dict(headers or {}))
        yield connection.getresponse()
    except TimeoutError as slow:
        raise Timeout(url) from slow
    except (OSError, http.client.HTTPException) as broken:
        raise Unreachable(url) from broken
    finally:
        connection.close()
