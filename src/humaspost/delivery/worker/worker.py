"""A lane: one account's sender. One thread decides what goes next, a few write."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from humaspost.delivery.account_session import Line, Sender
from humaspost.delivery.events import Happened, trouble
from humaspost.delivery.steps.send import send
from humaspost.delivery.worker.account_check import Shut, contact, hold_waiting, keep
from humaspost.delivery.worker.claimed import Hand
from humaspost.delivery.worker.gate_queue import Turnstile
from humaspost.delivery.worker.preparations import AHEAD, Works
from humaspost.ledger.deliveries import claims
from humaspost.ledger.deliveries.gate import Intent, Ticket, Wait

#: Claimed this long before its time, so that the gate opens on the minute.
EARLY = timedelta(seconds=0.5)
#: The longest sleep: other processes' writes are noticed by the daemon, which wakes the lane.
NAP = 30.0
#: What is due, and still not prepared, is asked about at the gate so often.
LATE = timedelta(seconds=30)
#: How often a lane asks itself whether its login needs looking after, in seconds.
HOURLY = 3600.0


@dataclass
class Lane:
    """The sender of one account; ``start`` and ``stop`` it."""

    line: Line
    sender: Sender
    workers: int
    _quiet: datetime | None = None
    _asked: int = 0
    _seen: int = -1
    _flying: set["Future[datetime | None]"] = field(default_factory=set)
    _blocked: datetime | None = None
    _looked_ahead: float = 0.0
    _shut: Shut | None = None
    _kept: float = float("-inf")
    _told: dict[str, datetime] = field(default_factory=dict)
    _wake: threading.Event = field(default_factory=threading.Event)
    _anew: threading.Event = field(default_factory=threading.Event)
    _stopping: bool = False

    def __post_init__(self) -> None:
        self._works = Works(self.line, self.sender, self._wake.set)
        self._hand = Hand(self.line, self.sender, self._works)
        self._turnstile = Turnstile(self.line, self.sender, self._hand, self._works)

    def start(self) -> None:
        """The lane sends from now on."""
        self._pool = ThreadPoolExecutor(self.workers + 2, thread_name_prefix=self.line.account.name)
        self._thread = threading.Thread(target=self._run, name=f"lane-{self.line.account.name}", daemon=True)
        self._thread.start()

    @property
    def quiet_until(self) -> datetime | None:
        """When it acts next; None while it has something in hand or was woken and has not looked yet."""
        return self._quiet if self._seen == self._asked else None

    def wake(self) -> None:
        """Something changed: the lane looks again at once."""
        self._asked += 1
        self._wake.set()

    def begin_anew(self) -> None:
        """The clock was set back: what is claimed, and every wait, is asked of the ledger again."""
        self._anew.set()
        self.wake()

    def halt(self) -> None:
        """No new intent is made from here on; what is in flight goes on."""
        self._stopping = True
        self._wake.set()

    def stop(self, *, within: float) -> int:
        """No new intent is made; how many writes were still in flight after ``within`` seconds."""
        self.halt()
        deadline = time.monotonic() + within
        self._thread.join(within)
        while self._flying and time.monotonic() < deadline:
            self._flying = {f for f in self._flying if not f.done()}
            time.sleep(0.01)
        left = len(self._flying)
        self._pool.shutdown(wait=not left, cancel_futures=True)
        if not left:
            self.line.close()
        return left

    # -- the deciding thread ---------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            asked = self._asked
            try:
                pause = self._turn()
                self._seen = asked
            except Exception as error:
                # A failed commit (disk full, say) stops nothing but this turn: no intent, no send.
                self.sender.tell(Happened(self.sender.now(), "problem", detail=trouble(error)))
                pause = 1.0
            if pause > 0:
                self._wake.wait(pause)
        self._hand.put_all_back()

    def _turn(self) -> float:
        """One look at everything; how many seconds until the next."""
        now = self.sender.now()
        self._reap()
        if self._anew.is_set():
            self._hand.put_all_back()
            self._works.recall()
            self._blocked = self._shut = None
            self._anew.clear()
        self._keep_login()
        due = self._next_due() if self._room() else now
        if due is not None and due <= now + AHEAD and (shut := self._find_shut(now)):
            self._hand.put_all_back()
            return self._rest(shut.until)
        if due is not None and due <= now + EARLY:
            self._take(now)
        self._hand.place(now)
        if time.monotonic() - self._looked_ahead > 10 and due is not None:
            self._looked_ahead = time.monotonic()
            if self.sender.only is None:
                self._works.begin_ahead(now)
        self._works.advance(self._pool, now)
        self._turnstile.fail_hopeless()
        self._gate(self.sender.now())
        return self._rest(self._next_due() if not self._hand else None)

    def _next_due(self) -> datetime | None:
        with self.sender.ledger.read() as conn:
            return claims.next_due(conn, self.line.id, only=self.sender.only)

    def _find_shut(self, now: datetime) -> Shut | None:
        """Nothing is sent before the platform said whose credentials these are, or while the account is held."""
        shut = self._shut
        released = shut is not None and not hold_waiting(self.line, self.sender) and shut.held
        if shut is None or now >= shut.until or released:
            self._shut = contact(self.line, self.sender)
        return self._shut

    def _keep_login(self) -> None:
        if time.monotonic() - self._kept > HOURLY:
            self._kept = time.monotonic()
            keep(self.line, self.sender)

    def _rest(self, due: datetime | None) -> float:
        now = self.sender.now()
        if self._blocked and self._blocked > now and due is not None:
            due = max(due, self._blocked)
        moments = [m for m in (due, self._blocked) if m is not None]
        moments += [c.due_at for c in self._hand if c.work.progress.ready]
        moments += self._works.polls
        busy = bool(self._flying) or self._works.are_busy
        coming = [m for m in moments if m > now]
        ready = any(c.due_at <= now and c.work.progress.ready for c in self._hand)
        self._quiet = None if busy or self._hand else min(moments, default=_NEVER)
        if busy:
            return min([0.25, *((m - now).total_seconds() for m in coming)])
        if not coming:
            return 0.05 if moments or ready else NAP
        early = EARLY.total_seconds() if not self._hand else 0.0
        return max(0.001, min(NAP, (min(coming) - now).total_seconds() - early))

    # -- claims and preparation ------------------------------------------------------------------

    def _take(self, now: datetime) -> None:
        room = self._room()
        if room and not (self._blocked and self._blocked > now + EARLY):
            self._hand.take(until=now + EARLY, now=now, most=room)

    def _room(self) -> int:
        """How many more may be claimed; none until half of what was claimed has gone."""
        room = 4 * self.workers - len(self._hand)
        return room if room >= 2 * self.workers else 0

    def _reap(self) -> None:
        """What threads finished is known to the lane."""
        while self.line.spent:
            self._renew(self.line.spent.pop())
        for future in [future for future in self._flying if future.done()]:
            self._flying.discard(future)
            until = future.result()
            if until is not None:
                self._blocked = max(until, self._blocked or until)
        self._works.reap()
        for work in {claimed.work for claimed in self._hand if claimed.work.is_refused}:
            if (until := work.progress.lane_until) is not None:
                self._blocked = max(until, self._blocked or until)
            self._turnstile.refuse(work)
        self._ask_for_late(self.sender.now())
        self._works.trim({claimed.work for claimed in self._hand})

    def _ask_for_late(self, now: datetime) -> None:
        """What a platform has not finished when it is due passes by the rules now and then: it may be too late."""
        since = now - LATE
        late = [c.work for c in self._hand if c.due_at <= since and c.work.is_awaited(since=since)]
        for work in dict.fromkeys(late):
            work.asked = now
            self._turnstile.refuse(work)

    def _renew(self, part_hash: str) -> None:
        try:
            self._hand.renew(part_hash)
        except Exception:
            self.line.spent.add(part_hash)  # what is used up must not be used again
            raise

    # -- the gate --------------------------------------------------------------------------------

    def _gate(self, now: datetime) -> None:
        if self._blocked is not None:
            if self._blocked > now:
                if self._blocked > now + timedelta(seconds=5):
                    self._hand.put_all_back(self._blocked)
                return
            self._blocked = None
        free = self.workers - len(self._flying)
        ready = [c for c in self._hand if c.work.progress.ready and c.due_at <= now][:free]
        if not ready or self._stopping:
            return
        tickets = [Ticket(c.key, c.work.part_hash, c.work.progress.token) for c in ready]
        passages = self._turnstile.ask(tickets, now)
        gated = time.monotonic()
        waiting = {p.key: p for p in passages if isinstance(p, Wait)}
        self._hand.drop([c for c in ready if c.key not in waiting])
        for passage in passages:
            if isinstance(passage, Intent):
                if passage.to is None:
                    self.line.spent.add(passage.part.hash)  # it took along what was prepared
                self._fly(passage, gated)
        self._turnstile.tell_stops(passages)
        self._wait(waiting, now)

    def _fly(self, intent: Intent, gated: float) -> None:
        future = self._pool.submit(send, self.line, self.sender, intent, gated=gated)
        self._flying.add(future)
        future.add_done_callback(lambda _f: self._wake.set())

    def _wait(self, waiting: dict[str, Wait], now: datetime) -> None:
        """A slot within seconds is waited for; a longer wait frees what was claimed."""
        lane = [w for w in waiting.values() if w.whole_lane]
        alone = [w for w in waiting.values() if not w.whole_lane]
        if lane:
            self._blocked = min(w.until for w in lane)
        for until in {w.until for w in alone}:
            keys = {w.key for w in alone if w.until == until}
            self._hand.put_back([c for c in self._hand if c.key in keys], until)
        if self._blocked and self._blocked > now + timedelta(seconds=5):
            self._tell_limits(lane, now)
            self._hand.put_all_back(self._blocked)
        self._tell_limits([w for w in alone if w.quota], now)

    def _tell_limits(self, waits: list[Wait], now: datetime) -> None:
        """Each once, however many wait for it."""
        for wait in waits:
            if now >= self._told.get(wait.quota, now):
                self._told[wait.quota] = wait.until
                name = self.line.account.name
                self.sender.tell(Happened(now, "limit", account=name, detail=wait.quota))


_NEVER = datetime.max.replace(tzinfo=UTC)
