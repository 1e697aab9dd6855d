"""The errors that ended turns of a worker: told once, and recorded when they go on."""

from datetime import datetime

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent, describe_error
from humaspost.delivery.steps.bugs import describe_bug, is_bug
from humaspost.ledger import worker_errors
from humaspost.model.event_kind import EventKind
from humaspost.model.records import WorkerError

#: Turns that raise in a row before a person is told.
RECORD_AFTER = 3
#: Seconds; the pause after a turn that raised doubles from the first to the second.
MIN_PAUSE = 0.5
MAX_PAUSE = 8.0


class TurnErrors:
    """The turns in a row that raised, of one worker; only its deciding thread uses it."""

    def __init__(self, account_session: AccountSession, sender: SenderContext) -> None:
        self._account_session, self._sender = account_session, sender
        self._count = 0
        self._since: datetime | None = None
        self._detail = ""
        self._is_recorded = False
        self._is_bug = False

    @property
    def is_stuck(self) -> bool:
        """Return True if the turns raise, and go on raising, for a bug."""
        return self._is_bug and self._count >= RECORD_AFTER

    def add(self, error: Exception) -> float:
        """Report the error that ended a turn; return the seconds until the next turn."""
        self._count += 1
        self._since = self._since or self._sender.now()
        self._is_bug = is_bug(error)
        detail = describe_bug(error) if self._is_bug else describe_error(error)
        if detail != self._detail:
            self._detail, self._is_recorded = detail, False
            self._emit(detail)
        if self._count >= RECORD_AFTER and not self._is_recorded:
            self._record(WorkerError(self._account_session.account.name, detail, self._since))
        return min(MAX_PAUSE, MIN_PAUSE * 2.0 ** min(self._count - 1, 10))

    def clear(self) -> None:
        """Forget the errors after a good turn."""
        if self._is_recorded:
            name = self._account_session.account.name
            self._sender.ledger.write(lambda conn: worker_errors.clear_worker_error(conn, name))
        self._count, self._since, self._detail = 0, None, ""
        self._is_recorded = self._is_bug = False

    def _record(self, error: WorkerError) -> None:
        try:
            self._sender.ledger.write(lambda conn: worker_errors.record_worker_error(conn, error))
            self._is_recorded = True
        except Exception as refusal:  # recorded after a later turn: the ledger may be the reason
            self._emit(describe_error(refusal))

    def _emit(self, detail: str) -> None:
        name = self._account_session.account.name
        self._sender.emit(DeliveryEvent(self._sender.now(), EventKind.PROBLEM, account=name, detail=detail))
