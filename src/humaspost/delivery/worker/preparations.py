"""The parts of one lane on their way to Ready: begun, advanced by threads, remembered for all who share them."""

import json
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent, describe_error
from humaspost.delivery.steps import prepare
from humaspost.ledger.deliveries import preparations
from humaspost.model.event_kind import EventKind
from humaspost.model.rendition import Part, Rendition

PREPARE_AHEAD = timedelta(minutes=15)
#: A step that failed for a reason of our own (a ledger that cannot be read, say) is made again after this.
STEP_RETRY_DELAY = timedelta(seconds=1)
#: More finished parts than this are not remembered; the ledger still is.
MAX_FINISHED = 1000


@dataclass(slots=True, eq=False)
class Preparation:
    """One part on its way to Ready; ``future`` while a thread advances it.

    ``asked`` is when the gate last heard of it though it was not ready. ``unwanted`` = nobody waits for it any more:
    it ends with the step that a thread is making.
    """

    part: Part
    part_hash: str
    progress: prepare.Progress
    future: "Future[prepare.Progress] | None" = None
    gate_checked_at: datetime | None = None
    is_released: bool = False

    @property
    def is_deferred(self) -> bool:
        """Whether its last step was not taken for now."""
        return self.progress.deferred_by is not None and self.future is None

    def is_gate_check_due(self, *, since: datetime) -> bool:
        """Whether it is still not ready, and the gate has not heard of it since then."""
        is_open = not (self.progress.ready or self.progress.failed)
        return is_open and (self.gate_checked_at is None or self.gate_checked_at <= since)


class Preparations:
    """Used by the lane's deciding thread only; ``wake`` is called when a thread has finished a step."""

    def __init__(
        self, account_session: AccountSession, sender: SenderContext, wake: Callable[[], None]
    ) -> None:
        self._account_session, self._sender, self._wake = account_session, sender, wake
        self._by_hash: dict[str, Preparation] = {}

    @property
    def is_busy(self) -> bool:
        """Whether a thread advances one of them now."""
        return any(preparation.future for preparation in self._by_hash.values())

    @property
    def poll_times(self) -> list[datetime]:
        """When those that wait for a platform want to be asked again."""
        times = [w.progress.next_at for w in self._by_hash.values() if not (w.future or w.progress.ready)]
        return [time for time in times if time is not None]

    def get_or_start(self, part: Part) -> Preparation:
        """The work on the part, as far as the ledger remembers it."""
        preparation = self._by_hash.get(part.hash)
        if preparation is None:
            return self.restart(part)
        preparation.is_released = False
        return preparation

    def load(self) -> None:
        """What waits is as the ledger has it."""
        for part_hash, preparation in self._by_hash.items():
            if not (preparation.future or preparation.progress.ready or preparation.progress.failed):
                preparation.progress = prepare.load_progress(self._account_session, self._sender, part_hash)

    def discard(self, part_hash: str) -> None:
        """The part is begun anew when it is asked for again."""
        self._by_hash.pop(part_hash, None)

    def release(self, preparation: Preparation) -> None:
        """Nobody waits for it; a thread that makes a step of it ends that first, or two would make the next one."""
        if preparation.future is None:
            self.discard(preparation.part_hash)
        else:
            preparation.is_released = True

    def restart(self, part: Part) -> Preparation:
        """Other work on the part, as the ledger has it now; the work that it had stays where the ledger fails."""
        preparation = Preparation(
            part, part.hash, prepare.load_progress(self._account_session, self._sender, part.hash)
        )
        self._by_hash[part.hash] = preparation
        return preparation

    def prepare_upcoming(self, now: datetime) -> None:
        """What comes due in a quarter of an hour and has media is begun; nothing is frozen by it."""
        with self._sender.ledger.read() as conn:
            upcoming = preparations.list_upcoming(
                conn, self._account_session.account_id, until=now + PREPARE_AHEAD
            )
        for post, rendition_json, _due in upcoming:
            for part in Rendition.from_json(json.loads(rendition_json)).parts:
                if part.media and part.hash not in self._by_hash:
                    self.get_or_start(part)
                    self._sender.emit(
                        DeliveryEvent(now, EventKind.PREPARING, post, self._account_session.account.name)
                    )

    def advance(self, pool: ThreadPoolExecutor, now: datetime) -> None:
        """Every one that can take a step is taking it."""
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
        """Those whose step has ended have what it gave."""
        finished = [work for work in self._by_hash.values() if work.future and work.future.done()]
        for preparation in finished:
            assert preparation.future is not None
            future, preparation.future = preparation.future, None
            try:
                preparation.progress = future.result()
            except Exception as error:
                # It must not be met again at every turn: nothing of the whole account would go out any more.
                now = self._sender.now()
                preparation.progress = replace(preparation.progress, next_at=now + STEP_RETRY_DELAY)
                self._sender.emit(
                    DeliveryEvent(
                        now,
                        EventKind.PROBLEM,
                        account=self._account_session.account.name,
                        detail=describe_error(error),
                    )
                )
            if preparation.is_released:
                self.discard(preparation.part_hash)

    def evict(self, needed: Collection[Preparation]) -> None:
        """No more are remembered than MOST, but for the needed and the busy."""
        idle = [
            key
            for key, preparation in self._by_hash.items()
            if preparation not in needed and not preparation.future
        ]
        for part_hash in idle[: max(0, len(self._by_hash) - MAX_FINISHED)]:
            del self._by_hash[part_hash]
