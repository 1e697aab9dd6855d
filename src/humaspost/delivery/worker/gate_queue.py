"""The path of a worker's claimed deliveries through the gate, prepared or not."""

from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.steps.bugs import as_rejection, is_bug
from humaspost.delivery.worker.claimed import ClaimedDeliveries
from humaspost.delivery.worker.failures import Failure, Failures
from humaspost.delivery.worker.preparations import Preparation, Preparations
from humaspost.ledger.deliveries.gate import Blocked, Deferred, Gate, GateRequest, GateResult
from humaspost.model.delivery import Intent, State
from humaspost.model.errors import ChannelError
from humaspost.model.event_kind import EventKind
from humaspost.model.reasons import StopReason

#: The delay of a request that the disk refused while others passed.
RETRY_DELAY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class GateQueue:
    """The gate requests of one worker; only its deciding thread uses it."""

    account_session: AccountSession
    sender: SenderContext
    claimed: ClaimedDeliveries
    preparations: Preparations
    failures: Failures

    def pass_gate(self, requests: list[GateRequest], now: datetime) -> list[GateResult]:
        """Return the gate's result for each request, once the results are on disk.

        Raises where the disk refuses; then nothing has passed. A request that raises by itself fails by itself:
        the others are decided again without it.
        """
        if not requests:
            return []
        try:
            results = self._submit(requests, now).result()
        except Exception as error:
            if not is_bug(error):
                raise
            results = self._pass_singly(requests, now)
        if any(isinstance(result, Blocked) and result.needs_rescan for result in results):
            self.sender.rescan_requested.set()
        return results

    def _submit(self, requests: list[GateRequest], now: datetime) -> "Future[list[GateResult]]":
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

        return sender.ledger.committer.submit(operation)

    def _pass_singly(self, requests: list[GateRequest], now: datetime) -> list[GateResult]:
        """Decide each request in its own savepoint; one that raises has failed, without an intent."""
        futures = [self._submit([request], now) for request in requests]
        errors = [future.exception() for future in futures]
        refusal = next((error for error in errors if error is not None and not is_bug(error)), None)
        passed = any(
            not error and isinstance(future.result()[0], Intent)
            for error, future in zip(errors, futures, strict=True)
        )
        if refusal is not None and not passed:
            raise refusal
        results: list[GateResult] = []
        for request, future, error in zip(requests, futures, errors, strict=True):
            if error is None:
                results += future.result()
            elif isinstance(error, Exception) and is_bug(error):
                results.append(self._fail(request, error))
            else:
                # Other requests have passed and must be sent: this one is decided again.
                results.append(Deferred(request.key, now + RETRY_DELAY, whole_account=False))
        return results

    def _fail(self, request: GateRequest, error: Exception) -> Blocked:
        post = next((claimed.post for claimed in self.claimed if claimed.key == request.key), "")
        self.failures.add(Failure(request.key, post, as_rejection(error), whole_post=False))
        return Blocked(request.key, "", State.SCHEDULED, StopReason.NOT_CLAIMED)

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
            self.failures.add(
                Failure(
                    delivery.key,
                    delivery.post,
                    error,
                    whole_post=True,
                    part_hash=delivery.preparation.part_hash,
                )
            )
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
