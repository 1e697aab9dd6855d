"""X's rate windows as its answers tell them: a call whose window is spent is not even asked.

https://docs.x.com/x-api/fundamentals/rate-limits; the 24-hour ones are not in X's documents, but were seen.
"""

import threading
import weakref
from datetime import datetime

from humaspost.channels.http.client import HttpResponse
from humaspost.channels.response_text import parse_unix_time
from humaspost.model.channel import ChannelContext
from humaspost.model.errors import RateLimited, Scope

#: Every one is about the very call that was answered: a day's reads that are spent stop no post.
_HEADER_PREFIXES = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
#: What stops the account when it is spent; other calls stop only themselves.
_PUBLIC_OPERATIONS = ("post", "delete")


class RateWindows:
    """Until when each call is known to be refused; one for all sessions of an account in this process."""

    def __init__(self) -> None:
        self._refused_until: dict[str, datetime] = {}

    def record_headers(self, call: str, response: HttpResponse, now: datetime) -> None:
        """What the answer's headers tell is remembered."""
        for name in _HEADER_PREFIXES:
            if response.headers.get(f"{name}-remaining", "").strip() != "0":
                continue
            resets_at = parse_unix_time(response.headers, f"{name}-reset", now)
            if resets_at is not None:
                self._refused_until[call] = max(resets_at, self._refused_until.get(call, resets_at))

    def check_allowed(self, call: str, now: datetime) -> None:
        """Raises RateLimited where X would refuse the call."""
        refused_until = self._refused_until.get(call)
        if refused_until is not None and now < refused_until:
            scope = Scope.ACCOUNT if call in _PUBLIC_OPERATIONS else Scope.DELIVERY
            raise RateLimited("window-spent", f"x-rate-limit: {call}", retry_at=refused_until, scope=scope)


#: By the identity of the context, which all sessions of an account share, for as long as it lives.
_windows_by_account: dict[int, tuple["weakref.ref[ChannelContext]", RateWindows]] = {}
_lock = threading.Lock()


def rate_windows_of(context: ChannelContext) -> RateWindows:
    """What is known of the account behind the context."""
    with _lock:
        for number in [
            number for number, (current, _windows) in _windows_by_account.items() if current() is None
        ]:
            del _windows_by_account[number]
        stored = _windows_by_account.get(id(context))
        if stored is None:
            stored = _windows_by_account[id(context)] = (weakref.ref(context), RateWindows())
        return stored[1]
