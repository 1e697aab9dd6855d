"""Checks that find problems early: config, secrets, ledger, clock, accounts and disk."""

import os
import shlex
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from humaspost.app import accounts
from humaspost.app.office import Office
from humaspost.base.file_stamp import ABSENT
from humaspost.delivery.sender_lock import is_held
from humaspost.delivery.state_owner import WrongUser, check_owner, current_user, find_refused_path
from humaspost.ledger import accounts as ledger_accounts
from humaspost.ledger import creation_time, database, senders
from humaspost.ledger.database import LedgerError, UnsupportedLedgerError
from humaspost.ledger.holds import file_errors
from humaspost.ledger.queries import delivery_lists
from humaspost.ledger.recovery import copy_detection
from humaspost.ledger.worker_errors import list_worker_errors
from humaspost.model.channel import WebhookReceiver
from humaspost.model.delivery import UNRESOLVED_STATES
from humaspost.model.reasons import AccountHold
from humaspost.model.records import AccountRecord
from humaspost.reports.list_findings import list_findings
from humaspost.reports.login_expiry import login_expiry
from humaspost.reports.sender_status import sender_status
from humaspost.reports.status import EXPIRY_WARNING
from humaspost.settings.problems import ConfigError

_MIN_FREE_BYTES = 500_000_000
_MAX_CLOCK_DIFFERENCE = timedelta(minutes=1)


class Level(StrEnum):
    """The severity of a result."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


class Finding(StrEnum):
    """The kind of a result; the comment at each kind names its values."""

    CHECK_FAILED = "check-failed"  # reason
    CONFIG_READ = "config-read"  # file, count
    NO_ACCOUNT = "no-account"
    DEMO = "demo"
    NO_MEDIA_HOST = "no-media-host"  # platform
    POSTS_MISSING = "posts-missing"  # path
    POSTS_READABLE = "posts-found"  # path
    STATE_NOT_WRITABLE = "state-not-writable"  # path, folder, user
    STATE_OF_OTHER_USER = "state-of-other-user"  # path, owner
    STATE_NOT_PRIVATE = "state-not-private"  # path
    STATE_WRITABLE = "state-writable"  # path
    DISK_FREE = "disk-free"  # bytes
    DISK_FULL = "disk-full"  # bytes
    SECRETS_UNREADABLE = "secrets-unreadable"  # message, hint
    ACCOUNT_SECRETS_UNREADABLE = "account-secrets-unreadable"  # account, message, hint
    SECRET_MISSING = "secret-missing"  # noqa: S105 -- a code; values: account, name
    LOGIN_SECRET_MISSING = "login-secret-missing"  # noqa: S105 -- a code; values: account, name
    SECRETS_PRESENT = "secrets-found"  # account, sources: (name, source) of each
    LEDGER_ERROR = "ledger-error"  # message, hint
    LEDGER_ABSENT = "ledger-absent"
    LEDGER_DAMAGED = "ledger-damaged"  # reason
    LEDGER_WHOLE = "ledger-whole"
    LEDGER_COPIED = "ledger-copied"
    UNRESOLVED_DELIVERIES = "unresolved-deliveries"  # count
    FILE_ERRORS = "file-errors"  # count
    CLOCK_BEHIND = "clock-behind"  # now, heartbeat_at
    LEDGER_FROM_FUTURE = "ledger-from-future"  # now, created_at
    CLOCK_PLAUSIBLE = "clock-plausible"  # now
    ACCOUNT_NOT_CONFIGURED = "account-not-configured"  # account
    ACCOUNT_NEVER_CHECKED = "account-never-checked"  # account
    LOGIN_REFUSED = "login-refused"  # account, reason
    QUOTA_SPENT = "quota-spent"  # account, reason
    LOGIN_EXPIRING = "login-expiring"  # account, remaining
    ACCOUNT_OK = "account-ok"  # account, display_name
    POSTS_AFTER_EXPIRY = "posts-after-expiry"  # account, expires_at, count
    WEBHOOKS_NOT_SET_UP = "webhooks-not-set-up"  # account, channel
    WEBHOOKS_NOT_SUBSCRIBED = "webhooks-not-subscribed"  # account, channel
    WEBHOOKS_OK = "webhooks-ok"  # account
    LIST_PROBLEM = "list-problem"  # name, code, message, hint, place
    LIST_READABLE_BY_ALL = "list-readable-by-all"  # count, files
    SENDER_RUNNING = "sender-running"  # sender
    SENDER_NOT_RUNNING = "sender-not-running"  # sender
    STALE_FILE = "stale-file"  # path, stale: (file, sender)
    WORKER_ERROR = "worker-error"  # account, reason
    PAUSED = "paused"  # reason


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One result of a check; ``stops_every_command`` means that no command works until fixed."""

    topic: str
    level: Level
    finding: Finding
    values: Mapping[str, Any] = field(default_factory=dict)
    stops_every_command: bool = False


