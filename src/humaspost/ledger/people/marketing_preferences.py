"""Who wants no marketing messages on an account: what people told the platform, apart from leaving altogether."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from humaspost.ledger.schema import delivery, preference


def say(conn: Connection, account: str, recipient: str, *, marketing: bool, at: datetime) -> None:
    """The person wants marketing, or none; the newest word counts, and of two at one moment the "none"."""
    fresh = upsert(preference).values(account=account, recipient=recipient, marketing=marketing, said_at=at)
    said = {"marketing": fresh.excluded.marketing, "said_at": fresh.excluded.said_at}
    newer = fresh.excluded.said_at > preference.c.said_at
    same = (fresh.excluded.said_at == preference.c.said_at) & fresh.excluded.marketing.is_(False)
    conn.execute(
        fresh.on_conflict_do_update(index_elements=["account", "recipient"], set_=said, where=newer | same)
    )


def refused(conn: Connection, key: str, *, at: datetime) -> None:
    """Whoever the delivery went to wants no marketing on its account: the platform refused it for that."""
    sent = conn.execute(select(delivery.c.account, delivery.c.recipient).where(delivery.c.key == key)).one()
    if sent.recipient:
        say(conn, sent.account, sent.recipient, marketing=False, at=at)
