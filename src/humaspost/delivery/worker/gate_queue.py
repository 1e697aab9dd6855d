"""Where a lane's hand meets the gate: what passes, and what becomes of what was not prepared."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from humaspost.delivery.account_session import Line, Sender
from humaspost.delivery.events import Happened
from humaspost.delivery.worker.claimed import Claimed, Hand
from humaspost.delivery.worker.preparations import Work, Works
from humaspost.ledger.deliveries import outcomes
from humaspost.ledger.deliveries.gate import Gate, Passage, Stopped, Ticket
from humaspost.model.delivery import State
from humaspost.model.errors import ChannelError


@dataclass(frozen=True, slots=True)
class Turnstile:
    """One lane's; used by its deciding thread only."""

    line: Line
    sender: Sender
    hand: Hand
    works: Works

    def ask(self, tickets: list[Ticket], now: datetime) -> list[Passage]:
        """What the gate says to each, once it is on disk; raises where the disk refuses, and nothing has passed."""
        if not tickets:
            return []
        line, sender = self.line, self.sender

        def work(conn: Connection) -> list[Passage]:
            gate = Gate(conn, line.id, sender.owner, line.rules, sender.decide, now, sender.same_text)
            return gate.passages(tickets)

        return sender.ledger.committer.submit(work).result()

    def refuse(self, work: Work) -> None:
        """Not ready, or not for now: its deliveries pass by the rules once more, so that none waits past its time."""
        progress = work.progress
        mine = [c for c in self.hand if c.work is work]
        why = progress.refused if isinstance(progress.refused, ChannelError) else None
        code, detail = (why.code, why.detail) if why else ("", "")
        now = self.sender.now()
        again = progress.next_at or now
        tickets = [Ticket(c.key, work.part_hash, None, again, code, detail) for c in mine]
        passages = self.ask(tickets, now)
        self.hand.drop(mine)
        if not any(isinstance(p, Stopped) and p.state is State.SCHEDULED for p in passages):
            self.works.let_go(work)
        self.tell_stops(passages)

    def fail_hopeless(self) -> None:
        """What can never be prepared has failed, for all its recipients."""
        for claimed in self.hand:
            error = claimed.work.progress.failed
            if error is None:
                continue
            self._fail(claimed, error)
            self.hand.drop([claimed])
            self.works.forget(claimed.work.part_hash)

    def tell_stops(self, passages: list[Passage]) -> None:
        """Whoever watches hears of each that is not sent, and why."""
        name = self.line.account.name
        for passage in passages:
            if isinstance(passage, Stopped) and passage.post and passage.reason:
                now = self.sender.now()
                self.sender.tell(Happened(now, passage.state, passage.post, name, detail=passage.reason))

    def _fail(self, claimed: Claimed, error: ChannelError) -> None:
        now, code, detail = self.sender.now(), error.code, error.detail
        self.sender.ledger.write(
            lambda conn: outcomes.fail(conn, claimed.key, 0, code=code, detail=detail, now=now, whole=True)
        )
        name = self.line.account.name
        self.sender.tell(Happened(now, "failed", claimed.post, name, detail=str(error)))
