"""Deliveries, attempts and posts of the ledger, for ``status`` and ``log``."""

from collections.abc import Iterator, Sequence

from humaspost.app.office import Office
from humaspost.ledger.queries import delivery_lists
from humaspost.model.delivery import State
from humaspost.model.records import AttemptRecord, DeliveryRecord

#: Attempts that are read at a time.
PAGE_SIZE = 1000


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


def refused_deliveries(office: Office, post_id: str) -> list[DeliveryRecord]:
    """Return the deliveries of the post to people who may not get it; none was attempted."""
    return deliveries(office, post_id=post_id, states=(State.REFUSED,), limit=None)


def attempt_pages(
    office: Office, *, post_id: str | None, limit: int | None, page_size: int = PAGE_SIZE
) -> Iterator[list[AttemptRecord]]:
    """Yield attempts, newest first, some at a time; None selects every post or all rows.

    A ledger of a million attempts is never in memory, and no page keeps the sender from writing.
    """
    after, remaining = None, limit
    while remaining is None or remaining > 0:
        size = page_size if remaining is None else min(page_size, remaining)
        with office.ledger().read() as conn:
            page = delivery_lists.load_attempt_page(conn, size=size, post_id=post_id, after=after)
        if page.attempts:
            yield page.attempts
        if page.end is None:
            return
        after = page.end
        remaining = None if remaining is None else remaining - len(page.attempts)
