"""What the world has done is on disk before anything else happens; a disk that refuses is asked until it takes it."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from humaspost.delivery.account_session import Sender
from humaspost.delivery.events import Happened

T = TypeVar("T")


def record(sender: Sender, work: Callable[[Connection], T]) -> T:
    """The work's answer, once it is on disk; until then it stays in memory. Raises GivenUp where nobody waits."""
    while True:
        try:
            return sender.ledger.committer.submit(work).result()
        except Exception as error:
            refused(sender, error)
            sender.receipts.pause()


def refused(sender: Sender, error: Exception) -> None:
    """It is told that the disk refused, without the statement and its values."""
    sender.tell(Happened(sender.now(), "problem", detail=f"ledger: {getattr(error, 'orig', error)}"))
