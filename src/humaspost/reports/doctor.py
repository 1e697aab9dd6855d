"""What will fail tomorrow: config, secrets, permissions, ledger, clock, accounts, disk."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from humaspost.app import accounts, webhooks
from humaspost.app.office import Office
from humaspost.base.i18n import _, ngettext
from humaspost.ledger import accounts as ledger_accounts
from humaspost.ledger import database, senders
from humaspost.ledger.accounts import status_from_row
from humaspost.ledger.database import LedgerError, UnsupportedLedgerError
from humaspost.ledger.holds import file_errors
from humaspost.ledger.queries import delivery_lists
from humaspost.ledger.recovery import copy_detection
from humaspost.model.delivery import UNRESOLVED_STATES
from humaspost.reports.login_expiry import login_expiry
from humaspost.reports.sender_status import format_sender, sender_status
from humaspost.settings.problems import ConfigError
from humaspost.views.text import display_width, escape_unsafe, pad, wrap_text
from humaspost.views.times import TimeFormatter, format_duration

_EXPIRY_WARNING = timedelta(days=14)
_MIN_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class CheckResult:
    """``level`` is ``ok``, ``note`` or ``bad``; ``remedy`` what to do about it.

    ``stops_every_command`` means that no command works before that is done.
    """

    topic: str
    level: str
    text: str
    remedy: str = ""
    stops_every_command: bool = False


def run_checks(office: Office, clock: TimeFormatter) -> list[CheckResult]:
    """Every finding, in the order in which things must be right."""
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
    results = [result for check in checks for result in _run_check(check, office, clock)]
    return list(dict.fromkeys(results))


def _run_check(
    check: Callable[[Office, TimeFormatter], Iterator[CheckResult]], office: Office, clock: TimeFormatter
) -> list[CheckResult]:
    """What it found; that it cannot look, on a disk that is full or not ours, is a finding like any other."""
    topic = check.__name__.strip("_")
    try:
        return list(check(office, clock))
    except ConfigError as error:
        return [CheckResult("secrets", "bad", problem.message, problem.hint) for problem in error.problems]
    except LedgerError as error:
        return [_ledger_failure(error)]
    except (DBAPIError, sqlite3.Error, OSError) as error:
        reason = str(getattr(error, "orig", error))
        remedy = _("mend what is said of state and disk first; the ledger must be writable to be read")
        return [
            CheckResult(
                topic, "bad", _("cannot be looked at: {why}").format(why=escape_unsafe(reason)), remedy
            )
        ]


def _ledger_failure(error: LedgerError) -> CheckResult:
    stops_every_command = isinstance(error, UnsupportedLedgerError)
    return CheckResult("ledger", "bad", str(error), error.hint, stops_every_command=stops_every_command)


def _config(office: Office, _clock: TimeFormatter) -> Iterator[CheckResult]:
    settings = office.settings
    count = len(settings.accounts)
    words = ngettext("{file}, {count} account", "{file}, {count} accounts", count)
    yield CheckResult("config", "ok", words.format(file=settings.file, count=count))
    if not count:
        yield CheckResult(
            "config", "bad", _("no account, so nothing can be sent"), _("write one: [accounts.x]")
        )
    if settings.demo:
        yield CheckResult("config", "note", _("demo = true: nothing leaves this computer"))
    if any(
        office.channels[a.channel].rules(a.config).public_url_required for a in settings.accounts
    ) and not (settings.media and settings.media.has_public_host):
        remedy = _("write [media] in config.toml: docs/config.md")
        yield CheckResult("media", "bad", _("Instagram has no address to fetch media from"), remedy)


def _folders(office: Office, _clock: TimeFormatter) -> Iterator[CheckResult]:
    settings = office.settings
    if not settings.posts.is_dir():
        remedy = _("make it, or mend posts = ... in config.toml")
        yield CheckResult("posts", "bad", _("{path} is not there").format(path=settings.posts), remedy)
    else:
        yield CheckResult("posts", "ok", str(settings.posts))
    state = settings.state if settings.state.exists() else settings.root
    if not os.access(state, os.W_OK):
        yield CheckResult(
            "state", "bad", _("{path} cannot be written").format(path=state), f"chown $USER {state}"
        )
    elif settings.state.exists() and _is_readable_by_others(settings.state):
        text = _("{path} can be read by other users").format(path=settings.state)
        yield CheckResult("state", "bad", text, f"chmod 700 {settings.state}")
    else:
        yield CheckResult("state", "ok", str(settings.state))
    free = shutil.disk_usage(state).free
    level = "ok" if free > _MIN_FREE_BYTES else "bad"
    remedy = "" if level == "ok" else _("make room: without it nothing can be recorded, so nothing is sent")
    yield CheckResult("disk", level, _("{count} GB free").format(count=round(free / 1e9, 1)), remedy)


def _is_readable_by_others(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _secrets(office: Office, _clock: TimeFormatter) -> Iterator[CheckResult]:
    for account in office.settings.accounts:
        sources: list[str] = []
        channel = office.channels[account.channel]
        for name in accounts.required_secrets(channel, account):
            try:
                source = office.vault.source_of(account.name, name)
            except ConfigError as error:
                problem = error.problems[0]
                yield CheckResult("secrets", "bad", f"{account.name}: {problem.message}", problem.hint)
                return
            if source is None:
                text = _("{account} has no {name}").format(account=account.name, name=name)
                remedy = _("write it in credentials.toml, under [{account}]").format(account=account.name)
                if name in accounts.login_secrets(channel, account):
                    remedy = f"humaspost account login {account.name}"
                yield CheckResult("secrets", "bad", text, remedy)
            else:
                sources.append(f"{name} ({source})")
        if sources:
            yield CheckResult("secrets", "ok", f"{account.name}: {', '.join(sources)}")


def _ledger(office: Office, _clock: TimeFormatter) -> Iterator[CheckResult]:
    try:
        with office.ledger().read() as conn:
            answer = database.quick_check(conn)
            waiting = len(delivery_lists.list_deliveries(conn, states=UNRESOLVED_STATES))
            broken = len(file_errors.load_file_errors(conn))
    except LedgerError as error:
        yield _ledger_failure(error)
        return
    if office.ledger().path is None:
        yield CheckResult("ledger", "note", _("none yet; the first sender makes it"))
    elif answer != "ok":
        yield CheckResult("ledger", "bad", escape_unsafe(answer), _("stop sending and restore a backup"))
    else:
        yield CheckResult("ledger", "ok", _("whole"))
    if copy_detection.is_copied(office.ledger(), office.settings.state):
        text = _("a copy, or put back: it does not know what was sent since, so no sender starts on it")
        yield CheckResult("ledger", "bad", text, "humaspost restore --adopt")
    if waiting:
        text = ngettext("{count} delivery needs a person", "{count} deliveries need a person", waiting)
        yield CheckResult("ledger", "bad", text.format(count=waiting), "humaspost status")
    if broken:
        text = ngettext("{count} file is left alone for its errors", "{count} files are left alone", broken)
        yield CheckResult("posts", "bad", text.format(count=broken), "humaspost status")


def _clock(office: Office, clock: TimeFormatter) -> Iterator[CheckResult]:
    with office.ledger().read() as conn:
        last = senders.get_last_started(conn)
    if last is not None and last.heartbeat_at - clock.now > timedelta(minutes=1):
        text = _("this computer says {now}, but a sender ran at {then}")
        words = text.format(now=clock.format_full(clock.now), then=clock.format_full(last.heartbeat_at))
        yield CheckResult("clock", "bad", words, _("set the clock: timedatectl set-ntp true"))
    else:
        yield CheckResult("clock", "ok", clock.format_full(clock.now))


def _accounts(office: Office, clock: TimeFormatter) -> Iterator[CheckResult]:
    with office.ledger().read() as conn:
        rows = {row.name: row for row in ledger_accounts.list_accounts(conn)}
    for account in office.settings.accounts:
        yield _check_account(account.name, rows.get(account.name), clock)
    accounts_by_name = {account.name for account in office.settings.accounts}
    for name in sorted(set(rows) - accounts_by_name):
        text = _("the ledger knows {name}, config.toml does not").format(name=name)
        remedy = _("renamed? humaspost account rename {name} NEW").format(name=name)
        yield CheckResult("accounts", "note", text, remedy)


def _check_account(name: str, row: Any, clock: TimeFormatter) -> CheckResult:
    check = f"humaspost account check {name}"
    if row is not None and row.hold == "login":
        reason = f"{name}: {row.hold_code} {row.hold_detail}".strip()
        return CheckResult(
            "login", "bad", _("{why}; nothing is sent there").format(why=escape_unsafe(reason)), check
        )
    if row is None or row.bound_at is None:
        return CheckResult("accounts", "note", _("{name} was never checked").format(name=name), check)
    if row.hold == "quota" and row.hold_until is None:
        reason = f"{name}: {row.hold_code} {row.hold_detail}".strip()
        return CheckResult(
            "accounts", "bad", _("{why}; nothing is sent there").format(why=escape_unsafe(reason)), check
        )
    status = status_from_row(row)
    if status and status.expires_at and status.expires_at - clock.now < _EXPIRY_WARNING:
        remaining = format_duration(status.expires_at - clock.now)
        text = _("{name}: the login expires in {left}").format(name=name, left=remaining)
        return CheckResult(
            "login", "bad", text, _("make a new token on the platform, then: {check}").format(check=check)
        )
    return CheckResult("accounts", "ok", f"{name}: {escape_unsafe(row.display_name)}")


def _logins(office: Office, clock: TimeFormatter) -> Iterator[CheckResult]:
    for expiries in login_expiry(office):
        message = ngettext(
            "{account}: the login ends {when}, and {count} post is due after that",
            "{account}: the login ends {when}, and {count} posts are due after that",
            expiries.post_count,
        )
        text = message.format(
            account=expiries.account, when=clock.format_date(expiries.expires_at), count=expiries.post_count
        )
        remedy = _("make a new token before then, and: humaspost account check {account}")
        yield CheckResult("login", "bad", text, remedy.format(account=expiries.account))


def _webhooks(office: Office, _clock: TimeFormatter) -> Iterator[CheckResult]:
    """Whether what WhatsApp tells can reach us; without it lost answers wait for a person."""
    status = office.account_statuses()
    for account in office.settings.accounts:
        if webhooks.SIGNATURE_SECRET not in office.channels[account.channel].secrets:
            continue
        extra = status[account.name].extra if account.name in status else {}
        if office.vault.source_of(account.name, webhooks.HANDSHAKE_SECRET) is None:
            text = _("{account}: none; lost answers wait for you, and BERHENTI is not noticed")
            remedy = _("humaspost serve: docs/channels/whatsapp.md")
            yield CheckResult("webhooks", "note", text.format(account=account.name), remedy)
        elif extra.get("subscribed_apps") == 0:
            text = _("{account}: no app is subscribed, so none will ever arrive")
            remedy = _("subscribe the app to the business account: docs/channels/whatsapp.md")
            yield CheckResult("webhooks", "bad", text.format(account=account.name), remedy)
        else:
            yield CheckResult("webhooks", "ok", account.name)


def _audiences(office: Office, _clock: TimeFormatter) -> Iterator[CheckResult]:
    for name, path in office.settings.audiences.items():
        if not path.is_file():
            text = _("audience {name}: {path} is not there").format(name=name, path=path)
            yield CheckResult(
                "audiences", "bad", text, _("bring the file back, or take it out of config.toml")
            )


def _sender(office: Office, clock: TimeFormatter) -> Iterator[CheckResult]:
    status = sender_status(office)
    words = format_sender(status, clock)
    remedy = "" if status.is_running else _("start it: humaspost schedule, or cron with humaspost run")
    yield CheckResult("sender", "ok" if status.is_running else "note", words, remedy)
    for pause in status.pauses:
        yield CheckResult(
            "sender",
            "bad",
            _("PAUSED: {reason}").format(reason=escape_unsafe(pause.reason)),
            "humaspost resume",
        )


def format_results(results: Sequence[CheckResult], *, columns: int = 80) -> list[str]:
    """One line per finding, its remedy below."""
    marks = {"ok": "ok", "note": "--", "bad": "!!"}
    topic_width = max((display_width(finding.topic) for finding in results), default=0)
    lines = []
    for result in results:
        head = f"{marks[result.level]}  {pad(result.topic, topic_width)}  "
        text = wrap_text(result.text, columns, indent=" " * len(head)) or [head]
        lines += [head + text[0].lstrip(), *text[1:]]
        if result.remedy:
            lines.append(" " * len(head) + escape_unsafe(result.remedy))
    bad = sum(finding.level == "bad" for finding in results)
    remedy_label = ngettext("{count} thing to mend.", "{count} things to mend.", bad).format(count=bad)
    return [*lines, "", remedy_label if bad else _("Nothing to mend.")]


def result_to_json(result: CheckResult) -> dict[str, str]:
    """One finding of ``doctor --json``."""
    return {"topic": result.topic, "level": result.level, "text": result.text, "remedy": result.remedy}
