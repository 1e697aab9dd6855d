"""The effect of a cancel of a post."""

from dataclasses import dataclass
from datetime import datetime

from humaspost.app.office import Office
from humaspost.ledger.posts import decisions
from humaspost.model.post import Post
from humaspost.model.records import CancelCounts
from humaspost.reports.renditions_of_post import previews_for


@dataclass(frozen=True, slots=True)
class CancelPreview:
    """The effect of cancelling a post, by account."""

    post: str
    counts: tuple[CancelCounts, ...]

    @property
    def stopped(self) -> int:
        """Return how many deliveries the cancel stops."""
        return sum(counts.stopped for counts in self.counts)

    @property
    def cancelled_at(self) -> datetime | None:
        """Return when the post was cancelled on all these accounts; None = it is not."""
        times = [counts.cancelled_at for counts in self.counts]
        return max((at for at in times if at), default=None) if all(times) else None

    @property
    def is_pointless(self) -> bool:
        """Return True if the cancel changes nothing."""
        is_open = any(counts.sending or counts.unknown or counts.expired for counts in self.counts)
        return not self.stopped and (self.cancelled_at is not None or not is_open)


def cancel_preview(
    office: Office,
    post_id: str,
    *,
    account: str | None,
    post: Post | None = None,
    include_unknown: bool = False,
) -> CancelPreview:
    """Return what the cancel would stop.

    ``post`` is the file of a post that the ledger does not have yet.
    """
    if post is not None:
        previews = [item for item in previews_for(office, post) if account in (None, item.account.name)]
        sizes = {
            item.account.name: (item.audience_size or 0)
            if item.rules.is_per_recipient
            else len(item.rendition.parts)
            for item in previews
        }
        return CancelPreview(post_id, tuple(CancelCounts(name, count) for name, count in sizes.items()))
    with office.ledger().read() as conn:
        counts = decisions.count_cancel(conn, post_id, account=account, include_unknown=include_unknown)
    return CancelPreview(post_id, tuple(counts))
