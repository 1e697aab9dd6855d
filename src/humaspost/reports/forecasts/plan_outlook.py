"""The outlook for every post: when it will be sent, or why not."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from humaspost.app.folder.scan import ScanResult
from humaspost.app.folder.standing_plan import StandingPlan, load_standing_plan, with_standing_plan
from humaspost.app.office import Office
from humaspost.model.decision import Timing
from humaspost.model.delivery import State
from humaspost.model.plan import PlanRow
from humaspost.model.reasons import FileHold, StopReason
from humaspost.model.records import PostTotals
from humaspost.reports.audience_size import AudienceSize
from humaspost.reports.forecasts.post_judge import PostJudge
from humaspost.reports.renditions_of_post import RenditionPreview, preview_of


@dataclass(frozen=True, slots=True)
class RecipientForecast:
    """The effect of a limit of ``limit`` different recipients in ``period`` on one post.

    The last recipient waits until ``last_delivery_at``. ``never_count`` recipients would wait past the
    post's expiry. ``missed`` recipients get no slot within the post's grace, and none of them gets the
    post; the next slot is free at ``first_at``.
    """

    limit: int
    period: timedelta
    last_delivery_at: datetime
    never_count: int = 0
    missed: int = 0
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One post on one account that is still to be sent, with ``remaining`` deliveries.

    ``timing`` is that of the moment: when it is due, and how late the rest of it may start. ``hold_reason`` is why it waits. ``quota_wait`` is the platform's quota that is used up when the post is
    due, and the time at which it has room again. ``login_expires_at`` is set if the login expires before
    that. ``recipient_forecast`` is set if the daily limit of recipients delays some of them.
    """

    row: PlanRow
    preview: RenditionPreview
    timing: Timing
    remaining: int
    hold_reason: str = ""
    quota_wait: tuple[str, datetime] | None = None
    login_expires_at: datetime | None = None
    recipient_forecast: RecipientForecast | None = None

    @property
    def due(self) -> datetime:
        """Return when it is due: by its file, or since a person published it."""
        return self.timing.due_at


@dataclass(frozen=True, slots=True)
class NotSending:
    """One post that will not be sent, with its accounts and the ledger's ``reason``.

    ``decided_at`` is when a person cancelled it. ``is_recorded`` is False where the rule says so and no sender
    has recorded it yet. ``is_started`` is True if something of it was sent.
    """

    kind: str
    post: str
    file: str
    due: datetime | None = None
    accounts: tuple[str, ...] = ()
    reason: str = ""
    decided_at: datetime | None = None
    is_recorded: bool = False
    is_started: bool = False


@dataclass(frozen=True, slots=True)
class PlanOutlook:
    """The complete report of ``plan``; ``standing`` posts go out without a file."""

    upcoming: tuple[Upcoming, ...]
    not_sending: tuple[NotSending, ...]
    standing: frozenset[str] = frozenset()

    @property
    def delivery_count(self) -> int:
        """Return the number of deliveries still to be sent."""
        return sum(one.remaining for one in self.upcoming)

    def posts_to_come(self, held_lists: Collection[str] = ()) -> set[str]:
        """Return the posts still to be sent on an account that waits for none of these lists."""
        return {one.row.post for one in self.upcoming if not set(held_lists) & set(one.row.audiences)}


def plan_outlook(office: Office, scan: ScanResult) -> PlanOutlook:
    """Compare the plan with the ledger; only reads."""
    judge = PostJudge(office)
    audience_size = AudienceSize(office)
    standing = load_standing_plan(office, scan)
    scan = with_standing_plan(scan, standing)
    upcoming: list[Upcoming] = []
    not_sending: list[NotSending] = []
    rules = {
        account.name: office.channels[account.channel].rules(account.config)
        for account in office.settings.accounts
    }
    for row in scan.plan.rows:
        if row.post in standing.unseen:
            item = NotSending("held", row.post, row.file, row.due.utc, (row.account.name,), "posts-vanished")
            not_sending.append(item)
            continue
        preview = preview_of(row, rules[row.account.name], audience_size)
        forecast = judge.forecast(row, _count_all(row, preview))
        if forecast.remaining:
            upcoming.append(Upcoming(row, preview, forecast.timing, forecast.remaining, forecast.hold_reason))
        for kind, reason in forecast.not_sent:
            decided_at = judge.cancelled_at(row) if kind == State.CANCELLED else None
            accounts = (row.account.name,)
            flags = {"is_recorded": judge.is_recorded(row, kind), "is_started": judge.is_started(row)}
            not_sending.append(
                NotSending(kind, row.post, row.file, forecast.due, accounts, reason, decided_at, **flags)
            )
    not_sending += _taken_out(scan, judge.entries.values())
    not_sending += _with_missing_file(scan, standing, judge.entries.values())
    upcoming.sort(key=lambda one: (one.due, one.row.post))
    all_not_sending = (*_merge_accounts(not_sending), *_blocked_or_draft(scan))
    return PlanOutlook(tuple(upcoming), all_not_sending, standing.posts)


