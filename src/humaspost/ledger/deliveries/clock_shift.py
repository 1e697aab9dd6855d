"""The wall clock was set back: what was to wait for a minute still waits for a minute, not for a day and one."""

from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, Table, and_, select, update

from humaspost.ledger.schema import account, attempt, delivery, preparation, quota_use

#: Moments that were read from the clock, or reckoned from it. When a post is due a person wrote: it is not among them.
_CLOCK_COLUMNS: tuple[tuple[Table, Column[datetime]], ...] = (
    (delivery, delivery.c.not_before),
    (delivery, delivery.c.next_lookup_at),
    (delivery, delivery.c.unknown_since),
    (delivery, delivery.c.published_at),
    (attempt, attempt.c.started_at),
    (attempt, attempt.c.ended_at),
    (preparation, preparation.c.next_at),
    (account, account.c.hold_until),
    (account, account.c.checked_at),
    (quota_use, quota_use.c.at),
)


def shift_clock_times(conn: Connection, offset: timedelta, *, now: datetime) -> None:
    """What happened is not in the future, and every wait ends ``by`` earlier.

    A wait whose end the platform had named may then end too early; the platform says so again.
    """
    for table, column in _CLOCK_COLUMNS:
        keys = list(table.primary_key.columns)
        for time, *values in conn.execute(select(column, *keys).where(column > now)).all():
            condition = and_(*(key == value for key, value in zip(keys, values, strict=True)))
            conn.execute(update(table).where(condition).values({column.name: time - offset}))
