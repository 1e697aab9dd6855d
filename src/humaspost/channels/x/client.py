"""The calls of humaspost to X: each makes one request and returns X's data, or raises.

tweepy signs them for api.twitter.com; they go over connections of ``channels.http``.
"""

from collections.abc import Callable, Mapping

from humaspost.base.canonical_json import Json
from humaspost.channels.http.client import HttpClient, HttpResponse, map_errors
from humaspost.channels.x import errors
from humaspost.channels.x.auth import Auth
from humaspost.channels.x.config import ORIGIN
from humaspost.channels.x.rate_windows import rate_windows_of
from humaspost.model.channel import ChannelContext
from humaspost.model.errors import ChannelError, Transient, UnknownOutcome

ResponseData = Mapping[str, Json]


class XClient:
    """X's API v2 for one account; raises only ChannelErrors."""

    def __init__(self, http: HttpClient, auth: Auth, context: ChannelContext) -> None:
        self._http, self._auth, self._now = http, auth, context.now
        self._rate_windows = rate_windows_of(context)

    def get(self, call: str, path: str, **params: str) -> HttpResponse:
        """Return a 2xx response to a read.

        Any other response raises: the error of its row, or Transient without a row.
        """
        return self._request(call, "GET", path, write=False, params=params)

    def post(self, call: str, path: str, body: Json = None) -> ResponseData:
        """Return the ``data`` of a write that the public cannot see."""
        return _data_of(self._request(call, "POST", path, write=False, body=body))

    def public_write(self, call: str, method: str, path: str, body: Json = None) -> ResponseData:
        """Return the ``data`` of a public write.

        Raises UnknownOutcome for a response that no table lists.
        """
        response = self._request(call, method, path, write=True, body=body)
        if not isinstance(response.get("data"), dict):
            raise UnknownOutcome("unreadable-answer", f"http {response.status} without data")
        return _data_of(response)

    def renew_ahead(self) -> None:
        """Renew the token, unless it is valid for the next quarter of an hour.

        A part that is prepared now can then be sent without a renewal.
        """
        with map_errors(write=False):
            self._auth.renew_ahead()

    def append_segment(self, media_id: str, *, segment: int, chunk: bytes, mime: str) -> None:
        """Send one piece of an upload as multipart, which tweepy cannot send."""
        response = self._exchange(
            "append",
            lambda: self._http.request(
                "POST",
                f"{ORIGIN}/2/media/upload/{media_id}/append",
                write=False,
                data={"segment_index": str(segment)},
                files={"media": ("media", chunk, mime)},
                auth=self._auth.request_auth(),
            ),
            write=False,
        )
        if not response.is_success:
            raise self._build_error(response, call="append", write=False)

    def _request(
        self,
        call: str,
        method: str,
        path: str,
        *,
        write: bool,
        params: Mapping[str, str] | None = None,
        body: Json = None,
    ) -> HttpResponse:
        client, user_auth = self._auth.client, self._auth.user_auth
        response = self._exchange(
            call,
            lambda: self._http.request_through(
                lambda: client.request(method, path, params=params, json=body, user_auth=user_auth)
            ),
            write=write,
        )
        if not response.is_success:
            raise self._build_error(response, call=call, write=write)
        return response

    def _exchange(self, call: str, make_request: Callable[[], HttpResponse], *, write: bool) -> HttpResponse:
        """Return X's response; after a refused token, renew it and repeat the call if possible.

        A public write is never repeated here, and never made after a renewal, which may take long:
        it passes the gate again.
        """
        self._rate_windows.check_allowed(call, self._now())
        with map_errors(write=False):
            was_renewed = self._auth.ensure_valid()
        if write and was_renewed:
            raise Transient("token-renewed")
        with map_errors(write=write):
            response = make_request()
        self._rate_windows.record_headers(call, response, self._now())
        with map_errors(write=False):
            if response.status != 401 or not self._auth.renew_after_refusal():
                return response
            if write:
                raise Transient("token-renewed")
            response = make_request()
        self._rate_windows.record_headers(call, response, self._now())
        return response

    def _build_error(self, response: HttpResponse, *, call: str, write: bool) -> ChannelError:
        secrets = self._auth.secrets
        return errors.error_of(response, call=call, write=write, now=self._now(), secrets=secrets)


def _data_of(response: HttpResponse) -> ResponseData:
    data = response.get("data")
    if not isinstance(data, dict):
        raise Transient("unreadable-answer", f"http {response.status} without data")
    return data


def get_id(data: ResponseData) -> str:
    """Return the id in X's data, which is decimal digits, or ""."""
    value = data.get("id")
    return (
        value if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20 else ""
    )
