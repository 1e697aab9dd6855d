"""The calls that humaspost makes to X: each asks once and gives X's own data back, or raises.

Signed by tweepy for api.twitter.com, over connections of ``channels.http``.
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
    """X's API v2 as one account sees it; raises only ChannelErrors."""

    def __init__(self, http: HttpClient, auth: Auth, context: ChannelContext) -> None:
        self._http, self._auth, self._now = http, auth, context.now
        self._rate_windows = rate_windows_of(context)

    def get(self, call: str, path: str, **params: str) -> HttpResponse:
        """A 2xx answer to a read; everything else raises, as transient where no table lists it."""
        return self._request(call, "GET", path, write=False, params=params)

    def post(self, call: str, path: str, body: Json = None) -> ResponseData:
        """The ``data`` of a write that shows nothing to anybody."""
        return _data_of(self._request(call, "POST", path, write=False, body=body))

    def public_write(self, call: str, method: str, path: str, body: Json = None) -> ResponseData:
        """The ``data`` of a public write; everything unlisted is UnknownOutcome."""
        response = self._request(call, method, path, write=True, body=body)
        if not isinstance(response.get("data"), dict):
            raise UnknownOutcome("unreadable-answer", f"http {response.status} without data")
        return _data_of(response)

    def renew_ahead(self) -> None:
        """What is prepared now can be sent within the next quarter of an hour without asking for a token."""
        with map_errors(write=False):
            self._auth.renew_ahead()

    def append_segment(self, media_id: str, *, segment: int, chunk: bytes, mime: str) -> None:
        """One piece of an upload is with X; multipart, which tweepy cannot send itself."""
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
        """X's answer; one that refuses the token comes after the token was renewed, where that can be.

        A public write is never made twice in here, nor after a renewal, which takes as long as it takes:
        it goes through the gate again.
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
    """The id in X's data, which is decimal digits; "" where there is none."""
    value = data.get("id")
    return (
        value if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20 else ""
    )
