"""Writes of outcomes that must reach the disk before anything else happens.

A write that the disk refuses is repeated until it succeeds.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from humaspost.delivery.account_session import SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.steps.bugs import is_bug
from humaspost.model.event_kind import EventKind

T = TypeVar("T")


def commit(sender: SenderContext, operation: Callable[[Connection], T]) -> T:
    """Run the operation until its commit is on disk, and return its answer.

    Until then it stays in memory. Raises ShuttingDown where the process ends first, and a bug at once: the
    disk can do nothing about it.
    """
    while True:
        try:
            return sender.ledger.committer.submit(operation, is_outcome=True).result()
        except Exception as error:
            if is_bug(error):
                raise
            report_refusal(sender, error)
            sender.receipts.pause()


def report_refusal(sender: SenderContext, error: Exception) -> None:
    """Report that the disk refused a write, without the statement and its values."""
    sender.emit(
        DeliveryEvent(sender.now(), EventKind.PROBLEM, detail=f"ledger: {getattr(error, 'orig', error)}")
    )
