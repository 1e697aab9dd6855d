"""Recipients' choices about marketing messages from an account.

People tell the platform; an opt-out of all messages is separate.
"""

from datetime import datetime

from sqlalchemy import Connection, select

from humaspost.ledger.dialect import upsert
from humaspost.ledger.schema import delivery, marketing_preference


def record_preference(
    conn: Connection, account: str, recipient: str, *, marketing: bool, at: datetime
) -> None:
    """Record whether the recipient wants marketing; the newest choice counts.

    Of two choices at the same time, the refusal counts.
    """
    statement = upsert(marketing_preference).values(
        account=account, recipient=recipient, marketing=marketing, stated_at=at
    )
    columns = {"marketing": statement.excluded.marketing, "stated_at": statement.excluded.stated_at}
    is_newer = statement.excluded.stated_at > marketing_preference.c.stated_at
    is_same_time = (
        statement.excluded.stated_at == marketing_preference.c.stated_at
    ) & statement.excluded.marketing.is_(False)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["account", "recipient"], set_=columns, where=is_newer | is_same_time
        )
    )


def record_refusal(conn: Connection, key: str, *, at: datetime) -> None:
    """Record that the delivery's recipient wants no marketing, as the platform's refusal shows."""
    row = conn.execute(select(delivery.c.account, delivery.c.recipient).where(delivery.c.key == key)).one()
    if row.recipient:
        record_preference(conn, row.account, row.recipient, marketing=False, at=at)
