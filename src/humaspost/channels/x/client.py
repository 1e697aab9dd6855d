"""The calls that humaspost makes to X: each asks once and gives X's own data back, or raises.

Signed by tweepy for api.twitter.com, over connections of ``channels.http``.
"""

from collections.abc import Callable, Mapping

from humaspost.base.canonical_json import Json
from humaspost.channels.http.client import Answer, Wire, guarded
from humaspost.channels.x import ORIGIN, errors
from humaspost.channels.x.auth import Signing
from humaspost.channels.x.rate_windows import windows_of
from humaspost.model.channel import Door
from humaspost.model.errors import ChannelError, Transient, UnknownOutcome

Data = Mapping[str, Json]


class Calls:
    """X's API v2 as one account sees it; raises only ChannelErrors."""

    def __init__(self, wire: Wire, signing: Signing, door: Door) -> None:
        self._wire, self._signing, self._now = wire, signing, door.now
        self._windows = windows_of(door)

    def get(self, call: str, path: str, **params: str) -> Answer:
        """A 2xx answer to a read; everything else raises, as transient where no table lists it."""
        return self._asked(call, "GET", path, write=False, params=params)

    def post(self, call: str, path: str, body: Json = None) -> Data:
        """The ``data`` of a write that shows nothing to anybody."""
        return _data(self._asked(call, "POST", path, write=False, body=body))

    def write(self, call: str, method: str, path: str, body: Json = None) -> Data:
        """The ``data`` of a public write; everything unlisted is UnknownOutcome."""
        answer = self._asked(call, method, path, write=True, body=body)
        if not isinstance(answer.member("data"), dict):
            raise UnknownOutcome("unreadable-answer", f"http {answer.status} without data")
        return _data(answer)

    def ahead(self) -> None:
        """What is prepared now can be sent within the next quarter of an hour without asking for a token."""
        with guarded(write=False):
            self._signing.ahead()

    def append(self, media_id: str, *, segment: int, chunk: bytes, mime: str) -> None:
        """One piece of an upload is with X; multipart, which tweepy cannot send itself."""
        answer = self._exchanged(
            "append",
            lambda: self._wire.call(
                "POST",
                f"{ORIGIN}/2/media/upload/{media_id}/append",
                write=False,
                data={"segment_index": str(segment)},
                files={"media": ("media", chunk, mime)},
                auth=self._signing.auth(),
            ),
            write=False,
        )
        if not answer.ok:
            raise self._error(answer, call="append", write=False)

    def _asked(
        self,
        call: str,
        method: str,
        path: str,
        *,
        write: bool,
        params: Mapping[str, str] | None = None,
        body: Json = None,
    ) -> Answer:
        client, user_auth = self._signing.client, self._signing.user_auth
        answer = self._exchanged(
            call,
            lambda: self._wire.through(
                lambda: client.request(method, path, params=params, json=body, user_auth=user_auth)
            ),
            write=write,
        )
        if not answer.ok:
            raise self._error(answer, call=call, write=write)
        return answer

    def _exchanged(self, call: str, ask: Callable[[], Answer], *, write: bool) -> Answer:
        """X's answer; one that refuses the token comes after the token was renewed, where that can be.

        A public write is never made twice in here, nor after a renewal, which takes as long as it takes:
        it goes through the gate again.
        """
        self._windows.check(call, self._now())
        with guarded(write=False):
            fetched = self._signing.ready()
        if write and fetched:
            raise Transient("token-renewed")
        with guarded(write=write):
            answer = ask()
        self._windows.note(call, answer, self._now())
        with guarded(write=False):
            if answer.status != 401 or not self._signing.renewed():
                return answer
            if write:
                raise Transient("token-renewed")
            answer = ask()
        self._windows.note(call, answer, self._now())
        return answer

    def _error(self, answer: Answer, *, call: str, write: bool) -> ChannelError:
        secrets = self._signing.secrets
        return errors.error(answer, call=call, write=write, now=self._now(), secrets=secrets)


def _data(answer: Answer) -> Data:
    data = answer.member("data")
    if not isinstance(data, dict):
        raise Transient("unreadable-answer", f"http {answer.status} without data")
    return data


def id_of(data: Data) -> str:
    """The id in X's data, which is decimal digits; "" where there is none."""
    found = data.get("id")
    return (
        found if isinstance(found, str) and found.isascii() and found.isdecimal() and len(found) < 20 else ""
    )
