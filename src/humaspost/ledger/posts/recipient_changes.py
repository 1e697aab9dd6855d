"""Changes of who gets a post: the lists that its file names, and the people on them."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, select, update

from humaspost.base.canonical_json import dump_canonical
from humaspost.ledger.database import get_created_at
from humaspost.ledger.deliveries import states
from humaspost.ledger.deliveries.gate_facts import has_consent
from humaspost.ledger.dialect import upsert
from humaspost.ledger.posts import unplanned
from humaspost.ledger.posts.row_timing import read_timing
from humaspost.ledger.schema import audience, audience_member, delivery, meta, plan_row, recipient
from humaspost.model.decision import CheckLateness, OnTime, Timing, UserDecision
from humaspost.model.delivery import State
from humaspost.model.post import Late
from humaspost.model.reasons import StopReason

_WAITING = (State.SCHEDULED, State.PREPARING, State.HELD)
_KEY = "lists_synced"


def sync_changed_lists(conn: Connection, *, verdict: CheckLateness, now: datetime) -> bool:
    """Update the deliveries of every post that names a list imported since the last time.

    Returns False where no list was.
    """
    columns = select(audience.c.name, audience.c.digest, audience.c.imported_at)
    versions = {row.name: f"{row.digest} {row.imported_at.isoformat()}" for row in conn.execute(columns)}
    value = conn.scalar(select(meta.c.value).where(meta.c.key == _KEY))
    synced = json.loads(value) if value else {}
    changed = {name for name, version in versions.items() if synced.get(name) != version}
    if changed:
        sync_lists(conn, changed, verdict=verdict, now=now)
        saved = upsert(meta).values(key=_KEY, value=dump_canonical(versions))
        conn.execute(
            saved.on_conflict_do_update(index_elements=["key"], set_={"value": saved.excluded.value})
        )
    return bool(changed)


def sync_lists(conn: Connection, names: Collection[str], *, verdict: CheckLateness, now: datetime) -> None:
    """Update the deliveries of every post that names one of these lists."""
    is_open = delivery.c.state.in_(states.DROP.sources) & (delivery.c.recipient != "")
    open_pairs = {
        tuple(row)
        for row in conn.execute(select(delivery.c.post, delivery.c.account).where(is_open).distinct())
    }
    rows = conn.execute(select(plan_row).where(plan_row.c.fan_out, plan_row.c.planned)).all()
    ledger_created_at = get_created_at(conn) or now
    for row in rows:
        if set(names).isdisjoint(json.loads(row.audiences)):
            continue
        timing = read_timing(row, ledger_created_at=ledger_created_at)
        in_time = _is_in_time(conn, row, timing, verdict, now=now)
        if in_time or (row.post, row.account) in open_pairs:
            _sync_row(conn, row, timing, verdict, in_time=in_time, now=now)


def sync_recipients(
    conn: Connection, post: str, account: str, *, verdict: CheckLateness, now: datetime
) -> None:
    """Update the deliveries of one post on an account to who is on its lists now.

    Who is on none of them is held; who is back, or consented since, is scheduled. New people are entered only
    while the post is in time: a list that grows sends no old posts.
    """
    pair = (plan_row.c.post == post) & (plan_row.c.account == account)
    row = conn.execute(select(plan_row).where(pair)).one()
    if row.fan_out and row.planned:
        timing = read_timing(row, ledger_created_at=get_created_at(conn) or now)
        in_time = _is_in_time(conn, row, timing, verdict, now=now)
        _sync_row(conn, row, timing, verdict, in_time=in_time, now=now)


def _is_in_time(
    conn: Connection, row: Row[Any], timing: Timing, verdict: CheckLateness, *, now: datetime
) -> bool:
    if not isinstance(verdict(timing, now), OnTime):
        return False
    # A post that may be late is over when everybody had it, else it would go to new people for years.
    is_in_grace = isinstance(verdict(replace(timing, late=Late.ASK), now), OnTime)
    waiting = select(delivery.c.key).where(_of_row(row), delivery.c.state.in_(_WAITING)).limit(1)
    return is_in_grace or not row.expanded or conn.scalar(waiting) is not None


def _of_row(row: Row[Any]) -> Any:
    of_pair = (delivery.c.post == row.post) & (delivery.c.account == row.account)
    return of_pair & (delivery.c.edition == row.edition)


def _select_members(row: Row[Any]) -> Select[tuple[str]]:
    return select(audience_member.c.recipient).where(
        audience_member.c.audience.in_(json.loads(row.audiences))
    )


def _sync_row(
    conn: Connection,
    row: Row[Any],
    timing: Timing,
    verdict: CheckLateness,
    *,
    in_time: bool,
    now: datetime,
) -> None:
    if row.decision == UserDecision.CANCEL:
        return  # whoever publishes it reaches the people of then
    of_row, members = _of_row(row), _select_members(row)
    is_out = delivery.c.recipient.not_in(members) & (delivery.c.reason != StopReason.NOT_PLANNED)
    unplanned.hold_unplanned(conn, of_row & is_out, now=now)
    is_named = of_row & delivery.c.recipient.in_(members)
    unplanned.release_planned(conn, is_named, timing=timing, verdict=verdict, now=now)
    if not in_time:
        return
    _release_consented(conn, row, is_named, now=now)
    is_new = members.where(audience_member.c.recipient.not_in(select(delivery.c.recipient).where(of_row)))
    if conn.scalar(is_new.limit(1)) is not None:
        pair = (plan_row.c.post == row.post) & (plan_row.c.account == row.account)
        conn.execute(update(plan_row).where(pair).values(expanded=False))


def _release_consented(conn: Connection, row: Row[Any], where: Any, *, now: datetime) -> None:
    """Schedule those who were refused for want of a consent, and whose consent is on record now."""
    is_refused = where & (delivery.c.reason == StopReason.CONSENT)
    stopped = exists(recipient.c.id).where(
        recipient.c.id == delivery.c.recipient, recipient.c.opted_out_at.isnot(None)
    )
    is_allowed = is_refused & has_consent(delivery.c.recipient) & ~stopped.correlate(delivery)
    states.move(
        conn, states.ALLOW_CONSENTED, is_allowed, now=now, reason="", due_at=row.due_at, priority=row.priority
    )
