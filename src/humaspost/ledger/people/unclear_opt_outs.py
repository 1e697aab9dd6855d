"""Opt-outs from cells that nobody can read; they count until the cell is mended."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, exists, or_, select, update

from humaspost.ledger.dialect import insert_or_ignore
from humaspost.ledger.schema import recipient, unclear_opt_out


def record_unclear(conn: Connection, name: str, ids: Iterable[str], *, now: datetime) -> None:
    """Let these people count as opted out until the list's cell is mended.

    Who opted out for good stays so.
    """
    rows = [{"recipient_id": recipient_id} for recipient_id in sorted(set(ids))]
    if not rows:
        return
    of_recipient = recipient.c.id == bindparam("recipient_id")
    is_unclear = exists().where(unclear_opt_out.c.recipient == recipient.c.id)
    columns = ["audience", "recipient"]
    for row in rows:
        selected = select(bindparam("name", name).label("audience"), recipient.c.id).where(
            of_recipient, or_(recipient.c.opted_out_at.is_(None), is_unclear)
        )
        conn.execute(insert_or_ignore(unclear_opt_out).from_select(columns, selected), row)
    conn.execute(
        update(recipient).where(of_recipient, recipient.c.opted_out_at.is_(None)).values(opted_out_at=now),
        rows,
    )


def clear_readable(conn: Connection, name: str, ids: Iterable[str]) -> None:
    """Let these people, whose cell in the list is mended, count as not opted out by it any more."""
    rows = [{"recipient_id": recipient_id, "name": name} for recipient_id in sorted(set(ids))]
    if not rows:
        return
    of_pair = (unclear_opt_out.c.recipient == bindparam("recipient_id")) & (
        unclear_opt_out.c.audience == bindparam("name")
    )
    mended = [row for row in rows if conn.scalar(select(exists().where(of_pair)), row)]
    if not mended:
        return
    conn.execute(delete(unclear_opt_out).where(of_pair), mended)
    others = exists().where(unclear_opt_out.c.recipient == recipient.c.id)
    statement = update(recipient).where(recipient.c.id == bindparam("recipient_id"), ~others)
    conn.execute(statement.values(opted_out_at=None), [{"recipient_id": r["recipient_id"]} for r in mended])


def list_unclear(conn: Connection, name: str) -> set[str]:
    """Return the ids of the people whom an unclear cell of the list stops."""
    query = select(unclear_opt_out.c.recipient).where(unclear_opt_out.c.audience == name)
    return set(conn.scalars(query))
