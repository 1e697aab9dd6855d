"""All lanes of one sender: started together, drained together, stopped within seconds."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from humaspost.delivery.account_session import Line, Sender
from humaspost.delivery.steps import reconcile
from humaspost.delivery.worker.worker import Lane
from humaspost.ledger import accounts
from humaspost.ledger.deliveries import claims, limits
from humaspost.ledger.deliveries.clock_shift import set_back

#: A write in flight ends by itself after 25 s; a drain allows it that and a little more.
DRAIN = 28.0


@dataclass
class Engine:
    """The lanes of all accounts; take the lock first, then ``start``."""

    lines: Sequence[Line]
    sender: Sender
    _lanes: list[Lane] = field(default_factory=list)

    def start(self) -> int:
        """What a dead owner left is sorted and every lane sends; how many of its intents are now unknown."""
        now = self.sender.now()
        looks = {line.id: line.first_look for line in self.lines}
        left = self.sender.ledger.write(
            lambda conn: claims.take_over(conn, owner=self.sender.owner, now=now, looks=looks.get)
        )
        self.forget_old_quota_uses()
        self._lanes = [Lane(line, self.sender, _workers(line)) for line in self.lines]
        for lane in self._lanes:
            lane.start()
        return left

    def forget_old_quota_uses(self) -> None:
        """Delete the uses that no quota of any account counts any more."""
        now = self.sender.now()

        def work(conn: Connection) -> None:
            for line in self.lines:
                limits.forget(conn, line.id, line.rules.quotas, now=now)

        self.sender.ledger.write(work)

    def wake(self) -> None:
        """The ledger changed: every lane looks again."""
        for lane in self._lanes:
            lane.wake()

    def set_back(self, by: timedelta) -> None:
        """The wall clock was: nothing waits until it has caught up, and nothing is held that is not due any more."""
        now = self.sender.now()
        self.sender.ledger.write(lambda conn: set_back(conn, by, now=now))
        for lane in self._lanes:
            lane.begin_anew()

    def look(self) -> int:
        """One look at each unknown whose look is due."""
        with self.sender.ledger.read() as conn:
            ids = {row.name: row.id for row in accounts.every(conn)}
        looked = reconcile.look({ids.get(ln.account.name, ln.id): ln for ln in self.lines}, self.sender)
        if looked:
            self.wake()
        return looked

    def drain(self, *, patience: timedelta, deadline: float) -> bool:
        """Everything that is due, and comes due within ``patience``, is sent; False after ``deadline`` seconds."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            horizon = self.sender.now() + patience
            if all(lane.quiet_until is not None and lane.quiet_until > horizon for lane in self._lanes):
                return True
            time.sleep(0.02)
        return False

    def stop(self, *, within: float = DRAIN) -> int:
        """No new intent is made and what was in flight has ended; how many had not after ``within`` seconds."""
        end = time.monotonic() + within
        for lane in self._lanes:
            lane.halt()
        left = sum(lane.stop(within=max(0.1, end - time.monotonic())) for lane in self._lanes)
        if left:
            # A disk that refuses to the end must not keep the process: what it did not take is unknown then.
            self.sender.receipts.given_up.set()
        self._lanes = []
        return left


def _workers(line: Line) -> int:
    """Enough threads for the account's rate at about 300 ms a write, 2 to 32."""
    rates = [rate.count / rate.seconds for rate in line.rules.rates if not rate.per_recipient]
    return max(2, min(32, int(max(rates, default=80.0) * 0.4))) if line.rules.audience else 2
