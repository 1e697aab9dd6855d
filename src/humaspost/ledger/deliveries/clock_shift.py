"""The correction of stored times after the wall clock was set back.

A wait of one minute then still ends after one minute, not after a day and a minute.
"""

from datetime import datetime, timedelta

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
    (plan_row, plan_row.c.decided_at),
    (audience, audience.c.held_at),
    (account, account.c.hold_until),
    (account, account.c.checked_at),
    (quota_use, quota_use.c.at),
)


def shift_clock_times(conn: Connection, offset: timedelta, *, now: datetime) -> None:
    """Move stored times that are now in the future ``offset`` earlier.

    A wait until a time that the platform named may then end too early; the platform names that time again.
    """
    for table, column in _CLOCK_COLUMNS:
        keys = list(table.primary_key.columns)
        for time, *values in conn.execute(select(column, *keys).where(column > now)).all():
            condition = and_(*(key == value for key, value in zip(keys, values, strict=True)))
            conn.execute(update(table).where(condition).values({column.name: time - offset}))
