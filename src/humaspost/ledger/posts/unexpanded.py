"""Posts to lists of people of whom some have no delivery yet."""

from sqlalchemy import ColumnElement

from humaspost.ledger.schema import plan_row
from humaspost.model.decision import UserDecision


def is_unexpanded() -> ColumnElement[bool]:
    """Return the condition of posts with people to come, which nobody cancelled."""
    return plan_row.c.expanded.is_(False) & plan_row.c.decision.is_distinct_from(UserDecision.CANCEL)
