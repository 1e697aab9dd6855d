"""Service windows: the 24 hours after a person wrote in which free text may be sent."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from humaspost.ledger.dialect import upsert
from humaspost.ledger.schema import service_window

DURATION = timedelta(hours=24)


def open_window(conn: Connection, account: str, recipient: str, *, at: datetime) -> None:
    """Open the window from ``at``, when the person wrote; an older message never shortens it."""
    statement = upsert(service_window).values(account=account, recipient=recipient, open_until=at + DURATION)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["account", "recipient"],
            set_={"open_until": statement.excluded.open_until},
            where=statement.excluded.open_until > service_window.c.open_until,
        )
    )


def close_window(conn: Connection, account: str, recipient: str, *, at: datetime) -> None:
    """Close a window that was not open at ``at``, as the platform reported.

    A window that the person opened after that stays.
    """
    condition = (service_window.c.account == account) & (service_window.c.recipient == recipient)
    conn.execute(delete(service_window).where(condition, service_window.c.open_until <= at + DURATION))
