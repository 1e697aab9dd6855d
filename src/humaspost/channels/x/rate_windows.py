"""X's rate windows, from the headers of its responses; no call is made in a used-up window.

https://docs.x.com/x-api/fundamentals/rate-limits; the 24-hour windows are not in X's documents, but occur.
"""

import threading
import weakref
from datetime import datetime

from humaspost.channels.http.client import HttpResponse
from humaspost.channels.response_text import parse_unix_time
from humaspost.model.channel import ChannelContext
from humaspost.model.errors import RateLimited, Scope

#: Each concerns only the call of its response: the used-up reads of a day stop no post.
_HEADER_PREFIXES = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
#: Calls whose used-up window stops the account; other calls stop only themselves.
_PUBLIC_OPERATIONS = ("post", "delete")


class RateWindows:
    """The end of each call's used-up window.

    All sessions of an account in this process share it.
    """

    def __init__(self) -> None:
        self._refused_until: dict[str, datetime] = {}

    def record_headers(self, call: str, response: HttpResponse, now: datetime) -> None:
        """Record the used-up windows in the headers of a response."""
        for name in _HEADER_PREFIXES:
            if response.headers.get(f"{name}-remaining", "").strip() != "0":
                continue
            resets_at = parse_unix_time(response.headers, f"{name}-reset", now)
            if resets_at is not None:
                self._refused_until[call] = max(resets_at, self._refused_until.get(call, resets_at))

    def check_allowed(self, call: str, now: datetime) -> None:
        """Raise RateLimited if X would refuse the call."""
        refused_until = self._refused_until.get(call)
        if refused_until is not None and now < refused_until:
            scope = Scope.ACCOUNT if call in _PUBLIC_OPERATIONS else Scope.DELIVERY
            raise RateLimited("window-spent", f"x-rate-limit: {call}", retry_at=refused_until, scope=scope)


#: The key is the id of the context, which all sessions of an account share, for as long as the context lives.
_windows_by_account: dict[int, tuple["weakref.ref[ChannelContext]", RateWindows]] = {}
_lock = threading.Lock()


def rate_windows_of(context: ChannelContext) -> RateWindows:
    """Return the rate windows of the context's account."""
    with _lock:
        for number in [
            number for number, (current, _windows) in _windows_by_account.items() if current() is None
        ]:
            del _windows_by_account[number]
        stored = _windows_by_account.get(id(context))
        if stored is None:
            stored = _windows_by_account[id(context)] = (weakref.ref(context), RateWindows())
        return stored[1]
