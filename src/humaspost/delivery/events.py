"""Events of sending, as values that a terminal or a log can show."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from humaspost.base.i18n import _
from humaspost.model.event_kind import EventKind


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One event of sending.

    ``account`` is the account's name (of a new or changed file, all of them). ``count`` of ``total`` where a
    post goes to many recipients. ``due_at`` is when a new or changed post is due.
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
    """Return the database's own message, without the statement and its values."""
    return str(getattr(error, "orig", None) or error)


def describe_error(error: Exception) -> str:
    """Return the message of an error for users.

    For an error of the ledger this is SQLite's own message, never the statement and its values.
    """
    # Loaded here, because an office without a ledger does not need SQLAlchemy.
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError):
        return _("ledger: {reason}").format(reason=describe_database_error(error))
    return str(error)


EmitEvent = Callable[[DeliveryEvent], None]


def ignore(_event: DeliveryEvent) -> None:
    """Ignore the event."""
