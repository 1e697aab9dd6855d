"""Preparations: one row per account and part, shared by ten thousand recipients."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, select

from humaspost.base.canonical_json import Json, dump_canonical
from humaspost.ledger.dialect import upsert
from humaspost.ledger.schema import delivery, plan_row, post, preparation, rendition
from humaspost.model.decision import Timing
from humaspost.model.delivery import State
from humaspost.model.post import Late


@dataclass(frozen=True, slots=True)
class SavedPreparation:
    """The progress of a part's preparation; ``token`` is as the channel made it.

    ``failures`` = errors in a row, ``restarts`` = how often the whole preparation was discarded.
    """

    token: Json
    ready: bool
    next_at: datetime
    failures: int
    restarts: int


def load_preparation(conn: Connection, account_id: str, part_hash: str) -> SavedPreparation | None:
    """Return the stored preparation of the part, or None."""
    condition = (preparation.c.account == account_id) & (preparation.c.part_hash == part_hash)
    row = conn.execute(select(preparation).where(condition)).one_or_none()
    if row is None:
        return None
    return SavedPreparation(json.loads(row.token), row.ready, row.next_at, row.failures, row.restarts)


def save_preparation(
    conn: Connection,
    account_id: str,
    part_hash: str,
    *,
    token: Json,
    ready: bool,
    next_at: datetime,
    failures: int,
    now: datetime,
    restarted: bool = False,
) -> None:
    """Save a preparation step before the next one is made.

    ``restarted`` = everything made before was discarded. Restarts are counted until the part is ready: a
    platform that accepts nine of ten images each time would otherwise get ten new ones every half minute.
    """
    values = {
        "token": dump_canonical(token),
        "ready": ready,
        "next_at": next_at,
        "failures": failures,
        "updated_at": now,
    }
    row = upsert(preparation).values(
        account=account_id, part_hash=part_hash, restarts=int(restarted), **values
    )
    counted = {} if not (ready or restarted) else {"restarts": 0 if ready else preparation.c.restarts + 1}
    conn.execute(row.on_conflict_do_update(index_elements=["account", "part_hash"], set_=values | counted))


def delete_preparation(conn: Connection, account_id: str, part_hash: str) -> None:
    """Delete the preparation, so that the part is prepared from the start next time."""
    condition = (preparation.c.account == account_id) & (preparation.c.part_hash == part_hash)
    conn.execute(delete(preparation).where(condition))


def is_available(conn: Connection, account_id: str, part_hash: str, *, token: Json) -> bool:
    """Return True if exactly this token is ready and was not used meanwhile."""
    saved = load_preparation(conn, account_id, part_hash)
    return saved is not None and saved.ready and dump_canonical(saved.token) == dump_canonical(token)


def restore_preparation(
    conn: Connection, account_id: str, part_hash: str, *, token: Json, now: datetime
) -> None:
    """Restore a preparation that an intent took and provably did not use."""
    if token is not None:
        save_preparation(
            conn, account_id, part_hash, token=token, ready=True, next_at=now, failures=0, now=now
        )


def list_upcoming(conn: Connection, account_id: str, *, until: datetime) -> list[tuple[str, str, datetime]]:
    """Return posts that are due by ``until`` and were not started, for preparation.

    Each is (post id, rendition body, due time).
    """
    is_due = and_(
        plan_row.c.account == account_id, plan_row.c.first_write_at.is_(None), plan_row.c.due_at <= until
    )
    has_pending = exists().where(
        delivery.c.post == plan_row.c.post,
        delivery.c.account == plan_row.c.account,
        delivery.c.state.in_((State.SCHEDULED, State.PREPARING)),
    )
    unexpanded = plan_row.c.expanded.is_(False) & plan_row.c.stop.is_(None)
    rows = conn.execute(
        select(plan_row.c.post, rendition.c.body, plan_row.c.due_at, plan_row.c.late, plan_row.c.grace)
        .join(rendition, rendition.c.hash == plan_row.c.rendition)
        .join(post, post.c.id == plan_row.c.post)
        .where(is_due, post.c.hold.is_(None), plan_row.c.planned, unexpanded | has_pending)
        .order_by(plan_row.c.due_at)
    )
    margin = timedelta(minutes=15)
    return [(row.post, row.body, row.due_at) for row in rows if _timing(row).grace_ends_at > until - margin]


def _timing(row: Any) -> Timing:
    return Timing(row.due_at, Late(row.late), timedelta(seconds=row.grace))
