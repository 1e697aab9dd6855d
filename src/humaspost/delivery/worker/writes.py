"""The writes of one worker: each begins in a thread of its pool, or is proven not sent."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.steps.send import record_not_sent, send_intent
from humaspost.model.delivery import Intent


class Writes:
    """The writes that were started and not collected; ``wake`` is called when one ends.

    Its deciding thread starts and collects them; any thread may ``close``.
    """

    def __init__(
        self,
        account_session: AccountSession,
        sender: SenderContext,
        pool: ThreadPoolExecutor,
        wake: Callable[[], None],
    ) -> None:
        self._account_session, self._sender, self._pool, self._wake = account_session, sender, pool, wake
        self._intents: dict[Future[datetime | None], Intent] = {}
        self._is_closed = False
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._intents)

    def start(self, intent: Intent, *, gated_monotonic: float) -> None:
        """Have a thread write the intent; after ``close`` it is recorded as not sent."""
        with self._lock:
            if not self._is_closed:
                self._submit(intent, gated_monotonic)
                return
        record_not_sent(self._account_session, self._sender, intent)

    def _submit(self, intent: Intent, gated_monotonic: float) -> None:
        def end(_future: "Future[datetime | None]") -> None:
            self._sender.writes_in_flight.discard(intent.key)
            self._wake()

        # A pool that raises may have queued it all the same: then it counts as in flight to the end.
        self._sender.writes_in_flight.add(intent.key)
        future = self._pool.submit(
            send_intent, self._account_session, self._sender, intent, gated_monotonic=gated_monotonic
        )
        self._intents[future] = intent
        future.add_done_callback(end)

    def collect_ended(self) -> Iterator[datetime]:
        """Forget each write that ended; yield until when the account must wait for it."""
        for future in [future for future in list(self._intents) if future.done()]:
            with self._lock:
                self._intents.pop(future, None)
            until = future.result()
            if until is not None:
                yield until

    def close(self, *, deadline: float) -> int:
        """Wait for the writes until ``deadline``; return how many are still being made then.

        One that no thread has begun is proven not sent. ``deadline`` is a monotonic time.
        """
        while not all(future.done() for future in list(self._intents)) and time.monotonic() < deadline:
            time.sleep(0.01)
        with self._lock:
            self._is_closed = True
            not_begun = [intent for future, intent in self._intents.items() if future.cancel()]
            running = [future for future in self._intents if not future.done()]
            self._intents = {future: self._intents[future] for future in running}
        for intent in not_begun:
            record_not_sent(self._account_session, self._sender, intent)
        return len(running)
