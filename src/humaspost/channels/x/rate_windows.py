"""X's rate windows as its answers tell them: a call whose window is spent is not even asked.

https://docs.x.com/x-api/fundamentals/rate-limits; the 24-hour ones are not in X's documents, but were seen.
"""

import threading
import weakref
from datetime import datetime

from humaspost.channels.http.client import Answer
from humaspost.channels.response_text import unix_time
from humaspost.model.channel import Door
from humaspost.model.errors import RateLimited, Scope

#: Every one is about the very call that was answered: a day's reads that are spent stop no post.
_WINDOWS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
#: What stops the account when it is spent; other calls stop only themselves.
_PUBLIC = ("post", "delete")


class Windows:
    """Until when each call is known to be refused; one for all sessions of an account in this process."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def note(self, call: str, answer: Answer, now: datetime) -> None:
        """What the answer's headers tell is remembered."""
        for name in _WINDOWS:
            if answer.headers.get(f"{name}-remaining", "").strip() != "0":
                continue
            end = unix_time(answer.headers, f"{name}-reset", now)
            if end is not None:
                self._until[call] = max(end, self._until.get(call, end))

    def check(self, call: str, now: datetime) -> None:
        """Raises RateLimited where X would refuse the call."""
        until = self._until.get(call)
        if until is not None and now < until:
            scope = Scope.ACCOUNT if call in _PUBLIC else Scope.DELIVERY
            raise RateLimited("window-spent", f"x-rate-limit: {call}", retry_at=until, scope=scope)


#: By the identity of the door, which all sessions of an account share, for as long as it lives.
_known: dict[int, tuple["weakref.ref[Door]", Windows]] = {}
_lock = threading.Lock()


def windows_of(door: Door) -> Windows:
    """What is known of the account behind the door."""
    with _lock:
        for number in [number for number, (alive, _windows) in _known.items() if alive() is None]:
            del _known[number]
        known = _known.get(id(door))
        if known is None:
            known = _known[id(door)] = (weakref.ref(door), Windows())
        return known[1]
