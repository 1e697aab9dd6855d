"""Deliveries, attempts and posts of the ledger, for ``status`` and ``log``."""

from collections.abc import Sequence

from humaspost.app.office import Office
from humaspost.ledger.queries import delivery_lists, totals
from humaspost.model.records import AttemptRecord, DeliveryRecord, PostTotals


def post_files(office: Office) -> list[tuple[str, str]]:
    """Return id and file of every post in the ledger, also if its file is missing."""
    with office.ledger().read() as conn:
        return [(post.id, post.file) for post in delivery_lists.list_posts(conn)]


def deliveries(
    office: Office, *, post_id: str | None, states: Sequence[str] | None, limit: int | None
) -> list[DeliveryRecord]:
    """Return deliveries by due time; None selects every post, every state or all rows."""
    with office.ledger().read() as conn:
        return delivery_lists.list_deliveries(conn, post_id=post_id, states=states, limit=limit)


def attempts(office: Office, *, post_id: str | None, limit: int | None) -> list[AttemptRecord]:
    """Return attempts, newest first; None selects every post or all rows."""
    with office.ledger().read() as conn:
        return delivery_lists.list_attempts(conn, post_id=post_id, limit=limit)


def post_totals(office: Office, post_id: str) -> list[PostTotals]:
    """Return the post on each of its accounts; nothing for a post that the ledger does not have."""
    with office.ledger().read() as conn:
        return totals.list_by_post(conn, post_id=post_id)