def _count_all(row: PlanRow, preview: RenditionPreview) -> int:
    """Return the deliveries of a post of which nothing was sent."""
    return (preview.audience_size or 0) if preview.rules.is_per_recipient else len(row.rendition.parts)


def _taken_out(scan: ScanResult, entries: Iterable[PostTotals]) -> Iterator[NotSending]:
    """Yield what waits on accounts that its post's file no longer names."""
    planned = {(row.post, row.account.name) for row in scan.plan.rows}
    files = {row.post: row.file for row in scan.plan.rows}
    for entry in entries:
        is_waiting = entry.count(State.SCHEDULED, State.PREPARING, State.HELD)
        if is_waiting and entry.id in files and (entry.id, entry.account) not in planned:
            reason = StopReason.NOT_PLANNED
            yield NotSending("held", entry.id, files[entry.id], entry.due_at, (entry.account,), reason)


def _with_missing_file(
    scan: ScanResult, standing: StandingPlan, entries: Collection[PostTotals]
) -> Iterator[NotSending]:
    """Yield posts of the ledger that are still to be sent, have no file and no plan that stands."""
    if not entries:
        return
    # An office without a ledger loads no database.
    from humaspost.ledger.posts.vanished_posts import PENDING_STATES

    ids = {post.id for post in scan.posts} | {item.post for item in scan.plan.held}
    ids |= {row.post for row in standing.rows}
    files = {post.file for post in scan.posts} | {item.file for item in scan.plan.held}
    for entry in entries:
        is_missing = entry.id not in ids and entry.file not in files
        if is_missing and entry.count(*PENDING_STATES) and entry.remaining_count:
            yield NotSending(
                "held",
                entry.id,
                entry.file,
                entry.due_at,
                (entry.account,),
                StopReason.FILE,
            )


def _merge_accounts(not_sending: Sequence[NotSending]) -> Iterator[NotSending]:
    """Yield one entry per post, kind and reason, with all its accounts."""
    merged: dict[tuple[str, str, str], NotSending] = {}
    for item in not_sending:
        key = (item.post, item.kind, item.reason)
        previous = merged.get(key)
        accounts = (*previous.accounts, *item.accounts) if previous else item.accounts
        merged[key] = replace(item, accounts=accounts)
    order = ("unknown", "missed", "failed", "held", "changed", "expired", "refused", "cancelled")
    yield from sorted(merged.values(), key=lambda one: order.index(one.kind))


def _blocked_or_draft(scan: ScanResult) -> Iterable[NotSending]:
    ids = {item.file: item.post for item in scan.plan.held}
    codes: dict[str, str] = {}
    for problem in scan.problems:
        if problem.is_error:
            codes.setdefault(problem.file, problem.code)
    yield from (NotSending("error", ids.get(file, ""), file, reason=code) for file, code in codes.items())
    yield from (
        NotSending("draft", item.post, item.file) for item in scan.plan.held if item.reason == FileHold.DRAFT
    )


def outlook_of_post(outlook: PlanOutlook, post: str, file: str) -> PlanOutlook:
    """Return the outlook of one post."""
    upcoming = tuple(one for one in outlook.upcoming if one.row.post == post)
    not_sending = tuple(one for one in outlook.not_sending if one.post == post or one.file == file)
    return PlanOutlook(upcoming, not_sending, outlook.standing & {post})
