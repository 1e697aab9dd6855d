"""The writes of one worker: each begins in a thread of its pool, or is proven not sent."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
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

    def start(self, intents: Sequence[Intent], *, gated_monotonic: float) -> None:
        """Have threads write the intents; those that none will write are recorded as not sent.

        These are all after ``close``, and the rest once the pool refuses one; then its error is raised.
        """
        not_begun = list(intents)
        try:
            while not_begun and self._submit(not_begun[0], gated_monotonic):
                del not_begun[0]
        finally:
            for intent in not_begun:
                record_not_sent(self._account_session, self._sender, intent)

    def _submit(self, intent: Intent, gated_monotonic: float) -> bool:
        """Give the intent to the pool; return False after ``close``."""
        # A future of our own: a pool that raises keeps what it queued, and only this takes it back.
        future: Future[datetime | None] = Future()

        def write() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = send_intent(
                    self._account_session, self._sender, intent, gated_monotonic=gated_monotonic
                )
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        def end(_future: "Future[datetime | None]") -> None:
            self._sender.writes_in_flight.discard(intent.key)
            self._wake()

        with self._lock:
            if self._is_closed:
                return False
            self._sender.writes_in_flight.add(intent.key)
            self._intents[future] = intent
            future.add_done_callback(end)
            try:
                queued = self._pool.submit(write)
            except BaseException:
                if future.cancel():
                    del self._intents[future]
                    raise
                return True  # a thread writes it all the same
        # A pool that is shut down drops what it queued.
        queued.add_done_callback(lambda queued: queued.cancelled() and future.cancel())
        return True

    def collect_ended(self) -> Iterator[datetime]:
        """Forget each write that ended; yield until when the account must wait for it."""
        for future in [future for future in list(self._intents) if future.done()]:
            with self._lock:
                self._intents.pop(future, None)
            until = None if future.cancelled() else future.result()
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
