"""Which files the last look at the folder left alone for their errors: what is not scheduled has no delivery to tell it."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from humaspost.ledger.schema import meta

_KEY = "left_alone"


def keep(conn: Connection, files: Sequence[tuple[str, str]]) -> None:
    """These, each with the code of its error; nothing is written where they are as before."""
    if list(files) != read(conn):
        row = upsert(meta).values(key=_KEY, value=json.dumps(files))
        conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))


def read(conn: Connection) -> list[tuple[str, str]]:
    """(file, code) of each."""
    found = conn.scalar(select(meta.c.value).where(meta.c.key == _KEY))
    return [(str(file), str(code)) for file, code in json.loads(found)] if found else []
