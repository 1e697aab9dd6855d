"""All account workers of one sender: started and drained together, stopped within seconds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.sender_process import DRAIN_TIMEOUT
from humaspost.delivery.steps import reconcile
from humaspost.delivery.worker.worker import AccountWorker
from humaspost.ledger import creation_time, worker_errors
from humaspost.ledger.deliveries import claims, limits
from humaspost.ledger.deliveries.clock_shift import shift_clock_times

#: A drain reads the folder again so often; a file that changes more often waits for the next run.
MAX_RESCANS = 5


@dataclass
class Engine:
    """The workers of all accounts; acquire the sender lock before ``start``."""

    account_sessions: Sequence[AccountSession]
    sender: SenderContext
    _workers: list[AccountWorker] = field(default_factory=list)

    def start(self) -> int:
        """Recover the claims and intents that nobody works on any more, and start all workers.

        They are of dead senders, or of an engine that stopped in this process. Returns how many of those
        intents are now unknown.
        """
        now, in_flight = self.sender.now(), self.sender.writes_in_flight.keys
        first_check_delays = {
            account_session.account_id: account_session.first_check_delay
            for account_session in self.account_sessions
        }

        def recover(conn: Connection) -> int:
            worker_errors.clear_all(conn)
            return claims.recover_orphans(
                conn, in_flight=in_flight, now=now, first_check_delay=first_check_delays.get
            )

        orphans = self.sender.ledger.write(recover)
        self.forget_old_quota_uses()
        self._start_workers()
        return orphans

    def _start_workers(self) -> None:
        """Start a worker for each account: all of them, or none."""
        for account_session in self.account_sessions:
            worker = AccountWorker(account_session, self.sender, _thread_count(account_session))
            try:
                worker.start()
            except BaseException:
                # The next start makes workers of its own: two for one account would share its rates and claims.
                self.stop(is_final=False)
                raise
            self._workers.append(worker)

    def forget_old_quota_uses(self) -> None:
        """Delete the uses that no quota of any account counts any more."""
        now = self.sender.now()

        def work(conn: Connection) -> None:
            for account_session in self.account_sessions:
                limits.delete_uses(conn, account_session.account_id, account_session.rules.quotas, now=now)

        self.sender.ledger.write(work)

    def wake(self) -> None:
        """Wake every worker after a change of the ledger."""
        for worker in self._workers:
            worker.wake()

    def shift_clock(self, offset: timedelta) -> None:
        """Correct stored times after the wall clock was set back by ``offset``.

        Nothing then waits until the clock has caught up, and workers release claims that are not due any
        more.
        """
        now = self.sender.now()

        def correct(conn: Connection) -> None:
            shift_clock_times(conn, offset, now=now)
            creation_time.correct_future_time(conn, now=now)

        self.sender.ledger.write(correct)
        for worker in self._workers:
            worker.reset_after_clock_change()

    def check_unknown(self) -> int:
        """Look up each unknown outcome whose lookup is due; return how many were due."""
        checked = reconcile.check_unknown(
            {account_session.account_id: account_session for account_session in self.account_sessions},
            self.sender,
        )
        if checked:
            self.wake()
        return checked

    def drain(
        self, *, idle_for: timedelta, deadline: float, rescan: Callable[[], None] | None = None
    ) -> bool:
        """Wait until everything that is due now or within ``idle_for`` is sent.

        ``rescan`` reads the folder again where the gate finds a file that is not what was read. Returns False
        after ``deadline`` seconds, or where a file is never what was read. Raises LedgerReplacedError where
        the ledger was moved or replaced meanwhile.
        """
        end, rescans = time.monotonic() + deadline, 0
        while time.monotonic() < end:
            self.sender.ledger.check_path()
            if rescan is not None and self.sender.rescan_requested.is_set():
                if rescans == MAX_RESCANS:
                    return False
                rescans += 1
                self.sender.rescan_requested.clear()
                rescan()
                self.wake()
            horizon = self.sender.now() + idle_for
            if all(worker.idle_until is not None and worker.idle_until > horizon for worker in self._workers):
                return True
            time.sleep(0.02)
        return False

    def stop(self, *, timeout: float = DRAIN_TIMEOUT, is_final: bool = True) -> int:
        """Stop all workers; return how many writes were in flight after ``timeout`` seconds.

        No new intent is committed. With ``is_final`` the process ends, and outcomes that the disk refuses are dropped.
        """
        end = time.monotonic() + timeout
        for worker in self._workers:
            worker.stop_accepting()
        in_flight = sum(worker.stop(timeout=max(0.1, end - time.monotonic())) for worker in self._workers)
        if in_flight and is_final:
            # A disk that still refuses writes must not keep the process alive: these outcomes become unknown.
            self.sender.receipts.shutting_down.set()
        self._workers = []
        return in_flight


def _thread_count(account_session: AccountSession) -> int:
    """Return enough threads for the account's rate at about 300 ms a write, from 2 to 32."""
    rates = [rate.count / rate.seconds for rate in account_session.rules.rates if not rate.per_recipient]
    return (
        max(2, min(32, int(max(rates, default=80.0) * 0.4))) if account_session.rules.is_per_recipient else 2
    )
