"""The state of the whole office, as ``status`` shows it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from humaspost.app.codes import FOLDER_CODES
from humaspost.app.office import Office
from humaspost.ledger import accounts, creation_time
from humaspost.ledger.holds import file_errors
from humaspost.ledger.posts import vanished_posts
from humaspost.ledger.queries import delivery_lists, totals
from humaspost.ledger.recovery import copy_detection
from humaspost.ledger.worker_errors import list_worker_errors
from humaspost.model.account import Account
from humaspost.model.reasons import AccountHold, FileHold
from humaspost.model.records import AccountRecord, PostTotals, WorkerError
from humaspost.reports.attention import AttentionItem, LoginRequired, attention, logins_required
from humaspost.reports.forecasts.post_judge import PostJudge
from humaspost.reports.list_findings import ListFinding, list_findings
from humaspost.reports.sender_status import SenderStatus, sender_status

#: The period before and after now that ``status`` shows.
RECENT_PERIOD = timedelta(hours=24)
#: A login that ends within this period is reported.
EXPIRY_WARNING = timedelta(days=14)


class AccountState(StrEnum):
    """The state of an account: ok, or the action that it needs."""

    OK = "ok"
    LOGIN_EXPIRING = "login-expiring"
    LOGIN_REFUSED = "login-refused"
    NEVER_CHECKED = "never-checked"
    QUOTA = "quota"  # the platform's quota is used up
    THROTTLE = "throttle"  # several outcomes in a row are unknown
    NOT_CONFIGURED = "not-configured"  # the ledger has it, the config does not


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """One account of the config.

    ``held_until`` is None without a hold, or if a person must end it.
    """

    name: str
    channel: str
    display_name: str
    state: AccountState
    held_until: datetime | None = None
    login_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BlockedFile:
    """A file whose post is not sent, with the code of its error.

    ``is_folder`` is True if the error is that of the posts folder.
    """

    file: str
    code: str
    is_folder: bool


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The complete report of ``status``; ``vanished`` are posts whose files vanished at once.

    ``future_ledger_time`` is when the ledger was made if that is still to come: nothing due before is sent.
    """

    now: datetime
    sender: SenderStatus
    attention: tuple[AttentionItem, ...]
    logins: tuple[LoginRequired, ...]
    blocked_files: tuple[BlockedFile, ...]
    worker_errors: tuple[WorkerError, ...]
    lists: tuple[ListFinding, ...]
    is_ledger_copied: bool
    future_ledger_time: datetime | None
    posts: tuple[PostTotals, ...]
    counts: Counter[str]
    recent: Counter[str]
    accounts: tuple[AccountSummary, ...]
    vanished: tuple[str, ...] = ()

    @property
    def needs_person(self) -> bool:
        """Return True if anything but a login or an error in a file needs a person."""
        return bool(
            self.attention
            or self.vanished
            or self.is_ledger_copied
            or self.future_ledger_time
            or self.worker_errors
            or any(finding.hold for finding in self.lists)
            or self.sender.stale_files
        )


def status_report(office: Office) -> StatusReport:
    """Return the state of the office now."""
    is_copied = copy_detection.is_copied(office.ledger(), office.settings.state)
    now = office.now()
    lists = tuple(finding for finding in list_findings(office) if finding.summary is not None)
    posts = PostJudge(office).list_totals()
    with office.ledger().read() as conn:
        return StatusReport(
            now=now,
            sender=sender_status(office),
            attention=tuple(attention(office, conn, posts)),
            logins=tuple(logins_required(conn)),
            blocked_files=tuple(_blocked_files(conn)),
            worker_errors=tuple(list_worker_errors(conn)),
            lists=lists,
            is_ledger_copied=is_copied,
            future_ledger_time=creation_time.get_future_time(conn, now=now),
            posts=tuple(posts),
            counts=sum((entry.counts for entry in posts), Counter()),
            recent=totals.count_recent(conn, since=now - RECENT_PERIOD),
            accounts=_account_summaries(office, conn, now=now),
            vanished=tuple(sorted(vanished_posts.load_vanished(conn))),
        )


def account_summaries(office: Office) -> tuple[AccountSummary, ...]:
    """Return a summary of each account of the config."""
    with office.ledger().read() as conn:
        return _account_summaries(office, conn, now=office.now())


def unconfigured_accounts(office: Office) -> tuple[AccountSummary, ...]:
    """Return a summary of each account that only the ledger has."""
    names = {account.name for account in office.settings.accounts}
    with office.ledger().read() as conn:
        return tuple(
            AccountSummary(record.name, record.channel, record.display_name, AccountState.NOT_CONFIGURED)
            for record in accounts.list_accounts(conn)
            if record.name not in names
        )


def _account_summaries(office: Office, conn: Connection, *, now: datetime) -> tuple[AccountSummary, ...]:
    records = {record.name: record for record in accounts.list_accounts(conn)}
    return tuple(
        _summarize(account, records.get(account.name), now=now) for account in office.settings.accounts
    )


def _summarize(account: Account, record: AccountRecord | None, *, now: datetime) -> AccountSummary:
    display_name = (record.display_name if record is not None else "") or account.display_name
    status = record.status if record is not None else None
    return AccountSummary(
        account.name,
        account.channel,
        display_name,
        account_state(record, now=now),
        held_until=record.hold_until if record is not None and record.hold else None,
        login_expires_at=status.expires_at if status is not None else None,
    )


def account_state(record: AccountRecord | None, *, now: datetime) -> AccountState:
    """Return the state of the account; ``record`` is None if the ledger does not have it yet."""
    if record is not None and record.hold == AccountHold.LOGIN:
        return AccountState.LOGIN_REFUSED
    if record is None or record.bound_at is None:
        return AccountState.NEVER_CHECKED
    if record.hold:
        return AccountState(record.hold)
    status = record.status
    if status and status.expires_at and status.expires_at - now < EXPIRY_WARNING:
        return AccountState.LOGIN_EXPIRING
    return AccountState.OK


def _blocked_files(conn: Connection) -> Iterator[BlockedFile]:
    # From the last scan of the folder. A hold for an error may be older than that scan.
    files = dict(file_errors.load_file_errors(conn))
    held_posts = [post.file for post in delivery_lists.list_posts(conn) if post.hold == FileHold.ERROR]
    unfinished = set(held_posts) - set(file_errors.list_finished(conn, held_posts))
    for file, code in (dict.fromkeys(unfinished, "") | files).items():
        yield BlockedFile(file, code, is_folder=code in FOLDER_CODES)
