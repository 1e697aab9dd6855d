"""The webhook sender: signs, batches, delays, duplicates, drops and retries webhooks."""

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
class _PendingWebhook:
    due_at: float
    number: int
    change: dict[str, Any] = field(compare=False)
    #: Number of ``clear`` calls before this webhook was created; an older one is not sent.
    generation: int = field(compare=False)
    attempt: int = field(default=0, compare=False)


def signature(body: bytes) -> str:
    """Return ``X-Hub-Signature-256`` for the raw bytes of ``body``."""
    return "sha256=" + hmac.new(accounts.APP_SECRET.encode(), body, hashlib.sha256).hexdigest()


@dataclass(slots=True)
class WebhookSender:
    """A sender of changes to the callback, with a thread that runs while there is work.

    ``get_option(name)`` reads a ``whatsapp.`` option. ``log`` contains the last (url, HTTP
    status or reason).
    """

    get_option: Callable[[str], Any]
    log: deque[tuple[str, int | str]] = field(default_factory=lambda: deque(maxlen=500))
    _queue: list[_PendingWebhook] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _condition: threading.Condition = field(default_factory=threading.Condition)
    _running: bool = False
    _generation: int = 0
    _verified: set[tuple[str, str]] = field(default_factory=set)

    def send(self, change: dict[str, Any], *, delay: float) -> None:
        """Send ``change`` after ``delay`` seconds; without a callback, discard it."""
        if not self.get_option("callback_url") or self._is_dropped():
            return
        for _ in range(int(self.get_option("webhook_copies"))):
            self._enqueue(self._build_pending(change, delay=delay))

    def send_immediately(self, change: dict[str, Any]) -> None:
        """Offer ``change`` to the callback before this returns; retry later if it is refused."""
        if not self.get_option("callback_url") or self._is_dropped():
            return
        for _ in range(int(self.get_option("webhook_copies"))):
            self._deliver([self._build_pending(change, delay=0.0)])

    def clear(self) -> None:
        """Cancel all pending webhooks."""
        with self._condition:
            self._generation += 1
            self._queue.clear()
            self._verified.clear()
            self.log.clear()
            self._condition.notify_all()

    def _build_pending(self, change: dict[str, Any], *, delay: float) -> _PendingWebhook:
        return _PendingWebhook(time.monotonic() + delay, next(self._numbers), change, self._generation)

    def _is_dropped(self) -> bool:
        return secrets.SystemRandom().random() < float(self.get_option("webhook_drop"))

    def _enqueue(self, pending: _PendingWebhook) -> None:
        with self._condition:
            if pending.generation != self._generation:
                return
            heapq.heappush(self._queue, pending)
            self._condition.notify_all()
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="whatsapp-webhooks", daemon=True).start()

    def _run(self) -> None:
        while batch := self._next_batch():
            self._deliver(batch)

    def _next_batch(self) -> list[_PendingWebhook]:
        """Wait for the next batch and return it, or an empty list to end the thread."""
        with self._condition:
            while self._queue:
                wait = self._queue[0].due_at - time.monotonic()
                if wait <= 0:
                    return self._take_batch()
                self._condition.wait(wait)
            self._running = False
            return []

    def _take_batch(self) -> list[_PendingWebhook]:
        now, max_size = time.monotonic(), max(1, int(self.get_option("webhook_batch")))
        batch: list[_PendingWebhook] = []
        while self._queue and self._queue[0].due_at <= now and len(batch) < max_size:
            batch.append(heapq.heappop(self._queue))
        return batch

    def _deliver(self, batch: list[_PendingWebhook]) -> None:
        url = str(self.get_option("callback_url"))
        body = graph.encode_json(webhook_payloads.build_payload([pending.change for pending in batch]))
        outcome = self._post(url, body)
        self.log.append((url, outcome))
        if outcome == 200:
            return
        for pending in batch:
            self._retry(pending)

    def _post(self, url: str, body: bytes) -> int | str:
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(body)}
        try:
            if not self._verify_callback(url):
                return "the callback did not echo hub.challenge"
            return loopback_client.post(url, body, headers=headers, seconds=10)
        except (loopback_client.NotLoopback, loopback_client.Unreachable, loopback_client.Timeout) as error:
            return type(error).__name__

    def _verify_callback(self, url: str) -> bool:
        """Return True if the callback has proved once that it knows the verify token."""
        token = str(self.get_option("verify_token"))
        if (url, token) in self._verified:
            return True
        challenge = str(secrets.randbelow(10**9))
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
        separator = "&" if "?" in url else "?"
        response = loopback_client.fetch(f"{url}{separator}{urlencode(query)}", limit=1000, seconds=10)
        if response.status != 200 or response.content.strip() != challenge.encode():
            return False
        self._verified.add((url, token))
        return True

    def _retry(self, pending: _PendingWebhook) -> None:
        if pending.attempt < int(self.get_option("webhook_retries")):
            wait = float(self.get_option("webhook_retry_seconds")) * 2**pending.attempt
            self._enqueue(replace(pending, due_at=time.monotonic() + wait, attempt=pending.attempt + 1))
