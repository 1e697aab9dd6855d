"""The path of a worker's claimed deliveries through the gate, prepared or not."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.worker.claimed import ClaimedDeliveries, ClaimedDelivery
from humaspost.delivery.worker.preparations import Preparation, Preparations
from humaspost.ledger.deliveries import outcomes
from humaspost.ledger.deliveries.gate import Blocked, Gate, GateRequest, GateResult
from humaspost.model.delivery import State
from humaspost.model.errors import ChannelError
from humaspost.model.event_kind import EventKind


@dataclass(frozen=True, slots=True)
class GateQueue:
    """The gate requests of one worker; only its deciding thread uses it."""

    account_session: AccountSession
    sender: SenderContext
    claimed: ClaimedDeliveries
    preparations: Preparations

    def pass_gate(self, requests: list[GateRequest], now: datetime) -> list[GateResult]:
        """Return the gate's result for each request, once the results are on disk.

        Raises where the disk refuses; then nothing has passed.
        """
        if not requests:
            return []
        account_session, sender = self.account_session, self.sender

        def operation(conn: Connection) -> list[GateResult]:
            gate = Gate(
                conn,
                account_session.account_id,
                sender.owner,
                account_session.rules,
                sender.decide,
                now,
                sender.same_text_period,
                sender.check_file,
            )
            return gate.decide_all(requests)

        results = sender.ledger.committer.submit(operation).result()
        if any(isinstance(result, Blocked) and result.needs_rescan for result in results):
            sender.rescan_requested.set()
        return results

    def defer(self, preparation: Preparation) -> None:
        """Apply the rules to the deliveries of a preparation that is not ready, and release them.

        So no delivery waits past its time.
        """
        progress = preparation.progress
        waiting = [c for c in self.claimed if c.preparation is preparation]
        error = progress.deferred_by if isinstance(progress.deferred_by, ChannelError) else None
        code, detail = (error.code, error.detail) if error else ("", "")
        now = self.sender.now()
        retry_at = progress.next_at or now
        requests = [GateRequest(c.key, preparation.part_hash, None, retry_at, code, detail) for c in waiting]
        results = self.pass_gate(requests, now)
        self.claimed.discard(waiting)
        if not any(isinstance(p, Blocked) and p.state is State.SCHEDULED for p in results):
            self.preparations.release(preparation)
        self.report_blocked(results)

    def fail_unpreparable(self) -> None:
        """Mark deliveries as failed that can never be prepared, for all their recipients."""
        for delivery in self.claimed:
            error = delivery.preparation.progress.failed
            if error is None:
                continue
            self._mark_failed(delivery, error)
            self.claimed.discard([delivery])
            self.preparations.discard(delivery.preparation.part_hash)

    def report_blocked(self, results: list[GateResult]) -> None:
        """Report each delivery that is not sent, and why."""
        name = self.account_session.account.name
        for result in results:
            if isinstance(result, Blocked) and result.post and result.reason:
                now = self.sender.now()
                self.sender.emit(
                    DeliveryEvent(now, EventKind(result.state), result.post, name, detail=result.reason)
                )

    def _mark_failed(self, delivery: ClaimedDelivery, error: ChannelError) -> None:
        now, code, detail = self.sender.now(), error.code, error.detail
        self.sender.ledger.write(
            lambda conn: outcomes.mark_failed(
                conn, delivery.key, 0, code=code, detail=detail, now=now, whole_post=True
            )
        )
        name = self.account_session.account.name
        self.sender.emit(DeliveryEvent(now, EventKind.FAILED, delivery.post, name, detail=str(error)))
