"""The basis of the last sync: all that a plan depends on besides the files of posts."""

from sqlalchemy import Connection, select

from humaspost.ledger.dialect import upsert
from humaspost.ledger.schema import meta

_KEY = "sync_basis"


def replace_basis(conn: Connection, basis: str) -> bool:
    """Record the basis of this sync; return True if the last sync had another one."""
    if conn.scalar(select(meta.c.value).where(meta.c.key == _KEY)) == basis:
        return False
    row = upsert(meta).values(key=_KEY, value=basis)
    conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))
    return True