def run_checks(office: Office) -> list[CheckResult]:
    """Return every result once, in the order in which to fix problems."""
    checks = (
        _config,
        _folders,
        _secrets,
        _ledger,
        _clock,
        _accounts,
        _logins,
        _webhooks,
        _audiences,
        _sender,
    )
    results: list[CheckResult] = []
    for check in checks:
        for result in _run_check(check, office):
            if result not in results:
                results.append(result)
    return results


def _run_check(check: Callable[[Office], Iterator[CheckResult]], office: Office) -> list[CheckResult]:
    # A check that cannot run, such as on a full or foreign disk, is a result too.
    try:
        return list(check(office))
    except ConfigError as error:
        return [
            _bad("secrets", Finding.SECRETS_UNREADABLE, message=problem.message, hint=problem.hint)
            for problem in error.problems
        ]
    except LedgerError as error:
        return [_ledger_failure(error)]
    except (DBAPIError, sqlite3.Error, OSError) as error:
        reason = str(getattr(error, "orig", error))
        return [_bad(check.__name__.strip("_"), Finding.CHECK_FAILED, reason=reason)]


def _ok(topic: str, finding: Finding, **values: Any) -> CheckResult:
    return CheckResult(topic, Level.OK, finding, values)


def _note(topic: str, finding: Finding, **values: Any) -> CheckResult:
    return CheckResult(topic, Level.NOTE, finding, values)


def _bad(topic: str, finding: Finding, **values: Any) -> CheckResult:
    return CheckResult(topic, Level.BAD, finding, values)


def _ledger_failure(error: LedgerError) -> CheckResult:
    values = {"message": str(error), "hint": error.hint}
    is_unsupported = isinstance(error, UnsupportedLedgerError)
    return CheckResult("ledger", Level.BAD, Finding.LEDGER_ERROR, values, stops_every_command=is_unsupported)


def _config(office: Office) -> Iterator[CheckResult]:
    settings = office.settings
    count = len(settings.accounts)
    yield _ok("config", Finding.CONFIG_READ, file=settings.file, count=count)
    if not count:
        yield _bad("config", Finding.NO_ACCOUNT)
    if settings.demo:
        yield _note("config", Finding.DEMO)
    if settings.media and settings.media.has_public_host:
        return
    platforms = (
        account.channel
        for account in settings.accounts
        if office.channels[account.channel].rules(account.config).public_url_required
    )
    if platform := next(platforms, ""):
        yield _bad("media", Finding.NO_MEDIA_HOST, platform=platform)


def _folders(office: Office) -> Iterator[CheckResult]:
    settings = office.settings
    if settings.posts.is_dir():
        yield _ok("posts", Finding.POSTS_READABLE, path=settings.posts)
    else:
        yield _bad("posts", Finding.POSTS_MISSING, path=settings.posts)
    yield from _state_owner(office)
    state = settings.state if settings.state.is_dir() else settings.root
    refused = find_refused_path(settings.state) or (None if os.access(state, os.W_OK) else state)
    if refused is not None:
        yield _bad("state", Finding.STATE_NOT_WRITABLE, path=refused, folder=state, user=current_user())
    elif settings.state.exists() and _is_readable_by_others(settings.state):
        yield _bad("state", Finding.STATE_NOT_PRIVATE, path=settings.state)
    else:
        yield _ok("state", Finding.STATE_WRITABLE, path=settings.state)
    free = shutil.disk_usage(state).free
    if free > _MIN_FREE_BYTES:
        yield _ok("disk", Finding.DISK_FREE, bytes=free)
    else:
        yield _bad("disk", Finding.DISK_FULL, bytes=free)


