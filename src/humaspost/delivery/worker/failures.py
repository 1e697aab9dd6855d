"""Deliveries that failed before their intent, on their way into the ledger."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.ledger.deliveries import outcomes, preparations
from humaspost.model.errors import ChannelError
from humaspost.model.event_kind import EventKind


@dataclass(frozen=True, slots=True)
class Failure:
    """A delivery that can never be sent as it is.

    ``whole_post`` = nor to any other recipient. ``part_hash`` is the part whose preparation failed.
    """

    key: str
    post: str
    error: ChannelError
    whole_post: bool
    part_hash: str = ""


class Failures:
    """The failures of one worker that are not on disk yet; only its deciding thread uses it."""

    def __init__(self, account_session: AccountSession, sender: SenderContext) -> None:
        self._account_session, self._sender = account_session, sender
        self._pending: list[Failure] = []

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, failure: Failure) -> None:
        """Add a failure; its delivery is not claimed any more by the worker."""
        self._pending.append(failure)

    def discard(self, keys: Collection[str]) -> None:
        """Forget the failures of deliveries that were released, and are claimed anew."""
        self._pending = [failure for failure in self._pending if failure.key not in keys]

    def record(self) -> None:
        """Record and report each failure whose delivery is still claimed.

        One that the ledger refuses stays for the next turn, and keeps no other back; its error is raised
        after the others.
        """
        pending, self._pending = self._pending, []
        first_error: Exception | None = None
        for failure in pending:
            try:
                self._record(failure)
            except Exception as error:
                self._pending.append(failure)
                first_error = first_error or error
        if first_error is not None:
            raise first_error

    def _record(self, failure: Failure) -> None:
        now, error = self._sender.now(), failure.error
        account_id = self._account_session.account_id

        def operation(conn: Connection) -> bool:
            is_failed = outcomes.mark_unpreparable(
                conn,
                failure.key,
                code=error.code,
                detail=error.detail,
                now=now,
                whole_post=failure.whole_post,
            )
            if failure.part_hash:
                # A delivery that is scheduled again starts from the beginning.
                preparations.delete_preparation(conn, account_id, failure.part_hash)
            return is_failed

        if not self._sender.ledger.write(operation):
            return
        name = self._account_session.account.name
        self._sender.emit(DeliveryEvent(now, EventKind.FAILED, failure.post, name, detail=str(error)))
