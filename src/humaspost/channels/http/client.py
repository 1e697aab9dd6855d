"""HTTP client of every channel: one exchange at a time, which records if a byte was sent.

    with HttpClient("https://graph.example/v1", secrets=[token]) as http:
        answer = http.request("POST", "/messages", write=True, json={…})  # HttpResponse, whatever its status
        with map_errors(write=True):                                       # errors in our own code count too
            return answer.get("id")

No redirect is followed, nothing is retried, and the whole exchange ends at its deadline.
``client.session = http.session`` gives tweepy the same; ``http.request_through(lambda: client.…)`` returns the
response to the request that tweepy makes.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, should_bypass_proxies
from urllib3.util.retry import Retry

from humaspost.base.canonical_json import Json
from humaspost.base.loopback import is_loopback_url
from humaspost.channels.http.outcome import RequestNotSent, ResponseLost, map_errors, reason_of
from humaspost.channels.http.response import HttpResponse, parse_response
from humaspost.channels.http.transport import POOLS, HttpExchange, tls_context, use_exchange
from humaspost.channels.response_text import clean_text

__all__ = ["REQUEST_SECONDS", "HttpClient", "HttpResponse", "RequestNotSent", "ResponseLost", "map_errors"]

#: Seconds for one whole exchange; a body above the first 256 KiB gets one more second per 64 KiB.
REQUEST_SECONDS = 25.0
_BASE_BYTES, _BYTES_PER_SECOND = 256 * 1024, 64 * 1024
#: At DEBUG these loggers print addresses with their query, headers and bodies, so also tokens.
_NOISY_LOGGERS = ("urllib3", "tweepy", "requests_oauthlib", "oauthlib")
#: Most bytes of a response body that are read, because responses may be hostile.
MAX_BODY_BYTES = 1024 * 1024


class HttpClient:
    """A ``requests`` session of one account; ``url`` is a path below ``base_url`` or absolute.

    ``secrets`` are redacted in every text. ``signed_for`` is the origin that requests are made and
    signed for before they are sent to ``base_url``. ``ca`` is a bundle of certificates to trust instead of the usual.
    """

    def __init__(
        self,
        base_url: str,
        *,
        secrets: Sequence[str] = (),
        signed_for: str = "",
        deadline: float = REQUEST_SECONDS,
        ca: str | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.adapter = _TrackedAdapter(self.base_url, secrets, signed_for.rstrip("/"), deadline, ca, now)
        for name in _NOISY_LOGGERS:
            logging.getLogger(name).setLevel(logging.INFO)
        self.session = requests.Session()
        # A ~/.netrc would replace our own Authorization header; the adapter reads the proxies.
        self.session.trust_env = False
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.session.mount("http://", self.adapter)
        self.session.mount("https://", self.adapter)

    def request(
        self,
        method: str,
        url: str,
        *,
        write: bool,
        json: Json = None,
        data: Any = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        auth: Any = None,
        deadline: float | None = None,
    ) -> HttpResponse:
        """Return the platform's whole response, whatever its status.

        ``write`` marks a public write: it raises UnknownOutcome where another request raises Transient.
        ``deadline`` in seconds replaces the usual one for this exchange.
        """
        target = url if "://" in url else self.base_url + url
        with map_errors(write=write):
            self.session.request(
                method,
                target,
                params=params,
                data=data,
                json=json,
                files=files,
                headers=headers,
                auth=auth,
                timeout=deadline,
                allow_redirects=False,
            )
            return self.adapter.last_response()

    def request_through(self, make_request: Callable[[], object]) -> HttpResponse:
        """Return the whole response to the one request that another library makes over ``session``.

        The result and the errors of that library are ignored. Raises the error that ended the exchange.
        """
        self.adapter.response = None
        try:
            make_request()
        except Exception:
            if self.adapter.response is None:
                raise
        return self.adapter.last_response()

    def close(self) -> None:
        """Close all connections."""
        self.session.close()

    def __enter__(self) -> "HttpClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _TrackedAdapter(HTTPAdapter):
    def __init__(
        self,
        base_url: str,
        secrets: Sequence[str],
        signed_for: str,
        deadline: float,
        ca: str | None,
        now: Callable[[], float],
    ) -> None:
        self._base, self._signed_for = base_url, signed_for
        self._secrets, self._deadline, self._now = tuple(secrets), deadline, now
        self._ca = ca or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        self.response: HttpResponse | None = None
        super().__init__(max_retries=Retry(total=0, read=False, redirect=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=tls_context(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        if proxy.lower().startswith("socks"):
            raise RequestNotSent("proxy", "a SOCKS proxy is not supported")
        manager = super().proxy_manager_for(proxy, ssl_context=tls_context(), **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def last_response(self) -> HttpResponse:
        assert self.response is not None
        return self.response

    def send(
        self, request: requests.PreparedRequest, *_args: Any, timeout: Any = None, **_rest: Any
    ) -> requests.Response:
        """Return a whole response, already read; raises only RequestNotSent or ResponseLost."""
        self.response = None
        exchange = HttpExchange(timeout or self._time_limit(request), self._now)
        with use_exchange(exchange):
            try:
                response, body = self._exchange(request)
                if not exchange.is_head_complete:
                    raise ConnectionResetError("the answer's head was cut")
            except RequestNotSent:
                raise
            except Exception as error:
                raise self._failure(exchange, error) from None
        self.response = parse_response(response.status_code, response.headers, body)
        # With this neither requests nor tweepy follows a redirect: a followed 307 posts twice.
        response.headers.pop("location", None)
        return response

    def _exchange(self, request: requests.PreparedRequest) -> tuple[requests.Response, bytes]:
        url = request.url or ""
        if self._signed_for and url.startswith(self._signed_for + "/"):
            url = request.url = self._base + url.removeprefix(self._signed_for)
        response = super().send(
            request, stream=True, timeout=None, verify=self._ca or True, proxies=_proxies_for(url)
        )
        body = _read(response)
        response._content, response._content_consumed = body, True  # type: ignore[attr-defined]
        return response, body

    def _time_limit(self, request: requests.PreparedRequest) -> float:
        size = int(request.headers.get("Content-Length") or 0)
        return self._deadline + max(0, size - _BASE_BYTES) / _BYTES_PER_SECOND

    def _failure(self, exchange: HttpExchange, error: Exception) -> RequestNotSent:
        code, detail = reason_of(error)
        return (ResponseLost if exchange.is_possibly_sent else RequestNotSent)(
            code, clean_text(detail, self._secrets)
        )


def _read(response: requests.Response) -> bytes:
    """Return the body up to the limit; a connection with an unread rest is not used again."""
    body = bytearray()
    while len(body) <= MAX_BODY_BYTES:
        piece = response.raw.read(64 * 1024, decode_content=True)
        if not piece:
            response.raw.release_conn()
            return bytes(body)
        body += piece
    response.raw.close()
    return bytes(body[:MAX_BODY_BYTES])


def _proxies_for(url: str) -> dict[str, str]:
    if is_loopback_url(url) or should_bypass_proxies(url, no_proxy=None):
        return {}
    return dict(get_environ_proxies(url, no_proxy=None))
