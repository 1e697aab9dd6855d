"""The preparations of one worker: advanced by threads, and shared by the deliveries."""

import json
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent, describe_error
from humaspost.delivery.steps import prepare
from humaspost.delivery.steps.bugs import as_rejection, is_bug
from humaspost.ledger.deliveries import preparations
from humaspost.model.event_kind import EventKind
from humaspost.model.rendition import Part, Rendition

PREPARE_AHEAD = timedelta(minutes=15)
#: The delay after a step that failed for a reason of our own (a ledger that cannot be read, say).
STEP_RETRY_DELAY = timedelta(seconds=1)
#: At most this many finished parts are kept in memory; the ledger keeps their tokens.
MAX_FINISHED = 1000


@dataclass(slots=True, eq=False)
class Preparation:
    """The preparation of one part; ``future`` is set while a thread advances it.

    ``gate_checked_at`` is when the gate last checked it although it was not ready. ``is_released`` = no
    delivery waits for it any more: it ends with the step that a thread is making.
    """

    part: Part
    part_hash: str
    progress: prepare.Progress
    future: "Future[prepare.Progress] | None" = None
    gate_checked_at: datetime | None = None
    is_released: bool = False

    @property
    def is_deferred(self) -> bool:
        """Return True if its last step was refused for now."""
        return self.progress.deferred_by is not None and self.future is None

    def is_gate_check_due(self, *, since: datetime) -> bool:
        """Return True if it is still not ready and the gate did not check it after ``since``."""
        is_open = not (self.progress.ready or self.progress.failed)
        return is_open and (self.gate_checked_at is None or self.gate_checked_at <= since)


class Preparations:
    """All preparations of one worker; only its deciding thread uses them.

    ``wake`` is called when a thread has finished a step.
    """

    def __init__(
        self, account_session: AccountSession, sender: SenderContext, wake: Callable[[], None]
    ) -> None:
        self._account_session, self._sender, self._wake = account_session, sender, wake
        self._by_hash: dict[str, Preparation] = {}

    @property
    def is_busy(self) -> bool:
        """Return True if a thread advances one of them now."""
        return any(preparation.future for preparation in self._by_hash.values())

    @property
    def poll_times(self) -> list[datetime]:
        """Return when to poll the platform again for the preparations that wait for it."""
        times = [w.progress.next_at for w in self._by_hash.values() if not (w.future or w.progress.ready)]
        return [time for time in times if time is not None]

    def get_or_start(self, part: Part) -> Preparation:
        """Return the preparation of the part, with its progress from the ledger if it is new."""
        preparation = self._by_hash.get(part.hash)
        if preparation is None:
            return self.restart(part)
        preparation.is_released = False
        return preparation

    def load(self) -> None:
        """Load the progress of waiting preparations from the ledger."""
        for part_hash, preparation in self._by_hash.items():
            if not (preparation.future or preparation.progress.ready or preparation.progress.failed):
                preparation.progress = self._load_progress(part_hash)

    def discard(self, part_hash: str) -> None:
        """Forget the preparation; the next request for the part loads it from the ledger."""
        self._by_hash.pop(part_hash, None)

    def release(self, preparation: Preparation) -> None:
        """Forget a preparation that no delivery waits for.

        A step that a thread is making ends first, or two threads would make the next one.
        """
        if preparation.future is None:
            self.discard(preparation.part_hash)
        else:
            preparation.is_released = True

    def restart(self, part: Part) -> Preparation:
        """Replace the preparation of the part with one loaded from the ledger.

        The old one stays where the ledger cannot be read.
        """
        preparation = Preparation(part, part.hash, self._load_progress(part.hash))
        self._by_hash[part.hash] = preparation
        return preparation

    def _load_progress(self, part_hash: str) -> prepare.Progress:
        """Return the progress in the ledger; one that cannot be understood has failed."""
        try:
            return prepare.load_progress(self._account_session, self._sender, part_hash)
        except Exception as error:
            if not is_bug(error):
                raise
            return prepare.Progress(False, failed=as_rejection(error))

    def prepare_upcoming(self, now: datetime) -> None:
        """Start to prepare posts with media that are due within a quarter of an hour.

        This freezes nothing.
        """
        with self._sender.ledger.read() as conn:
            upcoming = preparations.list_upcoming(
                conn, self._account_session.account_id, until=now + PREPARE_AHEAD
            )
        for post, rendition_json, _due in upcoming:
            try:
                self._prepare_post(post, rendition_json, now)
            except Exception as error:
                if not is_bug(error):
                    raise
                # It fails, and is reported, when it is claimed; the other posts are prepared.

    def _prepare_post(self, post: str, rendition_json: str, now: datetime) -> None:
        for part in Rendition.from_json(json.loads(rendition_json)).parts:
            if part.media and part.hash not in self._by_hash:
                self.get_or_start(part)
                self._sender.emit(
                    DeliveryEvent(now, EventKind.PREPARING, post, self._account_session.account.name)
                )

    def advance(self, pool: ThreadPoolExecutor, now: datetime) -> None:
        """Start the next step of every preparation that can make one."""
        for preparation in self._by_hash.values():
            progress = preparation.progress
            waits = progress.next_at is not None and progress.next_at > now
            if preparation.future or progress.ready or progress.failed or waits:
                continue
            preparation.future = pool.submit(
                prepare.advance,
                self._account_session,
                self._sender,
                preparation.part,
                part_hash=preparation.part_hash,
                token=progress.token,
            )
            preparation.future.add_done_callback(lambda _future: self._wake())

    def collect_finished(self) -> None:
        """Collect the results of finished steps."""
        finished = [work for work in self._by_hash.values() if work.future and work.future.done()]
        for preparation in finished:
            assert preparation.future is not None
            future, preparation.future = preparation.future, None
            try:
                preparation.progress = future.result()
            except Exception as error:
                preparation.progress = self._handle_error(preparation.progress, error)
            if preparation.is_released:
                self.discard(preparation.part_hash)

    def _handle_error(self, progress: prepare.Progress, error: Exception) -> prepare.Progress:
        """Return the progress after a step that raised.

        Raised again at every turn, the error would stop all sending of the account.
        """
        if is_bug(error):
            return replace(progress, failed=as_rejection(error))
        now, name = self._sender.now(), self._account_session.account.name
        self._sender.emit(DeliveryEvent(now, EventKind.PROBLEM, account=name, detail=describe_error(error)))
        return replace(progress, next_at=now + STEP_RETRY_DELAY)

    def evict(self, needed: Collection[Preparation]) -> None:
        """Remove preparations beyond MAX_FINISHED, except those that are needed or busy."""
        idle = [
            key
            for key, preparation in self._by_hash.items()
            if preparation not in needed and not preparation.future
        ]
        for part_hash in idle[: max(0, len(self._by_hash) - MAX_FINISHED)]:
            del self._by_hash[part_hash]
