"""The gate: the one transaction that commits a delivery's intent, or stops the delivery."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from humaspost.base.canonical_json import Json, dump_canonical
from humaspost.ledger.deliveries import claims, limits, preparations, progress, states, thread_parts
from humaspost.ledger.deliveries.gate_facts import (
    GateFactsReader,
    find_reply_target,
    load_part,
    select_claimed,
)
from humaspost.ledger.schema import attempt, delivery, plan_row
from humaspost.model.decision import CheckFile, Decide, Deny, GateFacts, Reread, assume_present
from humaspost.model.delivery import Intent, Recipient, State
from humaspost.model.reasons import AccountHold, StopReason
from humaspost.model.rendition import Part
from humaspost.model.rules import Rules

#: A delivery whose file must be read again is tried again after this; reading it takes less.
REREAD_DELAY = timedelta(seconds=1)
_NO_SUCH_PART = Deny(State.HELD, StopReason.NOT_PLANNED)
_SEND = states.statement(
    states.SEND,
    delivery.c.key == bindparam("the_key"),
    reason="",
    attempts=bindparam("number"),
    rendition=bindparam("body"),
    code="",
    detail="",
    updated_at=bindparam("now"),
)


@dataclass(frozen=True, slots=True)
class GateRequest:
    """A claimed delivery at the gate.

    ``part_hash`` is the prepared part, ``token`` the result of its preparation. ``retry_at`` = preparation
    failed: the rules are applied, but no intent is committed. ``code`` and ``detail`` name the failure, if
    any.
    """

    key: str
    part_hash: str
    token: Json
    retry_at: datetime | None = None
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A delivery that is not claimed or must not be sent; ``state`` is its state now.

    ``needs_rescan`` = its file is not what was read: the folder must be read again.
    """

    key: str
    post: str
    state: State
    reason: str
    needs_rescan: bool = False


@dataclass(frozen=True, slots=True)
class Deferred:
    """A delivery without a slot before ``until``.

    ``quota`` names the quota that is used up; '' = only a rate. ``whole_account`` False = only this recipient
    waits.
    """

    key: str
    until: datetime
    quota: str = ""
    whole_account: bool = True


GateResult = Intent | Blocked | Deferred


