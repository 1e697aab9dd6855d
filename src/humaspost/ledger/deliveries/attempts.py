"""Attempts: each ends once, with its outcome at that time."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, update

from humaspost.ledger.schema import attempt, delivery

_END_ATTEMPT = (
    update(attempt)
    .where(
        attempt.c.key == bindparam("the_key"),
        attempt.c.number == bindparam("the_number"),
        attempt.c.ended_at.is_(None),
    )
    .values(
        ended_at=bindparam("now"),
        outcome=bindparam("how"),
        code=bindparam("the_code"),
        detail=bindparam("why"),
    )
)


def end_attempt(
    conn: Connection, key: str, number: int, *, outcome: str, now: datetime, code: str = "", detail: str = ""
) -> None:
    """End the attempt; an attempt that ended keeps its first end."""
    end_attempts(conn, [(key, number)], outcome=outcome, now=now, code=code, detail=detail)


def end_attempts(
    conn: Connection,
    numbers: Iterable[tuple[str, int]],
    *,
    outcome: str,
    now: datetime,
    code: str = "",
    detail: str = "",
) -> None:
    """End these attempts (key and number of each) with one outcome."""
    same = {"now": now, "how": outcome, "the_code": code, "why": detail}
    conn.execute(_END_ATTEMPT, [{"the_key": key, "the_number": number, **same} for key, number in numbers])


def count_failures(conn: Connection, key: str, *, code: str) -> tuple[int, int]:
    """Return the failures of the delivery in a row, and its attempts that ended with ``code``."""
    in_a_row = conn.scalar(select(delivery.c.failures).where(delivery.c.key == key)) or 0
    condition = (attempt.c.key == key) & (attempt.c.code == code)
    return in_a_row, conn.scalar(select(func.count()).select_from(attempt).where(condition)) or 0
