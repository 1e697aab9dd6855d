"""The worker of one account: one thread decides what is next, a few threads write."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.steps.bugs import is_bug
from humaspost.delivery.worker.account_check import (
    AccountBlocked,
    hold_due_deliveries,
    refresh_login,
    verify_account,
)
from humaspost.delivery.worker.claimed import ClaimedDeliveries
from humaspost.delivery.worker.failures import Failures
from humaspost.delivery.worker.gate_queue import GateQueue
from humaspost.delivery.worker.preparations import PREPARE_AHEAD, Preparations
from humaspost.delivery.worker.turn_errors import TurnErrors
from humaspost.delivery.worker.writes import Writes
from humaspost.ledger.deliveries import claims
from humaspost.ledger.deliveries.gate import Deferred, GateRequest
from humaspost.ledger.errors import LedgerReplacedError
from humaspost.model.delivery import Intent
from humaspost.model.event_kind import EventKind

#: Deliveries are claimed this long before their time, so that they pass the gate on the minute.
CLAIM_AHEAD = timedelta(seconds=0.5)
#: Seconds of the longest sleep; the daemon notices writes of other processes and wakes the worker.
MAX_SLEEP = 30.0
#: How often the gate checks deliveries that are due and still not prepared.
GATE_RECHECK_INTERVAL = timedelta(seconds=30)
#: Seconds between two checks whether the login must be refreshed.
LOGIN_CHECK_INTERVAL = 3600.0


@dataclass
class AccountWorker:
    """The sender of one account; ``start`` and ``stop`` it."""

    account_session: AccountSession
    sender: SenderContext
    thread_count: int
    _idle_until: datetime | None = None
    _wake_count: int = 0
    _handled_wake_count: int = -1
    _blocked_until: datetime | None = None
    _upcoming_checked_at: float = 0.0
    _account_block: AccountBlocked | None = None
    _login_checked_at: float = float("-inf")
    _reported_limits: dict[str, datetime] = field(default_factory=dict)
    _wake_event: threading.Event = field(default_factory=threading.Event)
    _reset_requested: threading.Event = field(default_factory=threading.Event)
    _stop_requested: threading.Event = field(default_factory=threading.Event)
    _turn_error: Exception | None = None

    def __post_init__(self) -> None:
        # It starts its threads when they are needed.
        self._pool = ThreadPoolExecutor(
            self.thread_count + 2, thread_name_prefix=self.account_session.account.name
        )
        self._writes = Writes(self.account_session, self.sender, self._pool, self._wake_event.set)
        self._preparations = Preparations(self.account_session, self.sender, self._wake_event.set)
        self._failures = Failures(self.account_session, self.sender)
        self._turn_errors = TurnErrors(self.account_session, self.sender)
        self._claimed = ClaimedDeliveries(
            self.account_session, self.sender, self._preparations, self._failures
        )
        self._gate_queue = GateQueue(
            self.account_session, self.sender, self._claimed, self._preparations, self._failures
        )

    def start(self) -> None:
        """Start the threads of the worker."""
        self._thread = threading.Thread(
            target=self._run, name=f"worker-{self.account_session.account.name}", daemon=True
        )
        self._thread.start()

    @property
    def idle_until(self) -> datetime | None:
        """Return when the worker acts next.

        None while it has claims, or was woken and has not checked the ledger yet. A worker whose turns raise
        for a bug does not act any more.
        """
        if self._turn_errors.is_stuck:
            return _NEVER
        return self._idle_until if self._handled_wake_count == self._wake_count else None

    def wake(self) -> None:
        """Wake the worker, so that it checks the ledger at once."""
        self._wake_count += 1
        self._wake_event.set()

    def reset_after_clock_change(self) -> None:
        """Read claims and waits from the ledger again, after the clock was set back."""
        self._reset_requested.set()
        self.wake()

    def stop_accepting(self) -> None:
        """Stop making new intents; writes in flight continue."""
        self._stop_requested.set()
        self._wake_event.set()

    def stop(self, *, timeout: float) -> int:
        """Stop the worker; return how many writes were in flight after ``timeout`` seconds."""
        self.stop_accepting()
        deadline = time.monotonic() + timeout
        self._thread.join(timeout)
        in_flight = self._writes.close(deadline=deadline)
        self._pool.shutdown(wait=not in_flight, cancel_futures=True)
        if not in_flight:
            self.account_session.close()
        return in_flight

    # -- the deciding thread ---------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop_requested.is_set():
            self._wake_event.clear()
            wake_count = self._wake_count
            try:
                pause = self._tick()
                self._turn_errors.clear()
                self._handled_wake_count = wake_count
            except LedgerReplacedError:
                pause = MAX_SLEEP  # the process ends with it, and says so once
            except Exception as error:
                # A failed commit (disk full, say) ends only this turn: no intent, no send.
                # Whatever wakes the worker, the next turn waits: it would probably raise too.
                self._stop_requested.wait(self._turn_errors.add(error))
                continue
            if pause > 0:
                self._wake_event.wait(pause)
        try:
            self._claimed.release_all()
        except LedgerReplacedError:
            pass  # the process ends with it
        except Exception as error:  # what a disk refuses here, the next start recovers
            self._turn_errors.add(error)

    def _tick(self) -> float:
        """Run one turn; return the seconds until the next."""
        now = self.sender.now()
        self._turn_error = None
        self._isolate(self._collect_finished)
        if self._reset_requested.is_set():
            self._claimed.release_all()
            self._preparations.load()
            self._blocked_until = self._account_block = None
            self._reset_requested.clear()
        self._isolate(self._refresh_login)
        due = self._next_due() if self._free_slots() else now
        if due is not None and due <= now + PREPARE_AHEAD and (account_block := self._check_account(now)):
            self._claimed.release_all()
            return self._compute_sleep(account_block.until)
        if due is not None and due <= now + CLAIM_AHEAD:
            self._isolate(lambda: self._claim(now))
        self._claimed.attach_preparations(now)
        if time.monotonic() - self._upcoming_checked_at > 10 and due is not None:
            self._upcoming_checked_at = time.monotonic()
            if self.sender.only_post is None:
                self._preparations.prepare_upcoming(now)
        self._preparations.advance(self._pool, now)
        self._gate_queue.fail_unpreparable()
        self._isolate(self._failures.record)
        self._pass_gate(self.sender.now())
        self._isolate(self._failures.record)
        if self._turn_error is not None:
            raise self._turn_error
        return self._compute_sleep(self._next_due() if not self._claimed else None)

    def _isolate(self, step: Callable[[], None]) -> None:
        """Run a step whose bug does not stop the rest of the turn; the turn has raised all the same."""
        try:
            step()
        except Exception as error:
            if not is_bug(error):
                raise
            self._turn_error = self._turn_error or error

    def _next_due(self) -> datetime | None:
        with self.sender.ledger.read() as conn:
            return claims.get_next_due(conn, self.account_session.account_id, only_post=self.sender.only_post)

    def _check_account(self, now: datetime) -> AccountBlocked | None:
        """Return why the account may not send now, or None.

        Nothing is sent before the platform confirmed the credentials, or while the account is held.
        """
        account_block = self._account_block
        released = (
            account_block is not None
            and not hold_due_deliveries(self.account_session, self.sender)
            and account_block.is_held
        )
        if account_block is None or now >= account_block.until or released:
            self._account_block = verify_account(self.account_session, self.sender)
        return self._account_block

    def _refresh_login(self) -> None:
        if time.monotonic() - self._login_checked_at > LOGIN_CHECK_INTERVAL:
            self._login_checked_at = time.monotonic()
            refresh_login(self.account_session, self.sender)

    def _compute_sleep(self, due: datetime | None) -> float:
        now = self.sender.now()
        if self._blocked_until and self._blocked_until > now and due is not None:
            due = max(due, self._blocked_until)
        times = [m for m in (due, self._blocked_until) if m is not None]
        times += [c.due_at for c in self._claimed if c.preparation.progress.ready]
        times += self._preparations.poll_times
        busy = bool(self._writes) or self._preparations.is_busy
        upcoming = [m for m in times if m > now]
        ready = any(c.due_at <= now and c.preparation.progress.ready for c in self._claimed)
        self._idle_until = None if busy or self._claimed else min(times, default=_NEVER)
        if busy:
            return min([0.25, *((m - now).total_seconds() for m in upcoming)])
        if not upcoming:
            return 0.05 if times or ready else MAX_SLEEP
        early = CLAIM_AHEAD.total_seconds() if not self._claimed else 0.0
        return max(0.001, min(MAX_SLEEP, (min(upcoming) - now).total_seconds() - early))

    # -- claims and preparation ------------------------------------------------------------------

    def _claim(self, now: datetime) -> None:
        free_slots = self._free_slots()
        if free_slots and not (self._blocked_until and self._blocked_until > now + CLAIM_AHEAD):
            self._claimed.claim(until=now + CLAIM_AHEAD, now=now, limit=free_slots)

    def _free_slots(self) -> int:
        """Return how many more may be claimed; none until half of the claims are gone."""
        free_slots = 4 * self.thread_count - len(self._claimed)
        return free_slots if free_slots >= 2 * self.thread_count else 0

    def _collect_finished(self) -> None:
        """Collect the results of finished threads."""
        while self.account_session.invalidated_parts:
            self._renew_preparation(self.account_session.invalidated_parts.pop())
        for wait_end in self._writes.collect_ended():
            self._blocked_until = max(wait_end, self._blocked_until or wait_end)
        self._preparations.collect_finished()
        for preparation in {
            claimed.preparation for claimed in self._claimed if claimed.preparation.is_deferred
        }:
            if (until := preparation.progress.account_blocked_until) is not None:
                self._blocked_until = max(until, self._blocked_until or until)
            self._gate_queue.defer(preparation)
        self._recheck_late(self.sender.now())
        self._preparations.evict({claimed.preparation for claimed in self._claimed})

    def _recheck_late(self, now: datetime) -> None:
        """Apply the rules to due deliveries that are not prepared yet: they may be too late."""
        since = now - GATE_RECHECK_INTERVAL
        late = [
            c.preparation
            for c in self._claimed
            if c.due_at <= since and c.preparation.is_gate_check_due(since=since)
        ]
        for preparation in dict.fromkeys(late):
            preparation.gate_checked_at = now
            self._gate_queue.defer(preparation)

    def _renew_preparation(self, part_hash: str) -> None:
        try:
            self._claimed.renew_preparation(part_hash)
        except Exception:
            self.account_session.invalidated_parts.add(
                part_hash
            )  # a used-up preparation must not be used again
            raise

    # -- the gate --------------------------------------------------------------------------------

    def _pass_gate(self, now: datetime) -> None:
        if self._blocked_until is not None:
            if self._blocked_until > now:
                if self._blocked_until > now + timedelta(seconds=5):
                    self._claimed.release_all(self._blocked_until)
                return
            self._blocked_until = None
        free = self.thread_count - len(self._writes)
        ready = [c for c in self._claimed if c.preparation.progress.ready and c.due_at <= now][:free]
        if not ready or self._stop_requested.is_set():
            return
        requests = [GateRequest(c.key, c.preparation.part_hash, c.preparation.progress.token) for c in ready]
        results = self._gate_queue.pass_gate(requests, now)
        gated_monotonic = time.monotonic()
        deferred = {p.key: p for p in results if isinstance(p, Deferred)}
        self._claimed.discard([c for c in ready if c.key not in deferred])
        intents = [result for result in results if isinstance(result, Intent)]
        # The intents used up these preparations.
        self.account_session.invalidated_parts.update(
            intent.part.hash for intent in intents if intent.to is None
        )
        self._writes.start(intents, gated_monotonic=gated_monotonic)
        self._gate_queue.report_blocked(results)
        self._defer(deferred, now)

    def _defer(self, deferred: dict[str, Deferred], now: datetime) -> None:
        """Wait for a slot within seconds; release claims that must wait longer."""
        account_wide = [w for w in deferred.values() if w.whole_account]
        recipient_only = [w for w in deferred.values() if not w.whole_account]
        if account_wide:
            self._blocked_until = min(w.until for w in account_wide)
        for until in {w.until for w in recipient_only}:
            keys = {w.key for w in recipient_only if w.until == until}
            self._claimed.release([c for c in self._claimed if c.key in keys], until)
        if self._blocked_until and self._blocked_until > now + timedelta(seconds=5):
            self._report_limits(account_wide, now)
            self._claimed.release_all(self._blocked_until)
        self._report_limits([w for w in recipient_only if w.quota], now)

    def _report_limits(self, deferred: list[Deferred], now: datetime) -> None:
        """Report each limit once, however many deliveries wait for it."""
        for deferral in deferred:
            if now >= self._reported_limits.get(deferral.quota, now):
                self._reported_limits[deferral.quota] = deferral.until
                name = self.account_session.account.name
                self.sender.emit(DeliveryEvent(now, EventKind.LIMIT, account=name, detail=deferral.quota))


_NEVER = datetime.max.replace(tzinfo=UTC)
