"""The parts of one lane on their way to Ready: begun, advanced by threads, remembered for all who share them."""

import json
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from humaspost.delivery import prepare
from humaspost.delivery.happened import Happened
from humaspost.delivery.line import Line, Sender
from humaspost.ledger import preparations
from humaspost.model.rendition import Part, Rendition

AHEAD = timedelta(minutes=15)
#: More finished parts than this are not remembered; the ledger still is.
MOST = 1000


@dataclass(slots=True, eq=False)
class Work:
    """One part on its way to Ready; ``future`` while a thread advances it."""

    part: Part
    part_hash: str
    progress: prepare.Progress
    future: "Future[prepare.Progress] | None" = None


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
        part_hash = part.hash
        if part_hash not in self._by_hash:
            progress = prepare.recall(self._line, self._sender, part_hash)
            self._by_hash[part_hash] = Work(part, part_hash, progress)
        return self._by_hash[part_hash]

    def recall(self) -> None:
        """What waits is as the ledger has it."""
        for part_hash, work in self._by_hash.items():
            if not (work.future or work.progress.ready or work.progress.failed):
                work.progress = prepare.recall(self._line, self._sender, part_hash)

    def forget(self, part_hash: str) -> Work | None:
        """The part is begun anew when it is asked for again; the work that it had."""
        return self._by_hash.pop(part_hash, None)

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

    def reap(self) -> list[Work]:
        """Those whose step has ended since the last question, with what it gave."""
        ended = [work for work in self._by_hash.values() if work.future and work.future.done()]
        for work in ended:
            assert work.future is not None
            work.progress, work.future = work.future.result(), None
        return ended

    def trim(self, needed: Collection[Work]) -> None:
        """No more are remembered than MOST, but for the needed and the busy."""
        idle = [key for key, work in self._by_hash.items() if work not in needed and not work.future]
        for part_hash in idle[: max(0, len(self._by_hash) - MOST)]:
            del self._by_hash[part_hash]
