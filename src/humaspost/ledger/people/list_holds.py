"""Holds of lists: the file of a list as it is now is not taken over, and its posts wait."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, select, true, update

from humaspost.ledger.deliveries import states
from humaspost.ledger.deliveries.gate_facts import is_list_held
from humaspost.ledger.dialect import execute_tuples, insert_or_ignore
from humaspost.ledger.schema import audience, audience_candidate, delivery, plan_row, post
from humaspost.model.reasons import ListHold, StopReason
from humaspost.model.records import ListHoldRecord

_COLUMNS = [audience.c[name] for name in ("name", "file", "hold", "hold_digest", "hold_detail", "held_at")]


def list_holds(conn: Connection) -> list[ListHoldRecord]:
    """Return every list whose file is not taken over."""
    return [record for record in list_findings(conn) if record.reason is not None]


def list_findings(conn: Connection) -> list[ListHoldRecord]:
    """Return every list that is held or has rows that could not be read, by name."""
    query = select(*_COLUMNS).where(audience.c.hold_detail != "").order_by(audience.c.name)
    return [_to_record(row) for row in conn.execute(query)]


def get_finding(conn: Connection, name: str) -> ListHoldRecord | None:
    """Return the record of the list, or None if it is unknown."""
    row = conn.execute(select(*_COLUMNS).where(audience.c.name == name)).one_or_none()
    return _to_record(row) if row is not None else None


def _to_record(row: Row[tuple[object, ...]]) -> ListHoldRecord:
    reason = ListHold(row.hold) if row.hold else None
    return ListHoldRecord(row.name, row.file, reason, row.hold_digest, row.hold_detail, row.held_at)


def hold_list(
    conn: Connection,
    name: str,
    reason: ListHold,
    *,
    digest: str,
    detail: str,
    candidates: Iterable[str],
    now: datetime,
) -> None:
    """Hold the list; ``candidates`` are the known people who are in the file too.

    The posts that name it are held by the gate. The first time of a hold stays.
    """
    values = {"hold": reason, "hold_digest": digest, "hold_detail": detail}
    of_list = audience.c.name == name
    conn.execute(update(audience).where(of_list).values(values))
    conn.execute(update(audience).where(of_list, audience.c.held_at.is_(None)).values(held_at=now))
    _set_candidates(conn, name, sorted(candidates))


def end_hold(conn: Connection, name: str, *, digest: str = "", detail: str = "", now: datetime) -> None:
    """End the hold of the list, and schedule the deliveries that waited for it.

    ``detail`` = what could not be read of the file that was taken over.
    """
    values = {"hold": None, "hold_digest": digest, "hold_detail": detail, "held_at": None}
    conn.execute(update(audience).where(audience.c.name == name).values(values))
    _set_candidates(conn, name, ())
    release_posts(conn, true(), now=now)


def _set_candidates(conn: Connection, name: str, ids: Sequence[str]) -> None:
    conn.execute(delete(audience_candidate).where(audience_candidate.c.audience == name))
    columns = ("audience", "recipient")
    execute_tuples(conn, insert_or_ignore(audience_candidate), columns, [(name, id_) for id_ in ids])


def release_posts(conn: Connection, where: ColumnElement[bool], *, now: datetime) -> None:
    """Schedule the deliveries that waited for a list, of posts that name no held list now.

    Those whose file is held wait on, until it is not.
    """
    is_free = exists(plan_row.c.post).where(
        plan_row.c.post == delivery.c.post,
        plan_row.c.account == delivery.c.account,
        plan_row.c.planned,
        ~is_list_held(),
        ~exists(post.c.id).where(post.c.id == plan_row.c.post, post.c.hold.isnot(None)).correlate(plan_row),
    )
    is_waiting = where & (delivery.c.reason == StopReason.LIST) & is_free.correlate(delivery)
    states.move(conn, states.UNHOLD, is_waiting, now=now, reason="")
