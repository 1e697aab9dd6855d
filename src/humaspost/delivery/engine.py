"""All lanes of one sender: started together, drained together, stopped within seconds."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.steps import reconcile
from humaspost.delivery.worker.worker import AccountWorker
from humaspost.ledger import accounts
from humaspost.ledger.deliveries import claims, limits
from humaspost.ledger.deliveries.clock_shift import shift_clock_times

#: A write in flight ends by itself after 25 s; a drain allows it that and a little more.
DRAIN_TIMEOUT = 28.0


@dataclass
class Engine:
    """The lanes of all accounts; take the lock first, then ``start``."""

    account_sessions: Sequence[AccountSession]
    sender: SenderContext
    _workers: list[AccountWorker] = field(default_factory=list)

    def start(self) -> int:
        """What a dead owner left is sorted and every lane sends; how many of its intents are now unknown."""
        now = self.sender.now()
        first_check_delays = {
            account_session.account_id: account_session.first_check_delay
            for account_session in self.account_sessions
        }
        orphans = self.sender.ledger.write(
            lambda conn: claims.recover_orphans(
                conn, owner=self.sender.owner, now=now, first_check_delay=first_check_delays.get
            )
        )
        self.forget_old_quota_uses()
        self._workers = [
            AccountWorker(line, self.sender, _thread_count(line)) for line in self.account_sessions
        ]
        for worker in self._workers:
            worker.start()
        return orphans

    def forget_old_quota_uses(self) -> None:
        """Delete the uses that no quota of any account counts any more."""
        now = self.sender.now()

        def work(conn: Connection) -> None:
            for line in self.account_sessions:
                limits.delete_uses(conn, line.account_id, line.rules.quotas, now=now)

        self.sender.ledger.write(work)

    def wake(self) -> None:
        """The ledger changed: every lane looks again."""
        for worker in self._workers:
            worker.wake()

    def shift_clock(self, offset: timedelta) -> None:
        """The wall clock was: nothing waits until it has caught up, and nothing is held that is not due any more."""
        now = self.sender.now()
        self.sender.ledger.write(lambda conn: shift_clock_times(conn, offset, now=now))
        for worker in self._workers:
            worker.reset_after_clock_change()

    def check_unknown(self) -> int:
        """One look at each unknown whose look is due."""
        with self.sender.ledger.read() as conn:
            ids = {row.name: row.id for row in accounts.list_accounts(conn)}
        checked = reconcile.check_unknown(
            {
                ids.get(account_session.account.name, account_session.account_id): account_session
                for account_session in self.account_sessions
            },
            self.sender,
        )
        if checked:
            self.wake()
        return checked

    def drain(self, *, idle_for: timedelta, deadline: float) -> bool:
        """Everything that is due, and comes due within ``patience``, is sent; False after ``deadline`` seconds."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            horizon = self.sender.now() + idle_for
            if all(worker.idle_until is not None and worker.idle_until > horizon for worker in self._workers):
                return True
            time.sleep(0.02)
        return False

    def stop(self, *, timeout: float = DRAIN_TIMEOUT) -> int:
        """No new intent is made and what was in flight has ended; how many had not after ``within`` seconds."""
        end = time.monotonic() + timeout
        for worker in self._workers:
            worker.stop_accepting()
        in_flight = sum(lane.stop(timeout=max(0.1, end - time.monotonic())) for lane in self._workers)
        if in_flight:
            # A disk that refuses to the end must not keep the process: what it did not take is unknown then.
            self.sender.receipts.shutting_down.set()
        self._workers = []
        return in_flight


def _thread_count(account_session: AccountSession) -> int:
    """Enough threads for the account's rate at about 300 ms a write, 2 to 32."""
    rates = [rate.count / rate.seconds for rate in account_session.rules.rates if not rate.per_recipient]
    return (
        max(2, min(32, int(max(rates, default=80.0) * 0.4))) if account_session.rules.is_per_recipient else 2
    )
