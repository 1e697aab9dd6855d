"""The courier of webhooks: signed, batched, late, twice, never, and again until a 200 comes back."""

import hashlib
import heapq
import hmac
import itertools
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from humaspost.sandbox import graph, loopback_client
from humaspost.sandbox.whatsapp import accounts, webhook_payloads


@dataclass(order=True, slots=True)
class _Parcel:
    due: float
    number: int
    change: dict[str, Any] = field(compare=False)
    #: How many times the courier had forgotten everything when the parcel was handed over.
    era: int = field(compare=False)
    attempt: int = field(default=0, compare=False)


def signature(body: bytes) -> str:
    """``X-Hub-Signature-256`` over the raw bytes of ``body``."""
    return "sha256=" + hmac.new(accounts.APP_SECRET.encode(), body, hashlib.sha256).hexdigest()


@dataclass(slots=True)
class Courier:
    """Carries changes to the callback from a thread of its own, which lives while there is work.

    ``option(name)`` reads a ``whatsapp.`` switch. ``log`` holds the last (url, HTTP status or reason).
    """

    option: Callable[[str], Any]
    log: deque[tuple[str, int | str]] = field(default_factory=lambda: deque(maxlen=500))
    _waiting: list[_Parcel] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _turn: threading.Condition = field(default_factory=threading.Condition)
    _running: bool = False
    _era: int = 0
    _greeted: set[tuple[str, str]] = field(default_factory=set)

    def send(self, change: dict[str, Any], *, after: float) -> None:
        """``change`` is on its way and due in ``after`` seconds; without a callback it is forgotten."""
        if not self.option("callback_url") or self._lost():
            return
        for _ in range(int(self.option("webhook_copies"))):
            self._push(self._parcel(change, after=after))

    def send_now(self, change: dict[str, Any]) -> None:
        """``change`` was offered to the callback before this returns; refused, it is tried again later."""
        if not self.option("callback_url") or self._lost():
            return
        for _ in range(int(self.option("webhook_copies"))):
            self._deliver([self._parcel(change, after=0.0)])

    def forget(self) -> None:
        """Nothing is under way any more."""
        with self._turn:
            self._era += 1
            self._waiting.clear()
            self._greeted.clear()
            self.log.clear()
            self._turn.notify_all()

    def _parcel(self, change: dict[str, Any], *, after: float) -> _Parcel:
        return _Parcel(time.monotonic() + after, next(self._numbers), change, self._era)

    def _lost(self) -> bool:
        return secrets.SystemRandom().random() < float(self.option("webhook_drop"))

    def _push(self, parcel: _Parcel) -> None:
        with self._turn:
            if parcel.era != self._era:
                return
            heapq.heappush(self._waiting, parcel)
            self._turn.notify_all()
            if not self._running:
                self._running = True
                threading.Thread(target=self._work, name="whatsapp-webhooks", daemon=True).start()

    def _work(self) -> None:
        while batch := self._due():
            self._deliver(batch)

    def _due(self) -> list[_Parcel]:
        """The next batch once it is due; empty when nothing waits, and the thread then ends."""
        with self._turn:
            while self._waiting:
                wait = self._waiting[0].due - time.monotonic()
                if wait <= 0:
                    return self._batch()
                self._turn.wait(wait)
            self._running = False
            return []

    def _batch(self) -> list[_Parcel]:
        now, most = time.monotonic(), max(1, int(self.option("webhook_batch")))
        batch: list[_Parcel] = []
        while self._waiting and self._waiting[0].due <= now and len(batch) < most:
            batch.append(heapq.heappop(self._waiting))
        return batch

    def _deliver(self, batch: list[_Parcel]) -> None:
        url = str(self.option("callback_url"))
        body = graph.encode(webhook_payloads.envelope([parcel.change for parcel in batch]))
        outcome = self._offered(url, body)
        self.log.append((url, outcome))
        if outcome == 200:
            return
        for parcel in batch:
            self._again(parcel)

    def _offered(self, url: str, body: bytes) -> int | str:
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(body)}
        try:
            if not self._shake_hands(url):
                return "the callback did not echo hub.challenge"
            return loopback_client.post(url, body, headers=headers, seconds=10)
        except (loopback_client.NotLoopback, loopback_client.Unreachable, loopback_client.TooSlow) as lost:
            return type(lost).__name__

    def _shake_hands(self, url: str) -> bool:
        """Whether the callback proved, once, that it knows the verify token."""
        token = str(self.option("verify_token"))
        if (url, token) in self._greeted:
            return True
        challenge = str(secrets.randbelow(10**9))
        asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
        separator = "&" if "?" in url else "?"
        answer = loopback_client.fetch(f"{url}{separator}{urlencode(asked)}", limit=1000, seconds=10)
        if answer.status != 200 or answer.content.strip() != challenge.encode():
            return False
        self._greeted.add((url, token))
        return True

    def _again(self, parcel: _Parcel) -> None:
        if parcel.attempt < int(self.option("webhook_retries")):
            wait = float(self.option("webhook_retry_seconds")) * 2**parcel.attempt
            self._push(replace(parcel, due=time.monotonic() + wait, attempt=parcel.attempt + 1))
