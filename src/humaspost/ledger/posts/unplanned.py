"""Deliveries that the newest plan does not have; each goes on when the plan has it again."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, exists, true

from humaspost.ledger.deliveries import states, thread_parts
from humaspost.ledger.schema import delivery, plan_row
from humaspost.model.decision import CheckLateness, OnTime, Timing
from humaspost.model.delivery import State
from humaspost.model.post import Late
from humaspost.model.reasons import StopReason

#: The states that only a person or the file ends: being named again is neither.
_ENDED = (State.FAILED, State.MISSED)


def hold_unplanned(conn: Connection, where: Any, *, now: datetime) -> int:
    """Hold what is not sent yet, whatever else stops it; return how many deliveries."""
    # What failed or was missed follows the file, like every other one that a changed file frees.
    is_ended = delivery.c.state.in_(_ENDED)
    latest = case((is_ended, true()), else_=delivery.c.use_latest_rendition)
    return states.move(
        conn,
        states.DROP,
        where,
        now=now,
        reason=StopReason.NOT_PLANNED,
        owner=None,
        dropped_from=delivery.c.state,
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


def release_planned(
    conn: Connection, where: Any, *, timing: Timing, verdict: CheckLateness, now: datetime
) -> int:
    """Schedule again what the plan has again, under the late policy; return how many deliveries.

    What was missed or failed before is missed where it is late, even where its post may be late.
    """
    is_back = where & (delivery.c.reason == StopReason.NOT_PLANNED)
    may_be_late = isinstance(verdict(timing, now), OnTime)
    if may_be_late and not isinstance(verdict(replace(timing, late=Late.ASK), now), OnTime):
        had_ended = is_back & delivery.c.dropped_from.in_(_ENDED)
        states.move(conn, states.RETURN_MISSED, had_ended, now=now, reason=StopReason.LATE)
    count = states.move(conn, states.UNHOLD, is_back, now=now, reason="")
    if count:
        thread_parts.hold_following(conn, where, now=now)
    return count
