"""Deliveries that the newest plan does not have; each goes on when the plan has it again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, exists, true

from humaspost.ledger.deliveries import states, thread_parts
from humaspost.ledger.schema import delivery, plan_row
from humaspost.model.delivery import State
from humaspost.model.reasons import StopReason


def hold_unplanned(conn: Connection, where: Any, *, now: datetime) -> int:
    """Hold what is not sent yet, whatever else stops it; return how many deliveries."""
    # What failed or was missed follows the file, like every other one that a changed file frees.
    is_ended = delivery.c.state.in_((State.FAILED, State.MISSED))
    latest = case((is_ended, true()), else_=delivery.c.use_latest_rendition)
    return states.move(
        conn,
        states.DROP,
        where,
        now=now,
        reason=StopReason.NOT_PLANNED,
        owner=None,
        use_latest_rendition=latest,
    )


def hold_unplanned_rows(conn: Connection, where: Any, *, now: datetime) -> int:
    """Hold what the ledger still has of posts on accounts that their files no longer name.

    Each time anew: an outcome or the end of another hold may have scheduled a part of it since.
    """
    of_unplanned = exists(plan_row.c.post).where(
        plan_row.c.post == delivery.c.post,
        plan_row.c.account == delivery.c.account,
        plan_row.c.planned.is_(False),
    )
    is_new = where & of_unplanned.correlate(delivery) & (delivery.c.reason != StopReason.NOT_PLANNED)
    return hold_unplanned(conn, is_new, now=now)


def release_planned(conn: Connection, where: Any, *, now: datetime) -> int:
    """Schedule again what the plan has again, under the late policy; return how many deliveries."""
    is_back = where & (delivery.c.reason == StopReason.NOT_PLANNED)
    count = states.move(conn, states.UNHOLD, is_back, now=now, reason="")
    if count:
        thread_parts.hold_following(conn, where, now=now)
    return count