@dataclass
class Gate:
    """The work of one transaction: each request passes, is stopped or waits.

    The facts of the account are read once, and each post's file is looked at once.
    """

    conn: Connection
    account_id: str
    owner: str
    rules: Rules
    decide: Decide
    now: datetime
    same_text: timedelta
    check_file: CheckFile = assume_present

    def __post_init__(self) -> None:
        self._facts_reader = GateFactsReader(
            self.conn,
            self.account_id,
            now=self.now,
            same_text=self.same_text,
            check_file=self.check_file,
        )
        self._frozen_hashes: dict[str, str] = {}
        self._parts: dict[tuple[str, int], Part | None] = {}
        self._part_hashes: dict[tuple[str, int], str] = {}
        self._written_posts: set[str] = set()
        self._delivery_rows: list[dict[str, Any]] = []
        self._attempt_rows: list[dict[str, Any]] = []

    def decide_all(self, requests: Sequence[GateRequest]) -> list[GateResult]:
        """Return one result per request, in order.

        After a Deferred for the whole account, the remaining requests are deferred without a decision.
        """
        keys = [request.key for request in requests]
        rows = {row.key: row for row in self.conn.execute(select_claimed(keys, self.owner))}
        recipients = [row.recipient for row in rows.values() if row.recipient]
        self._quota_batch = limits.QuotaBatch(
            self.conn, self.account_id, self.rules, recipients=recipients, now=self.now
        )
        results: list[GateResult] = []
        for request in requests:
            last = results[-1] if results else None
            if isinstance(last, Deferred) and last.whole_account:
                results.append(Deferred(request.key, last.until, last.quota))
            # A delivery that is requested twice in one batch passes once: a second attempt row fails the batch.
            elif row := rows.pop(request.key, None):
                results.append(self._decide_request(request, row))
            else:
                results.append(Blocked(request.key, "", State.SCHEDULED, StopReason.NOT_CLAIMED))
        self._flush(results)
        return results

    def _flush(self, results: Sequence[GateResult]) -> None:
        """Write the intents, slots and progress of the whole batch in the transaction."""
        self._quota_batch.flush()
        if self._delivery_rows:
            self.conn.execute(_SEND, self._delivery_rows)
            self.conn.execute(insert(attempt), self._attempt_rows)
            progress.record_writes(self.conn, self.account_id, self._written_posts, now=self.now)
        waits = [result.until for result in results if isinstance(result, Deferred) and result.whole_account]
        if waits:
            progress.record_account_wait(self.conn, self.account_id, until=min(waits), now=self.now)

    def _decide_request(self, request: GateRequest, row: Row[Any]) -> GateResult:
        frozen_hash = row.frozen_rendition or self._frozen_hashes.get(row.post)
        rendition_hash = row.rendition if frozen_hash is None or row.use_latest_rendition else frozen_hash
        part = self._load_part(rendition_hash, row.part)
        gate_facts = self._facts_reader.read(row, part, is_started=frozen_hash is not None)
        decision = self.decide(gate_facts)
        if request.code:
            claims.note_error(self.conn, row.key, owner=self.owner, code=request.code, detail=request.detail)
        if isinstance(decision, Deny) or part is None:
            return self._block(row, decision if isinstance(decision, Deny) else _NO_SUCH_PART)
        if isinstance(decision, Reread):
            return self._release(row, self.now + REREAD_DELAY, needs_rescan=True)
        if request.retry_at is not None:
            return self._release(row, request.retry_at)
        if self._part_hashes[rendition_hash, row.part] != request.part_hash:
            # The file was edited after the part was prepared: prepare the part again.
            return self._release(row, None)
        if _consumes_preparation(row, request) and not self._has_preparation(request):
            # Another post with the same text used the preparation: this one needs its own.
            return self._release(row, None)
        slot = self._take_slot(row, gate_facts)
        if not slot.is_taken:
            return Deferred(row.key, slot.at, slot.quota, slot.whole_account)
        if frozen_hash is None:
            self._frozen_hashes[row.post] = rendition_hash
        return self._commit_intent(
            row, request, part, rendition_hash=rendition_hash, slot=slot, gate_facts=gate_facts
        )

    def _block(self, row: Row[Any], denial: Deny) -> Blocked:
        is_ours = (delivery.c.key == row.key) & (delivery.c.owner == self.owner)
        transition = states.DENIALS[denial.state]
        states.move(self.conn, transition, is_ours, now=self.now, reason=denial.reason, owner=None)
        if denial.state is State.EXPIRED and not row.recipient:
            thread_parts.expire_following(self.conn, row.post, row.account, part=row.part, now=self.now)
        if denial.state is State.CANCELLED and not row.recipient:
            thread_parts.cancel_following(self.conn, row.post, row.account, part=row.part, now=self.now)
        return Blocked(row.key, row.post, denial.state, denial.reason)

    def _release(self, row: Row[Any], not_before: datetime | None, *, needs_rescan: bool = False) -> Blocked:
        claims.release_claims(self.conn, [row.key], owner=self.owner, not_before=not_before, now=self.now)
        return Blocked(row.key, row.post, State.SCHEDULED, "", needs_rescan)

    def _load_part(self, rendition_hash: str, number: int) -> Part | None:
        """Return the part, read once for the thousands of deliveries that share it."""
        if (rendition_hash, number) not in self._parts:
            part = load_part(self.conn, rendition_hash, number)
            self._parts[rendition_hash, number] = part
            self._part_hashes[rendition_hash, number] = part.hash if part is not None else ""
        return self._parts[rendition_hash, number]

    def _take_slot(self, row: Row[Any], gate_facts: GateFacts) -> limits.Slot:
        if self._facts_reader.account_row.hold == AccountHold.THROTTLE and not self._is_probe_allowed():
            return limits.Slot(self.now + timedelta(seconds=1), False)
        return self._quota_batch.take_slot(row.recipient, counts_recipient=not gate_facts.service_window_open)

    def _is_probe_allowed(self) -> bool:
        """Return True if a throttled account may try one write.

        The next try waits for the outcome of this one.
        """
        in_flight = (delivery.c.account == self.account_id) & (delivery.c.state == State.SENDING)
        return not self._delivery_rows and not self.conn.scalar(
            select(func.count()).select_from(delivery).where(in_flight)
        )

    def _commit_intent(
        self,
        row: Row[Any],
        request: GateRequest,
        part: Part,
        *,
        rendition_hash: str,
        slot: limits.Slot,
        gate_facts: GateFacts,
    ) -> Intent:
        reply_to = find_reply_target(self.conn, row)
        number = row.attempts + 1
        if _consumes_preparation(row, request):
            preparations.delete_preparation(self.conn, self.account_id, request.part_hash)
        self._delivery_rows.append(
            {"the_key": row.key, "number": number, "body": rendition_hash, "now": self.now}
        )
        self._attempt_rows.append(
            {
                "key": row.key,
                "number": number,
                "owner": self.owner,
                "rendition": rendition_hash,
                "token": dump_canonical(request.token),
                "reply_to": reply_to.remote_id if reply_to else None,
                "template": bool(row.recipient) and not gate_facts.service_window_open,
                "started_at": self.now,
            }
        )
        self._written_posts.add(row.post)
        if gate_facts.first_write_at is None:
            self._freeze_rendition(row, rendition_hash)
        to = (
            Recipient(
                row.recipient, row.phone, service_window_open=gate_facts.service_window_open, name=row.name
            )
            if row.recipient
            else None
        )
        return Intent(row.key, number, row.post, part, request.token, slot.at, self.now, to, reply_to)

    def _has_preparation(self, request: GateRequest) -> bool:
        return preparations.is_available(self.conn, self.account_id, request.part_hash, token=request.token)

    def _freeze_rendition(self, row: Row[Any], rendition_hash: str) -> None:
        condition = (plan_row.c.post == row.post) & (plan_row.c.account == row.account)
        self.conn.execute(
            update(plan_row).where(condition).values(first_write_at=self.now, frozen_rendition=rendition_hash)
        )


def _consumes_preparation(row: Row[Any], request: GateRequest) -> bool:
    """Return True if the intent uses up the preparation.

    Thousands of recipients share theirs.
    """
    return not row.recipient and request.token is not None
