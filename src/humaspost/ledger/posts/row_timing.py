"""The timing of a row of the plan in the ledger, for the late rule."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from humaspost.model.decision import Timing, UserDecision, get_requested_at
from humaspost.model.post import Late


def read_timing(row: Row[Any], *, ledger_created_at: datetime) -> Timing:
    """Return the timing of a row of ``plan_row``, as the gate counts it."""
    return Timing(
        due_at=row.due_at,
        late=Late(row.late),
        grace=timedelta(seconds=row.grace),
        expires_at=row.expires_at,
        due_before_ledger=row.due_at < ledger_created_at,
        first_write_at=row.first_write_at,
        progress_at=row.progress_at,
        requested_at=get_requested_at(UserDecision(row.decision) if row.decision else None, row.decided_at),
    )
