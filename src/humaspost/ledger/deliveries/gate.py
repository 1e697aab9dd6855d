"""The gate: the one transaction in which a delivery's intent is committed, or it is stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from humaspost.base.canonical_json import Json, canonical
from humaspost.ledger.deliveries import claims, limits, preparations, thread_parts
from humaspost.ledger.deliveries.gate_facts import Cases, facts, part_of, replied_to
from humaspost.ledger.schema import attempt, delivery, planned
from humaspost.model.decision import Case, Decision, Stop
from humaspost.model.delivery import Receipt, Recipient, State
from humaspost.model.rendition import Part
from humaspost.model.rules import Rules

Decide = Callable[[Case], Decision]
_INTEND = (
    update(delivery)
    .where(delivery.c.key == bindparam("the_key"))
    .values(
        state=State.SENDING,
        reason="",
        attempts=bindparam("number"),
        rendition=bindparam("body"),
        code="",
        detail="",
        updated_at=bindparam("now"),
    )
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A claimed delivery at the gate; ``part_hash`` is what was prepared, ``ready`` what that gave.

    ``retry_at`` = preparation failed: the rules are asked all the same, but nothing is committed.
    ``code`` and ``detail`` say what it failed of, where something did.
    """

    key: str
    part_hash: str
    ready: Json
    retry_at: datetime | None = None
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """A committed intent: exactly this may be written now, once. ``at`` is its rate slot."""

    key: str
    number: int
    post: str
    part: Part
    ready: Json
    at: datetime
    gated_at: datetime
    to: Recipient | None
    reply_to: Receipt | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The delivery is not ours or not to be sent; ``state`` is where it stands."""

    key: str
    post: str
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """No slot before ``until``; ``quota`` names the allowance that is spent, '' = only the rate."""

    key: str
    until: datetime
    quota: str = ""
    whole_lane: bool = True


Passage = Intent | Stopped | Wait


@dataclass
class Gate:
    """One transaction's work: the lane's facts are read once, then each ticket passes, stops or waits."""

    conn: Connection
    account_id: str
    owner: str
    rules: Rules
    decide: Decide
    now: datetime
    same_text: timedelta

    def __post_init__(self) -> None:
        self._cases = Cases(self.conn, self.account_id, now=self.now, same_text=self.same_text)
        self._frozen: dict[str, str] = {}
        self._parts: dict[tuple[str, int], Part] = {}
        self._hashes: dict[tuple[str, int], str] = {}
        self._written: list[dict[str, Any]] = []
        self._attempts: list[dict[str, Any]] = []

    def passages(self, tickets: Sequence[Ticket]) -> list[Passage]:
        """One passage per ticket, in order; after a lane-wide Wait the rest wait too, undecided."""
        keys = [ticket.key for ticket in tickets]
        rows = {row.key: row for row in self.conn.execute(facts(keys, self.owner))}
        people = [row.recipient for row in rows.values() if row.recipient]
        self._books = limits.Books(self.conn, self.account_id, self.rules, recipients=people, now=self.now)
        passages: list[Passage] = []
        for ticket in tickets:
            last = passages[-1] if passages else None
            if isinstance(last, Wait) and last.whole_lane:
                passages.append(Wait(ticket.key, last.until, last.quota))
            elif row := rows.get(ticket.key):
                passages.append(self._one(ticket, row))
            else:
                passages.append(Stopped(ticket.key, "", State.SCHEDULED, "not-ours"))
        self._close()
        return passages

    def _close(self) -> None:
        """Intents and slots of the whole batch are in the transaction."""
        self._books.close()
        if self._written:
            self.conn.execute(_INTEND, self._written)
            self.conn.execute(insert(attempt), self._attempts)

    def _one(self, ticket: Ticket, row: Row[Any]) -> Passage:
        begun = row.frozen or self._frozen.get(row.post)
        body = row.rendition if begun is None or row.follows else begun
        part = self._part(body, row.part)
        case = self._cases.of(row, part, begun=begun is not None)
        decision = self.decide(case)
        if ticket.code:
            claims.tell(self.conn, row.key, owner=self.owner, code=ticket.code, detail=ticket.detail)
        if isinstance(decision, Stop):
            return self._stop(row, decision)
        if ticket.retry_at is not None:
            return self._back(row, ticket.retry_at)
        if self._hashes[body, row.part] != ticket.part_hash:
            # The file was edited after this was prepared: it is prepared again.
            return self._back(row, None)
        if _is_single(row, ticket) and not self._is_there(ticket):
            # Another post with the very same words took it: this one needs its own.
            return self._back(row, None)
        slot = self._slot(row, case)
        if not slot.taken:
            return Wait(row.key, slot.at, slot.quota, slot.lane)
        if begun is None:
            self._frozen[row.post] = body
        return self._commit(row, ticket, part, body=body, slot=slot, case=case)

    def _stop(self, row: Row[Any], stop: Stop) -> Stopped:
        ours = (delivery.c.state == State.PREPARING) & (delivery.c.owner == self.owner)
        self.conn.execute(
            update(delivery)
            .where(delivery.c.key == row.key, ours)
            .values(state=stop.state, reason=stop.reason, owner=None, updated_at=self.now)
        )
        if stop.state is State.EXPIRED and not row.recipient:
            thread_parts.expire_later(self.conn, row.post, row.account, part=row.part, now=self.now)
        return Stopped(row.key, row.post, stop.state, stop.reason)

    def _back(self, row: Row[Any], not_before: datetime | None) -> Stopped:
        claims.put_back(self.conn, [row.key], owner=self.owner, not_before=not_before, now=self.now)
        return Stopped(row.key, row.post, State.SCHEDULED, "")

    def _part(self, body: str, number: int) -> Part:
        """The part and its hash, read once for the thousands that share it."""
        if (body, number) not in self._parts:
            part = part_of(self.conn, body, number)
            self._parts[body, number], self._hashes[body, number] = part, part.hash
        return self._parts[body, number]

    def _slot(self, row: Row[Any], case: Case) -> limits.Slot:
        if self._cases.lane.hold == "lane" and not self._probe():
            return limits.Slot(self.now + timedelta(seconds=1), False)
        return self._books.take(row.recipient, counts=not case.window)

    def _probe(self) -> bool:
        """One write at a time tries a stopped lane; the next only after its outcome."""
        flying = (delivery.c.account == self.account_id) & (delivery.c.state == State.SENDING)
        return not self._written and not self.conn.scalar(
            select(func.count()).select_from(delivery).where(flying)
        )

    def _commit(
        self, row: Row[Any], ticket: Ticket, part: Part, *, body: str, slot: limits.Slot, case: Case
    ) -> Intent:
        reply_to = replied_to(self.conn, row)
        number = row.attempts + 1
        if _is_single(row, ticket):
            preparations.forget(self.conn, self.account_id, ticket.part_hash)
        self._written.append({"the_key": row.key, "number": number, "body": body, "now": self.now})
        self._attempts.append(
            {
                "key": row.key,
                "number": number,
                "owner": self.owner,
                "rendition": body,
                "ready": canonical(ticket.ready),
                "reply_to": reply_to.remote_id if reply_to else None,
                "template": bool(row.recipient) and not case.window,
                "started_at": self.now,
            }
        )
        if case.first_write_at is None:
            self._freeze(row, body)
        to = Recipient(row.recipient, row.phone, window=case.window) if row.recipient else None
        return Intent(row.key, number, row.post, part, ticket.ready, slot.at, self.now, to, reply_to)

    def _is_there(self, ticket: Ticket) -> bool:
        return preparations.is_there(self.conn, self.account_id, ticket.part_hash, token=ticket.ready)

    def _freeze(self, row: Row[Any], body: str) -> None:
        mine = (planned.c.post == row.post) & (planned.c.account == row.account)
        self.conn.execute(update(planned).where(mine).values(first_write_at=self.now, frozen=body))


def _is_single(row: Row[Any], ticket: Ticket) -> bool:
    """What was prepared is for one write, and the intent takes it along; thousands of recipients share theirs."""
    return not row.recipient and ticket.ready is not None