def _state_owner(office: Office) -> Iterator[CheckResult]:
    try:
        check_owner(office.settings.state, office.settings.root)
    except WrongUser as error:
        yield _bad("state", Finding.STATE_OF_OTHER_USER, path=error.path, owner=error.owner)


def _is_readable_by_others(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _secrets(office: Office) -> Iterator[CheckResult]:
    secrets_of_sender = _list_secrets_of_sender(office)
    for account in office.settings.accounts:
        sources: list[tuple[str, str]] = []
        channel = office.channels[account.channel]
        for name in accounts.required_secrets(channel, account):
            try:
                source = office.vault.source_of(account.name, name)
            except ConfigError as error:
                problem = error.problems[0]
                values = {"account": account.name, "message": problem.message, "hint": problem.hint}
                yield _bad("secrets", Finding.ACCOUNT_SECRETS_UNREADABLE, **values)
                return
            if source is not None:
                sources.append((name, source))
            elif f"{account.name}_{name}" in secrets_of_sender:
                sources.append((name, secrets_of_sender[f"{account.name}_{name}"]))
            elif name in accounts.login_secrets(channel, account):
                yield _bad("secrets", Finding.LOGIN_SECRET_MISSING, account=account.name, name=name)
            else:
                yield _bad("secrets", Finding.SECRET_MISSING, account=account.name, name=name)
        if sources:
            yield _ok("secrets", Finding.SECRETS_PRESENT, account=account.name, sources=tuple(sources))


def _list_secrets_of_sender(office: Office) -> dict[str, str]:
    """Return the running sender's files of secrets that only it can read, by name."""
    if not office.has_ledger or not is_held(office.settings.state):
        return {}
    with office.ledger().read() as conn:
        last = senders.get_last_started(conn)
    stamps = senders.files_from_row(last).secret_stamps if last is not None else {}
    return {
        Path(path).name: path
        for path, stamp in stamps.items()
        if stamp != ABSENT and not os.access(path, os.R_OK)
    }


def _ledger(office: Office) -> Iterator[CheckResult]:
    try:
        with office.ledger().read() as conn:
            answer = database.quick_check(conn)
            unresolved = len(delivery_lists.list_deliveries(conn, states=UNRESOLVED_STATES))
            broken_files = len(file_errors.load_file_errors(conn))
    except LedgerError as error:
        yield _ledger_failure(error)
        return
    if office.ledger().path is None:
        yield _note("ledger", Finding.LEDGER_ABSENT)
    elif answer != "ok":
        yield _bad("ledger", Finding.LEDGER_DAMAGED, reason=answer)
    else:
        yield _ok("ledger", Finding.LEDGER_WHOLE)
    if copy_detection.is_copied(office.ledger(), office.settings.state):
        yield _bad("ledger", Finding.LEDGER_COPIED)
    if unresolved:
        yield _bad("ledger", Finding.UNRESOLVED_DELIVERIES, count=unresolved)
    if broken_files:
        yield _bad("posts", Finding.FILE_ERRORS, count=broken_files)


def _clock(office: Office) -> Iterator[CheckResult]:
    now = office.now()
    with office.ledger().read() as conn:
        last = senders.get_last_started(conn)
        created_at = creation_time.get_future_time(conn, now=now)
    if created_at is not None:
        yield _bad("clock", Finding.LEDGER_FROM_FUTURE, now=now, created_at=created_at)
    elif last is not None and last.heartbeat_at - now > _MAX_CLOCK_DIFFERENCE:
        yield _bad("clock", Finding.CLOCK_BEHIND, now=now, heartbeat_at=last.heartbeat_at)
    else:
        yield _ok("clock", Finding.CLOCK_PLAUSIBLE, now=now)


def _accounts(office: Office) -> Iterator[CheckResult]:
    with office.ledger().read() as conn:
        rows = {row.name: row for row in ledger_accounts.list_accounts(conn)}
    for account in office.settings.accounts:
        yield _check_account(office, account.name, rows.get(account.name))
    configured_names = {account.name for account in office.settings.accounts}
    for name in sorted(set(rows) - configured_names):
        yield _note("accounts", Finding.ACCOUNT_NOT_CONFIGURED, account=name)


def _check_account(office: Office, name: str, row: AccountRecord | None) -> CheckResult:
    if row is not None and row.hold == AccountHold.LOGIN:
        return _bad("login", Finding.LOGIN_REFUSED, account=name, reason=_hold_reason(row))
    if row is None or row.bound_at is None:
        return _note("accounts", Finding.ACCOUNT_NEVER_CHECKED, account=name)
    if row.hold == AccountHold.QUOTA and row.hold_until is None:
        return _bad("accounts", Finding.QUOTA_SPENT, account=name, reason=_hold_reason(row))
    status, now = row.status, office.now()
    if status and status.expires_at and status.expires_at - now < EXPIRY_WARNING:
        return _bad("login", Finding.LOGIN_EXPIRING, account=name, remaining=status.expires_at - now)
    return _ok("accounts", Finding.ACCOUNT_OK, account=name, display_name=row.display_name)


def _hold_reason(row: AccountRecord) -> str:
    return f"{row.name}: {row.hold_code} {row.hold_detail}".strip()


def _logins(office: Office) -> Iterator[CheckResult]:
    for expiry in login_expiry(office):
        values = {"account": expiry.account, "expires_at": expiry.expires_at, "count": expiry.post_count}
        yield _bad("login", Finding.POSTS_AFTER_EXPIRY, **values)


def _webhooks(office: Office) -> Iterator[CheckResult]:
    # Without webhooks an unknown outcome waits for a person.
    statuses = office.account_statuses()
    for account in office.settings.accounts:
        channel = office.channels[account.channel]
        if not isinstance(channel, WebhookReceiver):
            continue
        extra = statuses[account.name].extra if account.name in statuses else {}
        if office.vault.source_of(account.name, channel.webhook_secrets.handshake) is None:
            yield _note(
                "webhooks", Finding.WEBHOOKS_NOT_SET_UP, account=account.name, channel=account.channel
            )
        elif extra.get("subscribed_apps") == 0:
            yield _bad(
                "webhooks", Finding.WEBHOOKS_NOT_SUBSCRIBED, account=account.name, channel=account.channel
            )
        else:
            yield _ok("webhooks", Finding.WEBHOOKS_OK, account=account.name)


def _audiences(office: Office) -> Iterator[CheckResult]:
    for finding in list_findings(office):
        if (problem := finding.summary) is not None:
            location = f":{problem.position.line}:{problem.position.column}" if problem.position else ""
            values = {"code": problem.code, "message": problem.message, "hint": problem.hint}
            values |= {"place": f"{finding.file}{location}"}
            yield _bad("audiences", Finding.LIST_PROBLEM, name=finding.name, **values)
    if open_lists := [path for path in office.settings.audiences.values() if _is_readable_by_all(path)]:
        files = " ".join(shlex.quote(str(path)) for path in open_lists)
        yield _note("audiences", Finding.LIST_READABLE_BY_ALL, count=len(open_lists), files=files)


def _is_readable_by_all(path: Path) -> bool:
    """Return True if every user of this computer can read the file: its folders let them in too."""
    try:
        mode = path.stat().st_mode
        folders = [folder.stat().st_mode for folder in path.resolve().parents]
    except OSError:
        return False
    return os.name == "posix" and bool(mode & stat.S_IROTH) and all(each & stat.S_IXOTH for each in folders)


def _sender(office: Office) -> Iterator[CheckResult]:
    sender = sender_status(office)
    if sender.is_running:
        yield _ok("sender", Finding.SENDER_RUNNING, sender=sender)
    else:
        yield _note("sender", Finding.SENDER_NOT_RUNNING, sender=sender)
    for file in sender.stale_files:
        yield _bad("sender", Finding.STALE_FILE, path=file.path, stale=(file, sender))
    with office.ledger().read() as conn:
        stuck_workers = list_worker_errors(conn)
    for error in stuck_workers:
        yield _bad("sender", Finding.WORKER_ERROR, account=error.account, reason=error.detail)
    for pause in sender.pauses:
        yield _bad("sender", Finding.PAUSED, reason=pause.reason)
