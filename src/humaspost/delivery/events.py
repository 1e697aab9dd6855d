"""What happens while sending, as values that a terminal or a log may show."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from humaspost.base.i18n import _
from humaspost.model.event_kind import EventKind


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One event while sending.

    ``account`` is the account's name (of a new or changed file, all of them), ``count`` of ``total`` where a post went to
    many. ``due`` is when a new or changed post goes out.
    """

    at: datetime
    kind: EventKind
    post: str = ""
    account: str = ""
    detail: str = ""
    url: str | None = None
    count: int = 1
    total: int = 1
    due_at: datetime | None = None


def describe_database_error(error: Exception) -> str:
    """Return the database's own words, without the statement and its values."""
    return str(getattr(error, "orig", None) or error)


def describe_error(error: Exception) -> str:
    """What a person is told of it: of the ledger in SQLite's own words, never the statement and its values."""
    # An office without a ledger has no SQLAlchemy to load.
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError):
        return _("ledger: {reason}").format(reason=describe_database_error(error))
    return str(error)


EmitEvent = Callable[[DeliveryEvent], None]


def ignore(_event: DeliveryEvent) -> None:
    """Nobody is told."""
