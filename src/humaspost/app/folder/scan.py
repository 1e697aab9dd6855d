"""The scan of the posts folder: read it, check it and sync the ledger with it."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import humaspost
from humaspost.app.codes import FOLDER_CODES
from humaspost.app.folder import cache as folder_cache
from humaspost.app.folder import post_history
from humaspost.app.office import Office
from humaspost.base.canonical_json import sha256_digest
from humaspost.base.i18n import _
from humaspost.base.progress import ReportProgress
from humaspost.model.plan import NotPlanned, Plan, PostHistory, PublishedText, find_changed, select_posts
from humaspost.model.post import Post
from humaspost.model.problem import Problem
from humaspost.model.reasons import FileHold
from humaspost.planning.plan import PlanningContext, build_plan, describe_statuses
from humaspost.policy import lateness
from humaspost.policy.post_policy import get_post_policy

# `check` and `preview` of an office without a ledger load no database.
if TYPE_CHECKING:
    from sqlalchemy import Connection

    from humaspost.content.post_file import BrokenPost
    from humaspost.content.reader import FolderReading
    from humaspost.ledger.posts.sync_plan import SyncResult

#: A file with these codes might not be a post at all.
_NO_POST_CODES = ("front-matter-missing",)


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The content of the folder: valid posts, all problems, the plan and the number of files.

    ``broken_files`` are the files without a valid post, with the fields that could be read. ``basis`` is a word for
    the settings and the accounts' statuses that the plan was made with.
    """

    posts: tuple[Post, ...]
    problems: tuple[Problem, ...]
    plan: Plan
    files: int = 0
    folder_missing: bool = False
    folder: str = ""
    broken_files: "Mapping[str, BrokenPost]" = field(default_factory=dict)
    basis: str = ""

    def file_errors(self, synced: "SyncResult") -> tuple[Problem, ...]:
        """Return the first error of each file, or of the folder, that stops a delivery.

        Errors in drafts do not count: drafts are not sent.
        """
        drafts = {post.file for post in self.posts if post.draft}
        drafts |= {file for file, broken in self.broken_files.items() if broken.draft}
        first_errors: dict[str, Problem] = {}
        for problem in (*list_vanished_problems(self, synced), *self.problems):
            if problem.is_error and problem.file not in drafts and problem.file not in synced.finished:
                first_errors.setdefault(problem.file, problem)
        return tuple(first_errors.values())

    def due_problems(self, now: datetime, synced: "SyncResult") -> tuple[Problem, ...]:
        """Return the errors that stop what is due now, as far as the due time is known."""
        due = {post.file for post in self.posts if post.date and post.date.utc <= now}
        due |= {file for file, broken in self.broken_files.items() if broken.is_due(now)}
        return tuple(
            p
            for p in self.file_errors(synced)
            if (p.file in due and p.code not in _NO_POST_CODES) or p.code in FOLDER_CODES
        )


def scan_folder(office: Office, *, for_sending: bool = False, wait_for_unsettled: bool = False) -> ScanResult:
    """Read and check every post.

    ``for_sending`` ignores files that are still being written. ``wait_for_unsettled`` waits for
    them once, for the settle time of the policy.
    """
    planned_files = post_history.load_planned_files(office)
    steps = _Steps(office.report_reading)

    read = partial(office.reader.read, planned_files=planned_files)
    folder_content = read(now=_settle_time(office, for_sending), progress=steps.report_read)
    if wait_for_unsettled and folder_content.unsettled_files:
        time.sleep(office.settings.policy.settle.total_seconds() + 0.05)
        folder_content = read(now=_settle_time(office, for_sending))
    posts, media_problems = _probe_media(office, folder_content)
    problems = [*folder_content.problems, *media_problems]
    history = post_history.load_history(office, folder_content, planned_files)
    context = create_plan_context(office, history)
    memo = office.plan_memo
    memo.section = office.folder_cache.section(folder_cache.PLANNED)
    memo.rebase((office.folder_cache.basis, describe_statuses(context.statuses)))
    new_plan, more = build_plan(posts, problems, context, memo, progress=steps.report_planned)
    memo.retain({post.file for post in posts})
    office.folder_cache.save()
    steps.end()
    held = (*new_plan.held, *_list_held_files(folder_content))
    return ScanResult(
        tuple(posts),
        tuple(sort_problems([*problems, *more])),
        replace(new_plan, held=held, stamps=folder_content.stamps),
        len(folder_content.files),
        not office.settings.posts.is_dir(),
        office.settings.posts.name,
        folder_content.broken_posts,
        _describe_basis(office, context),
    )


def _probe_media(office: Office, folder_content: "FolderReading") -> tuple[list[Post], list[Problem]]:
    """Return the posts with the facts of their media, and the problems of these."""
    posts, problems = [], []
    for post in folder_content.posts:
        if post.media:
            # The first media file loads the decoders.
            post, found = office.probe.probe_post(post)
            problems += found
        posts.append(post)
    if any(post.media for post in posts):
        office.probe.retain(posts)
    return posts, problems


def _list_held_files(folder_content: "FolderReading") -> Iterator[NotPlanned]:
    """Yield the posts whose files have errors, or are still being written."""
    for file, broken in folder_content.broken_posts.items():
        yield NotPlanned(broken.id, file, "", FileHold.ERROR)
    for file, id_ in folder_content.unsettled_files.items():
        yield NotPlanned(id_, file, "", FileHold.UNSETTLED)


class _Steps:
    """The steps of a scan: each file is read and planned."""

    def __init__(self, report: ReportProgress) -> None:
        self._report = report
        self._total = 1

    def report_read(self, done: int, total: int) -> None:
        self._total = 2 * total
        self._report(done, self._total)

    def report_planned(self, done: int, total: int) -> None:
        self._report(self._total - total + done, self._total)

    def end(self) -> None:
        self._report(self._total, self._total)


