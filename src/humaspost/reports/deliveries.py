"""Deliveries, attempts and posts that the ledger has, as ``status`` and ``log`` list them."""

from collections.abc import Sequence

from humaspost.app.office import Office
from humaspost.ledger.queries import delivery_lists
from humaspost.model.records import AttemptRecord, DeliveryRecord


def post_files(office: Office) -> list[tuple[str, str]]:
    """Return id and file of every post that the ledger has, those whose file is gone too."""
    with office.ledger().read() as conn:
        return [(post.id, post.file) for post in delivery_lists.list_posts(conn)]


def deliveries(
    office: Office, *, post_id: str | None, states: Sequence[str] | None, limit: int | None
) -> list[DeliveryRecord]:
    """Return deliveries by due time; None = of every post, in every state, all of them."""
    with office.ledger().read() as conn:
        return delivery_lists.list_deliveries(conn, post_id=post_id, states=states, limit=limit)


def attempts(office: Office, *, post_id: str | None, limit: int | None) -> list[AttemptRecord]:
    """Return attempts, newest first; None = of every post, all of them."""
    with office.ledger().read() as conn:
        return delivery_lists.list_attempts(conn, post_id=post_id, limit=limit)
