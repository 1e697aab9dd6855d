"""The reports of ``schedule``: the office at the start, the next post, fan-out progress."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from humaspost.app.folder.scan import ScanResult
from humaspost.app.office import Office
from humaspost.ledger.queries import totals
from humaspost.model.delivery import State
from humaspost.reports.forecasts.plan_outlook import plan_outlook
from humaspost.reports.forecasts.post_judge import PostJudge
from humaspost.reports.status import AccountSummary, account_summaries


@dataclass(frozen=True, slots=True)
class ScheduleStart:
    """The office when the scheduler starts.

    ``post_counts`` is by state, or by ``error`` and ``draft``.
    """

    root: Path
    folder: str
    accounts: tuple[AccountSummary, ...]
    file_count: int
    post_counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Target:
    """An account that a post goes to; ``recipients`` is None if it goes to the public."""

    account: str
    recipients: int | None


@dataclass(frozen=True, slots=True)
class NextPost:
    """The post that is due next, on the accounts where it is due at that time."""

    post: str
    due_at: datetime
    targets: tuple[Target, ...]


def schedule_start(office: Office, scan: ScanResult) -> ScheduleStart:
    """Return what the scheduler shows when it starts."""
    outlook = plan_outlook(office, scan)
    files = {post.file for post in scan.posts} | {problem.file for problem in scan.problems}
    counts = Counter({str(State.SCHEDULED): len(outlook.posts_to_come())})
    counts.update(item.kind for item in outlook.not_sending)
    return ScheduleStart(
        office.settings.root, office.settings.posts.name, account_summaries(office), len(files), counts
    )


def next_post(office: Office, *, now: datetime) -> NextPost | None:
    """Return the post that is due next, or None if no post is waiting."""
    # An archive has thousands of posts to come: none after the next one is looked at.
    entries = (entry for entry in PostJudge(office).iterate_totals(due_after=now) if entry.waiting_count)
    first = next(entries, None)
    if first is None:
        return None
    simultaneous = takewhile(lambda entry: (entry.id, entry.due_at) == (first.id, first.due_at), entries)
    targets = tuple(
        Target(entry.account, entry.waiting_count if entry.audiences else None)
        for entry in (first, *simultaneous)
    )
    return NextPost(first.id, first.due_at, targets)


def published_of_total(office: Office, post: str, account: str) -> tuple[int, int] | None:
    """Return how many deliveries of the post on the account are published, and their total."""
    with office.ledger().read() as conn:
        entries = totals.list_by_post(conn, post_id=post)
    counts = next((entry.counts for entry in entries if entry.account == account), None)
    return (counts[State.PUBLISHED], counts.total()) if counts is not None else None
