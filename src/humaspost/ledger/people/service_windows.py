"""Until when free text may be sent to a person: for 24 hours after they wrote to the account."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func
from sqlalchemy.dialects.sqlite import insert as upsert

from humaspost.ledger.schema import window

OPEN = timedelta(hours=24)


def open_(conn: Connection, account: str, recipient: str, *, at: datetime) -> None:
    """They wrote at ``at``; an older word shortens no window."""
    fresh = upsert(window).values(account=account, recipient=recipient, open_until=at + OPEN)
    later = func.max(window.c.open_until, fresh.excluded.open_until)
    conn.execute(
        fresh.on_conflict_do_update(index_elements=["account", "recipient"], set_={"open_until": later})
    )


def close(conn: Connection, account: str, recipient: str, *, at: datetime) -> None:
    """The platform says that it was not open at ``at``; one that they opened since then stays."""
    mine = (window.c.account == account) & (window.c.recipient == recipient)
    conn.execute(delete(window).where(mine, window.c.open_until <= at + OPEN))