def _settle_time(office: Office, for_sending: bool) -> float | None:
    return office.now().timestamp() if for_sending else None


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems by file and position."""
    return sorted(
        problems,
        key=lambda p: (p.file, p.position.line if p.position else 0, p.position.column if p.position else 0),
    )


def create_plan_context(office: Office, history: PostHistory | None = None) -> PlanningContext:
    """Return the facts of the office that planning needs."""
    policy = office.settings.policy
    same_text_period = timedelta(days=policy.same_text_days)
    return PlanningContext(
        accounts=office.settings.accounts,
        channels=office.channels,
        policy_of=lambda post: get_post_policy(post, policy),
        statuses=office.account_statuses(),
        recent_texts=_recent_texts(office, since=office.now() - same_text_period),
        same_text=same_text_period,
        convert=office.is_converting,
        history=history or PostHistory(),
    )


def _describe_basis(office: Office, context: PlanningContext) -> str:
    """Return a word for the settings and statuses of the plan.

    Another process may have opened the office before config.toml was edited, and may sync after.
    """
    # Not the quotas, nor the time of the look: they change often, and no plan by them.
    facts = sorted(
        (name, repr((status.templates, status.extra))) for name, status in context.statuses.items()
    )
    return sha256_digest([humaspost.__version__, office.settings.digest, *map(list, facts)])


def _recent_texts(office: Office, *, since: datetime) -> Sequence[PublishedText]:
    """Return the texts that were published since then."""
    if not office.has_ledger:
        return ()
    from humaspost.ledger.queries import delivery_lists

    with office.ledger().read() as conn:
        return delivery_lists.recent_texts(conn, since=since)


def sync_ledger(
    office: Office,
    scanned: ScanResult,
    *,
    since: ScanResult | None = None,
    note_ledger: "Callable[[Connection], None]" = lambda _conn: None,
) -> "SyncResult":
    """Sync the ledger with the scan; if the folder vanished, change nothing and report it.

    ``since`` is the scan that the ledger was last synced with, by this process: only the posts that differ
    from it, or that another process synced otherwise, are synced, where no post is missing. Everything is, where
    the last sync of any process had other settings. ``note_ledger`` is called first and last in the transaction.
    """
    from humaspost.ledger import accounts
    from humaspost.ledger.holds import file_errors
    from humaspost.ledger.posts import sync_basis, sync_plan

    now = office.now()
    platform_ids = {
        a.name: office.channels[a.channel].platform_id(a.config) for a in office.settings.accounts
    }

    changed = None if since is None else find_changed(scanned.plan, since.plan)

    def operation(conn: "Connection") -> "SyncResult":
        note_ledger(conn)
        for account in office.settings.accounts:
            accounts.ensure_account(conn, account, platform_id=platform_ids[account.name])
        # A missing folder syncs nothing: the basis of what the ledger has stays.
        has_other_basis = not scanned.folder_missing and sync_basis.replace_basis(conn, scanned.basis)
        plan_changes = None if has_other_basis else _select_changes(conn, scanned.plan, changed)
        is_partial = plan_changes is not None
        synced = sync_plan.sync(
            conn,
            scanned.plan if plan_changes is None else plan_changes,
            verdict=lateness.verdict,
            now=now,
            folder_missing=scanned.folder_missing,
            is_partial=is_partial,
        )
        synced = replace(synced, finished=_list_finished(conn, scanned, synced))
        file_errors.save_file_errors(conn, [(p.file, p.code) for p in scanned.file_errors(synced)])
        note_ledger(conn)
        return synced

    return office.ledger(write=True).write(operation)


def _list_finished(conn: "Connection", scanned: ScanResult, synced: "SyncResult") -> tuple[str, ...]:
    """Return the files with errors whose posts are all out."""
    from humaspost.ledger.holds import file_errors
    from humaspost.ledger.queries import post_history as post_queries

    # A file that held a published post holds a new one where the ledger does not know its id.
    known = post_queries.planned_files(conn)
    new = {item.file for item in scanned.plan.held if item.post and item.post not in known}
    wrong = [p.file for p in scanned.file_errors(synced) if p.file not in new]
    channels = {post.file: post.channels for post in scanned.posts}
    channels |= {file: broken.channels for file, broken in scanned.broken_files.items()}
    return file_errors.list_finished(conn, wrong, channels=channels)


def _select_changes(conn: "Connection", plan: Plan, changed: set[str] | None) -> Plan | None:
    """Return the part of the plan that the ledger lacks; None = the whole plan is needed."""
    from humaspost.ledger.posts import plan_differences, vanished_posts

    # Only a whole plan tells whether posts that vanished at once are back.
    if changed is None or vanished_posts.load_vanished(conn):
        return None
    different = plan_differences.find_different(conn, plan)
    return None if different is None else select_posts(plan, changed | different)


def list_vanished_problems(scanned: ScanResult, synced: "SyncResult") -> list[Problem]:
    """Return the problem that many posts vanished at once; the ledger still has them."""
    return [vanished_problem(len(synced.vanished), folder=scanned.folder)] if synced.vanished else []


def vanished_problem(count: int, *, folder: str) -> Problem:
    """Return the problem that so many posts that are still to be sent have no file now."""
    message = _("{count} posts that are still to be sent vanished at once; they go out as last planned")
    hint = _("is the folder {folder} there? bring the files back, or move them away a few at a time")
    return Problem("posts-vanished", message.format(count=count), hint.format(folder=folder), file=folder)
