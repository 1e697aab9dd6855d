"""Preparation: one row per account and part, shared by ten thousand recipients."""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, select
from sqlalchemy.dialects.sqlite import insert as upsert

from humaspost.base.canonical_json import Json, canonical
from humaspost.ledger.schema import delivery, planned, post, preparation, rendition
from humaspost.model.delivery import State


def load(conn: Connection, account_id: str, part_hash: str) -> Row[Any] | None:
    """How far the part is prepared."""
    mine = (preparation.c.account == account_id) & (preparation.c.part_hash == part_hash)
    return conn.execute(select(preparation).where(mine)).one_or_none()


def keep(
    conn: Connection,
    account_id: str,
    part_hash: str,
    *,
    token: Json,
    ready: bool,
    next_at: datetime,
    failures: int,
    now: datetime,
    remade: bool = False,
) -> None:
    """The step that was made is remembered before the next one; ``remade`` = all that was made before is thrown away.

    How often that was is counted until the part is ready: a platform that takes nine of ten pictures each time
    would otherwise be given ten new ones every half minute.
    """
    values = {
        "token": canonical(token),
        "ready": ready,
        "next_at": next_at,
        "failures": failures,
        "updated_at": now,
    }
    row = upsert(preparation).values(account=account_id, part_hash=part_hash, remade=int(remade), **values)
    counted = {} if not (ready or remade) else {"remade": 0 if ready else preparation.c.remade + 1}
    conn.execute(row.on_conflict_do_update(index_elements=["account", "part_hash"], set_=values | counted))


def forget(conn: Connection, account_id: str, part_hash: str) -> None:
    """The part is prepared from the beginning next time."""
    mine = (preparation.c.account == account_id) & (preparation.c.part_hash == part_hash)
    conn.execute(delete(preparation).where(mine))


def is_there(conn: Connection, account_id: str, part_hash: str, *, token: Json) -> bool:
    """Whether what was prepared is exactly this, and nobody took it meanwhile."""
    row = load(conn, account_id, part_hash)
    return row is not None and row.ready and row.token == canonical(token)


def give_back(conn: Connection, account_id: str, part_hash: str, *, token: Json, now: datetime) -> None:
    """What an intent took was not used, and proved so: whoever comes next may have it."""
    if token is not None:
        keep(conn, account_id, part_hash, token=token, ready=True, next_at=now, failures=0, now=now)


def ahead(conn: Connection, account_id: str, *, until: datetime) -> list[tuple[str, str, datetime]]:
    """Posts (id, rendition body, due) that come due by ``until`` and were not begun: what may be prepared."""
    due = and_(planned.c.account == account_id, planned.c.first_write_at.is_(None), planned.c.due_at <= until)
    to_come = exists().where(
        delivery.c.post == planned.c.post,
        delivery.c.account == planned.c.account,
        delivery.c.state.in_((State.SCHEDULED, State.PREPARING)),
    )
    rows = conn.execute(
        select(planned.c.post, rendition.c.body, planned.c.due_at, planned.c.grace)
        .join(rendition, rendition.c.hash == planned.c.rendition)
        .join(post, post.c.id == planned.c.post)
        .where(due, post.c.hold.is_(None), planned.c.expanded.is_(False) | to_come)
        .order_by(planned.c.due_at)
    )
    back = timedelta(minutes=15)
    return [
        (row.post, row.body, row.due_at)
        for row in rows
        if row.due_at + timedelta(seconds=row.grace) > until - back
    ]


def token_of(row: Row[Any]) -> Json:
    """The token as the channel gave it."""
    value: Json = json.loads(row.token)
    return value
