"""The correction of stored times after the wall clock was set back.

A wait of one minute then still ends after one minute, not after a day and a minute.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Connection, Table, and_, select, update

from humaspost.ledger.schema import account, attempt, audience, delivery, plan_row, preparation, quota_use

#: Times that were read from the clock, or computed from it. The due time of a post comes from its file: it is not here.
_CLOCK_COLUMNS: tuple[tuple[Table, Column[datetime]], ...] = (
    (delivery, delivery.c.not_before),
    (delivery, delivery.c.next_lookup_at),
    (delivery, delivery.c.unknown_since),
    (delivery, delivery.c.published_at),
    (attempt, attempt.c.started_at),
    (attempt, attempt.c.ended_at),
    (preparation, preparation.c.next_at),
    (plan_row, plan_row.c.progress_at),
    (account, account.c.hold_until),
    (account, account.c.checked_at),
    (quota_use, quota_use.c.at),
)
#: Times that are compared with each other: a decision lets through only the holds that began before it.
_ORDERED_COLUMNS: tuple[tuple[Table, Column[datetime]], ...] = (
    (plan_row, plan_row.c.decided_at),
    (audience, audience.c.held_at),
)
_TICK = timedelta(microseconds=1)


def shift_clock_times(conn: Connection, offset: timedelta, *, now: datetime) -> None:
    """Move stored times that are now in the future ``offset`` earlier.

    A wait until a time that the platform named may then end too early; the platform names that time again.
    """
    for table, column in _CLOCK_COLUMNS:
        keys = list(table.primary_key.columns)
        for time, *values in conn.execute(select(column, *keys).where(column > now)).all():
            condition = and_(*(key == value for key, value in zip(keys, values, strict=True)))
            conn.execute(update(table).where(condition).values({column.name: time - offset}))
    times = {
        time
        for _table, column in _ORDERED_COLUMNS
        for time in conn.scalars(select(column).where(column.isnot(None)).distinct())
    }
    # From the first on, as each one moves to where no later one is.
    for time, moved in shift_in_order(times, offset, now=now):
        for table, column in _ORDERED_COLUMNS:
            conn.execute(update(table).where(column == time).values({column.name: moved}))


def shift_in_order(
    times: Collection[datetime], offset: timedelta, *, now: datetime
) -> list[tuple[datetime, datetime]]:
    """Return each time after ``now``, in order, with the earlier time that it moves to.

    The wrong clock also made times before ``now``: none moves to one of them or before it.
    """
    last = max((time for time in times if time <= now), default=datetime.min.replace(tzinfo=UTC))
    moves = []
    for time in sorted(time for time in times if time > now):
        last = max(time - offset, last + _TICK)
        moves.append((time, last))
    return moves
