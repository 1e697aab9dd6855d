"""What happens while sending, as values that a terminal or a log may show."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing; ``kind`` is a state, or ``preparing``, ``next``, ``problem``, ``clock``, ``stopping``.

    ``account`` is the account's name, ``count`` of ``total`` where a post went to many.
    """

    at: datetime
    kind: str
    post: str = ""
    account: str = ""
    detail: str = ""
    url: str | None = None
    count: int = 1
    total: int = 1


Tell = Callable[[Happened], None]


def silent(_what: Happened) -> None:
    """Nobody is told."""
