"""Posts whose files vanished; where many vanish at once, the last plan stands (ADR 0009)."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from humaspost.base.canonical_json import dump_canonical
from humaspost.ledger.dialect import upsert
from humaspost.ledger.posts.unexpanded import is_unexpanded
from humaspost.ledger.schema import delivery, meta, plan_row
from humaspost.model.delivery import State
from humaspost.model.plan import Plan
from humaspost.model.reasons import FileHold, StopReason

#: Fewer vanished files than this never look like a lost folder.
MIN_VANISHED = 3
MAX_VANISHED_SHARE = 0.2
#: States from which a delivery may still be sent, some of them only after a new date or a fixed file.
PENDING_STATES = (State.SCHEDULED, State.PREPARING, State.HELD, State.FAILED, State.MISSED)
_KEY = "vanished_posts"


def find_vanished(conn: Connection, plan: Plan, posts: Mapping[str, Row[Any]]) -> set[str]:
    """Return the posts with pending deliveries whose file does not exist any more."""
    present = {row.post for row in plan.rows} | {item.post for item in plan.held}
    absent = {id_ for id_ in set(posts) - present if posts[id_].hold != FileHold.GONE}
    return absent & _pending_posts(conn) if absent else set()


def is_accident(conn: Connection, vanished: Collection[str], *, folder_missing: bool = False) -> bool:
    """Return True if so many pending posts vanished at once that nobody is believed to want it."""
    if folder_missing or len(vanished) < MIN_VANISHED:
        return folder_missing
    return is_mass_removal(len(vanished), pending=len(_pending_posts(conn)))


def is_mass_removal(vanished: int, *, pending: int) -> bool:
    """Return True if so many vanished posts, of all ``pending`` ones, look like an accident."""
    return vanished >= MIN_VANISHED and vanished > MAX_VANISHED_SHARE * pending


def _pending_posts(conn: Connection) -> set[str]:
    is_pending = delivery.c.state.in_(PENDING_STATES) & (delivery.c.reason != StopReason.NOT_PLANNED)
    waiting = select(delivery.c.post).where(is_pending).distinct()
    unexpanded = select(plan_row.c.post).where(is_unexpanded(), plan_row.c.planned).distinct()
    return set(conn.scalars(waiting)) | set(conn.scalars(unexpanded))


def load_vanished(conn: Connection) -> frozenset[str]:
    """Return the posts that vanished at once; they go out by the last plan, without a file."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == _KEY))
    return frozenset(json.loads(value)) if value else frozenset()


def save_vanished(conn: Connection, vanished: Collection[str]) -> None:
    """Save the posts that vanished at once; write nothing where they are the same."""
    if frozenset(vanished) == load_vanished(conn):
        return
    if not vanished:
        conn.execute(delete(meta).where(meta.c.key == _KEY))
        return
    row = upsert(meta).values(key=_KEY, value=dump_canonical(sorted(vanished)))
    conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))
