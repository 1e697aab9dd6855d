"""What the world has done is on disk before anything else happens; a disk that refuses is asked until it takes it."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from humaspost.delivery.account_session import SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.model.event_kind import EventKind

T = TypeVar("T")


def commit(sender: SenderContext, operation: Callable[[Connection], T]) -> T:
    """The work's answer, once it is on disk; until then it stays in memory. Raises GivenUp where nobody waits."""
    while True:
        try:
            return sender.ledger.committer.submit(operation).result()
        except Exception as error:
            report_refusal(sender, error)
            sender.receipts.pause()


def report_refusal(sender: SenderContext, error: Exception) -> None:
    """It is told that the disk refused, without the statement and its values."""
    sender.emit(
        DeliveryEvent(sender.now(), EventKind.PROBLEM, detail=f"ledger: {getattr(error, 'orig', error)}")
    )
