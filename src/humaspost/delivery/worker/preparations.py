"""The parts of one lane on their way to Ready: begun, advanced by threads, remembered for all who share them."""

import json
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from humaspost.delivery.account_session import Line, Sender
from humaspost.delivery.events import Happened, trouble
from humaspost.delivery.steps import prepare
from humaspost.ledger.deliveries import preparations
from humaspost.model.rendition import Part, Rendition

AHEAD = timedelta(minutes=15)
#: A step that failed for a reason of our own (a ledger that cannot be read, say) is made again after this.
ANEW = timedelta(seconds=1)
#: More finished parts than this are not remembered; the ledger still is.
MOST = 1000


@dataclass(slots=True, eq=False)
class Work:
    """One part on its way to Ready; ``future`` while a thread advances it.

    ``asked`` is when the gate last heard of it though it was not ready. ``unwanted`` = nobody waits for it any more:
    it ends with the step that a thread is making.
    """

    part: Part
    part_hash: str
    progress: prepare.Progress
    future: "Future[prepare.Progress] | None" = None
    asked: datetime | None = None
    unwanted: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether its last step was not taken for now."""
        return self.progress.refused is not None and self.future is None

    def is_awaited(self, *, since: datetime) -> bool:
        """Whether it is still not ready, and the gate has not heard of it since then."""
        is_open = not (self.progress.ready or self.progress.failed)
        return is_open and (self.asked is None or self.asked <= since)


class Works:
    """Used by the lane's deciding thread only; ``wake`` is called when a thread has finished a step."""

    def __init__(self, line: Line, sender: Sender, wake: Callable[[], None]) -> None:
        self._line, self._sender, self._wake = line, sender, wake
        self._by_hash: dict[str, Work] = {}

    @property
    def are_busy(self) -> bool:
        """Whether a thread advances one of them now."""
        return any(work.future for work in self._by_hash.values())

    @property
    def polls(self) -> list[datetime]:
        """When those that wait for a platform want to be asked again."""
        waiting = [w.progress.next_at for w in self._by_hash.values() if not (w.future or w.progress.ready)]
        return [moment for moment in waiting if moment is not None]

    def of(self, part: Part) -> Work:
        """The work on the part, as far as the ledger remembers it."""
        known = self._by_hash.get(part.hash)
        if known is None:
            return self.anew(part)
        known.unwanted = False
        return known

    def recall(self) -> None:
        """What waits is as the ledger has it."""
        for part_hash, work in self._by_hash.items():
            if not (work.future or work.progress.ready or work.progress.failed):
                work.progress = prepare.recall(self._line, self._sender, part_hash)

    def forget(self, part_hash: str) -> None:
        """The part is begun anew when it is asked for again."""
        self._by_hash.pop(part_hash, None)

    def let_go(self, work: Work) -> None:
        """Nobody waits for it; a thread that makes a step of it ends that first, or two would make the next one."""
        if work.future is None:
            self.forget(work.part_hash)
        else:
            work.unwanted = True

    def anew(self, part: Part) -> Work:
        """Other work on the part, as the ledger has it now; the work that it had stays where the ledger fails."""
        fresh = Work(part, part.hash, prepare.recall(self._line, self._sender, part.hash))
        self._by_hash[part.hash] = fresh
        return fresh

    def begin_ahead(self, now: datetime) -> None:
        """What comes due in a quarter of an hour and has media is begun; nothing is frozen by it."""
        with self._sender.ledger.read() as conn:
            coming = preparations.ahead(conn, self._line.id, until=now + AHEAD)
        for post, body, _due in coming:
            for part in Rendition.from_json(json.loads(body)).parts:
                if part.media and part.hash not in self._by_hash:
                    self.of(part)
                    self._sender.tell(Happened(now, "preparing", post, self._line.account.name))

    def advance(self, pool: ThreadPoolExecutor, now: datetime) -> None:
        """Every one that can take a step is taking it."""
        for work in self._by_hash.values():
            progress = work.progress
            waits = progress.next_at is not None and progress.next_at > now
            if work.future or progress.ready or progress.failed or waits:
                continue
            work.future = pool.submit(
                prepare.advance,
                self._line,
                self._sender,
                work.part,
                part_hash=work.part_hash,
                token=progress.token,
            )
            work.future.add_done_callback(lambda _future: self._wake())

    def reap(self) -> None:
        """Those whose step has ended have what it gave."""
        ended = [work for work in self._by_hash.values() if work.future and work.future.done()]
        for work in ended:
            assert work.future is not None
            future, work.future = work.future, None
            try:
                work.progress = future.result()
            except Exception as error:
                # It must not be met again at every turn: nothing of the whole account would go out any more.
                now = self._sender.now()
                work.progress = replace(work.progress, next_at=now + ANEW)
                self._sender.tell(
                    Happened(now, "problem", account=self._line.account.name, detail=trouble(error))
                )
            if work.unwanted:
                self.forget(work.part_hash)

    def trim(self, needed: Collection[Work]) -> None:
        """No more are remembered than MOST, but for the needed and the busy."""
        idle = [key for key, work in self._by_hash.items() if work not in needed and not work.future]
        for part_hash in idle[: max(0, len(self._by_hash) - MOST)]:
            del self._by_hash[part_hash]
