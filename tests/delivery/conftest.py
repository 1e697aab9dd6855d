"""An office with a fake channel, a ledger on disk and workers that really run."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.engine import Engine
from humaspost.ledger import accounts, database
from humaspost.ledger.posts import sync_plan
from humaspost.ledger.queries import delivery_lists
from humaspost.model.decision import FileState
from humaspost.model.plan import NotPlanned, Plan, PlanRow
from humaspost.model.post import PublishTime
from humaspost.model.rendition import Part, Rendition
from humaspost.policy import lateness
from humaspost.policy.decide import decide
from humaspost.policy.eligibility import check_recipient
from tests.support.deadlines import SECOND
from tests.support.fake_channel import FakeChannel, account

#: What passes between two runs: the square's second look is due, the shortest retry (1 s) is not.
STEP = timedelta(seconds=0.1)


class FakeOffice:
    """A ledger, a fake channel and a sender: ``post`` plans, ``run`` sends, ``states`` returns the states.

    The wall clock stands still unless ``ticks`` is set: how fast this machine is decides nothing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.channel = FakeChannel()
        self.rows: list[PlanRow] = []
        self.held: list[NotPlanned] = []
        self.events: list = []
        #: What the next looks at a file find; afterwards it is as it was read.
        self.file_states: list[str] = []
        self.shift = timedelta()
        self.ticks = False
        self._stands = datetime.now(UTC)
        self.on_unknown = "look"
        self.ledger = database.open_ledger(folder, now=self.now() - timedelta(days=1), create=True)

    def now(self) -> datetime:
        return (datetime.now(UTC) if self.ticks else self._stands) + self.shift

    def post(self, id_: str, *texts: str, ago: float = 1.0, **more) -> PlanRow:
        at = self.now() - timedelta(seconds=ago)
        due = PublishTime(at.strftime("%Y-%m-%dT%H:%M"), "UTC", at)
        parts = tuple(Part(n, text) for n, text in enumerate(texts or (id_,), 1))
        rendition = Rendition("square", parts, more.pop("replies_to", None))
        row = PlanRow(id_, f"posts/{id_}.md", id_, "siaran-pers", account(), due, rendition, **more)
        self.rows = [r for r in self.rows if r.post != id_] + [row]
        return row

    def schedule(self, **how) -> sync_plan.SyncResult:
        plan = Plan(tuple(self.rows), tuple(self.held))
        return self.ledger.write(
            lambda conn: sync_plan.sync(conn, plan, verdict=lateness.verdict, now=self.now(), **how)
        )

    def sender(self, owner: str = "me") -> SenderContext:
        return SenderContext(
            self.ledger,
            owner,
            decide,
            check_recipient,
            self.now,
            frozenset({"square"}),
            emit=self.events.append,
            check_file=lambda _file, _stamp: FileState(
                self.file_states.pop(0) if self.file_states else FileState.PRESENT
            ),
        )

    def engine(self, owner: str = "me") -> Engine:
        self.channel.now = self.now
        known = replace(account(), on_unknown=self.on_unknown)
        account_id = self.ledger.write(lambda conn: accounts.ensure_account(conn, known))
        line = AccountSession(known, account_id, self.channel, self.channel.rules({}), context=None)
        return Engine([line], self.sender(owner))

    def run(self, *, patience: float = 0.3) -> None:
        """Send what is due, as ``humaspost run`` does; a moment passes before it."""
        self._stands += STEP
        self.schedule()
        engine = self.engine()
        try:
            engine.start()
            engine.check_unknown()
            self.drain(engine, patience=patience)
        finally:
            assert engine.stop(timeout=15 * SECOND) == 0

    def drain(self, engine: Engine, *, patience: float = 0.3) -> None:
        """Wait until nothing is due within ``patience`` seconds."""
        assert engine.drain(idle_for=timedelta(seconds=patience), deadline=30 * SECOND), self.states()

    def states(self) -> dict[str, str]:
        with self.ledger.read() as conn:
            rows = delivery_lists.list_deliveries(conn)
        one = {row.post for row in rows}
        many = len(rows) > len(one)
        return {
            f"{r.post}/{r.part}{r.phone or ''}" if many else r.post: f"{r.state} {r.reason}".strip()
            for r in rows
        }

    def change(self, id_: str, **what) -> None:
        self.rows = [replace(row, **what) if row.post == id_ else row for row in self.rows]


def soon(true: Callable[[], object]) -> bool:
    """Return whether it came true; False ends a test that is broken."""
    end, pause = time.monotonic() + 15 * SECOND, threading.Event()
    while not true():
        if time.monotonic() > end:
            return False
        pause.wait(0.01)
    return True


@pytest.fixture
def fake_office(tmp_path: Path) -> Iterator[FakeOffice]:
    made = FakeOffice(tmp_path / "state")
    yield made
    made.ledger.close()
