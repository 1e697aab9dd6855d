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
from humaspost.ledger.accounts import facts_of
from humaspost.ledger.database import LedgerError
from humaspost.ledger.holds import file_errors
from humaspost.ledger.queries import delivery_lists
from humaspost.ledger.recovery import copy_detection
from humaspost.model.delivery import NEEDS_PERSON
from humaspost.reports.login_expiry import endings
from humaspost.reports.sender_status import sending, status_words
from humaspost.settings.problems import ConfigError
from humaspost.views.text import pad, safe, width, wrap
from humaspost.views.times import Clock, span

_SOON = timedelta(days=14)
_DISK = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """``level`` is ``ok``, ``note`` or ``bad``; ``remedy`` what to do about it."""

    topic: str
    level: str
    text: str
    remedy: str = ""


def examine(office: Office, clock: Clock) -> list[Finding]:
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
    found = [finding for check in checks for finding in _looked_at(check, office, clock)]
    return list(dict.fromkeys(found))


def _looked_at(
    check: Callable[[Office, Clock], Iterator[Finding]], office: Office, clock: Clock
) -> list[Finding]:
    """What it found; that it cannot look, on a disk that is full or not ours, is a finding like any other."""
    topic = check.__name__.strip("_")
    try:
        return list(check(office, clock))
    except ConfigError as error:
        return [Finding("secrets", "bad", one.message, one.hint) for one in error.problems]
    except LedgerError as error:
        return [Finding("ledger", "bad", str(error), error.hint)]
    except (DBAPIError, sqlite3.Error, OSError) as error:
        why = str(getattr(error, "orig", error))
        remedy = _("mend what is said of state and disk first; the ledger must be writable to be read")
        return [Finding(topic, "bad", _("cannot be looked at: {why}").format(why=safe(why)), remedy)]


def _config(office: Office, _clock: Clock) -> Iterator[Finding]:
    settings = office.settings
    count = len(settings.accounts)
    words = ngettext("{file}, {count} account", "{file}, {count} accounts", count)
    yield Finding("config", "ok", words.format(file=settings.file, count=count))
    if not count:
        yield Finding("config", "bad", _("no account, so nothing can be sent"), _("write one: [accounts.x]"))
    if settings.demo:
        yield Finding("config", "note", _("demo = true: nothing leaves this computer"))
    if any(office.channels[a.channel].rules(a.config).public_url for a in settings.accounts) and not (
        settings.media and settings.media.shows
    ):
        remedy = _("write [media] in config.toml: docs/config.md")
        yield Finding("media", "bad", _("Instagram has no address to fetch media from"), remedy)


def _folders(office: Office, _clock: Clock) -> Iterator[Finding]:
    settings = office.settings
    if not settings.posts.is_dir():
        remedy = _("make it, or mend posts = ... in config.toml")
        yield Finding("posts", "bad", _("{path} is not there").format(path=settings.posts), remedy)
    else:
        yield Finding("posts", "ok", str(settings.posts))
    state = settings.state if settings.state.exists() else settings.root
    if not os.access(state, os.W_OK):
        yield Finding(
            "state", "bad", _("{path} cannot be written").format(path=state), f"chown $USER {state}"
        )
    elif settings.state.exists() and _open_to_others(settings.state):
        text = _("{path} can be read by other users").format(path=settings.state)
        yield Finding("state", "bad", text, f"chmod 700 {settings.state}")
    else:
        yield Finding("state", "ok", str(settings.state))
    free = shutil.disk_usage(state).free
    level = "ok" if free > _DISK else "bad"
    remedy = "" if level == "ok" else _("make room: without it nothing can be recorded, so nothing is sent")
    yield Finding("disk", level, _("{count} GB free").format(count=round(free / 1e9, 1)), remedy)


def _open_to_others(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _secrets(office: Office, _clock: Clock) -> Iterator[Finding]:
    for account in office.settings.accounts:
        found: list[str] = []
        channel = office.channels[account.channel]
        for name in accounts.secrets(channel, account):
            try:
                where = office.vault.where(account.name, name)
            except ConfigError as error:
                problem = error.problems[0]
                yield Finding("secrets", "bad", f"{account.name}: {problem.message}", problem.hint)
                return
            if where is None:
                text = _("{account} has no {name}").format(account=account.name, name=name)
                remedy = _("write it in credentials.toml, under [{account}]").format(account=account.name)
                if name in accounts.tokens(channel, account):
                    remedy = f"humaspost account login {account.name}"
                yield Finding("secrets", "bad", text, remedy)
            else:
                found.append(f"{name} ({where})")
        if found:
            yield Finding("secrets", "ok", f"{account.name}: {', '.join(found)}")


def _ledger(office: Office, _clock: Clock) -> Iterator[Finding]:
    try:
        with office.ledger().read() as conn:
            answer = database.quick_check(conn)
            waiting = len(delivery_lists.deliveries(conn, states=NEEDS_PERSON))
            broken = len(file_errors.read(conn))
    except LedgerError as error:
        yield Finding("ledger", "bad", str(error), error.hint)
        return
    if office.ledger().path is None:
        yield Finding("ledger", "note", _("none yet; the first sender makes it"))
    elif answer != "ok":
        yield Finding("ledger", "bad", safe(answer), _("stop sending and restore a backup"))
    else:
        yield Finding("ledger", "ok", _("whole"))
    if copy_detection.is_foreign(office.ledger(), office.settings.state):
        text = _("a copy, or put back: it does not know what was sent since, so no sender starts on it")
        yield Finding("ledger", "bad", text, "humaspost restore --adopt")
    if waiting:
        text = ngettext("{count} delivery needs a person", "{count} deliveries need a person", waiting)
        yield Finding("ledger", "bad", text.format(count=waiting), "humaspost status")
    if broken:
        text = ngettext("{count} file is left alone for its errors", "{count} files are left alone", broken)
        yield Finding("posts", "bad", text.format(count=broken), "humaspost status")


def _clock(office: Office, clock: Clock) -> Iterator[Finding]:
    with office.ledger().read() as conn:
        last = senders.latest(conn)
    if last is not None and last.seen_at - clock.now > timedelta(minutes=1):
        text = _("this computer says {now}, but a sender ran at {then}")
        words = text.format(now=clock.full(clock.now), then=clock.full(last.seen_at))
        yield Finding("clock", "bad", words, _("set the clock: timedatectl set-ntp true"))
    else:
        yield Finding("clock", "ok", clock.full(clock.now))


def _accounts(office: Office, clock: Clock) -> Iterator[Finding]:
    with office.ledger().read() as conn:
        rows = {row.name: row for row in ledger_accounts.every(conn)}
    for account in office.settings.accounts:
        yield _account(account.name, rows.get(account.name), clock)
    known = {account.name for account in office.settings.accounts}
    for name in sorted(set(rows) - known):
        text = _("the ledger knows {name}, config.toml does not").format(name=name)
        remedy = _("renamed? humaspost account rename {name} NEW").format(name=name)
        yield Finding("accounts", "note", text, remedy)


def _account(name: str, row: Any, clock: Clock) -> Finding:
    check = f"humaspost account check {name}"
    if row is not None and row.hold == "login":
        why = f"{name}: {row.hold_code} {row.hold_detail}".strip()
        return Finding("login", "bad", _("{why}; nothing is sent there").format(why=safe(why)), check)
    if row is None or row.bound_at is None:
        return Finding("accounts", "note", _("{name} was never checked").format(name=name), check)
    if row.hold == "quota" and row.hold_until is None:
        why = f"{name}: {row.hold_code} {row.hold_detail}".strip()
        return Finding("accounts", "bad", _("{why}; nothing is sent there").format(why=safe(why)), check)
    facts = facts_of(row)
    if facts and facts.expires_at and facts.expires_at - clock.now < _SOON:
        left = span(facts.expires_at - clock.now)
        text = _("{name}: the login expires in {left}").format(name=name, left=left)
        return Finding(
            "login", "bad", text, _("make a new token on the platform, then: {check}").format(check=check)
        )
    return Finding("accounts", "ok", f"{name}: {safe(row.shown)}")


def _logins(office: Office, clock: Clock) -> Iterator[Finding]:
    for found in endings(office):
        message = ngettext(
            "{account}: the login ends {when}, and {count} post is due after that",
            "{account}: the login ends {when}, and {count} posts are due after that",
            found.posts,
        )
        text = message.format(account=found.account, when=clock.date(found.ends), count=found.posts)
        remedy = _("make a new token before then, and: humaspost account check {account}")
        yield Finding("login", "bad", text, remedy.format(account=found.account))


def _webhooks(office: Office, _clock: Clock) -> Iterator[Finding]:
    """Whether what WhatsApp tells can reach us; without it lost answers wait for a person."""
    facts = office.facts()
    for account in office.settings.accounts:
        if webhooks.SIGNING not in office.channels[account.channel].secrets:
            continue
        extra = facts[account.name].extra if account.name in facts else {}
        if office.vault.where(account.name, webhooks.GREETING) is None:
            text = _("{account}: none; lost answers wait for you, and BERHENTI is not noticed")
            remedy = _("humaspost serve: docs/channels/whatsapp.md")
            yield Finding("webhooks", "note", text.format(account=account.name), remedy)
        elif extra.get("subscribed_apps") == 0:
            text = _("{account}: no app is subscribed, so none will ever arrive")
            remedy = _("subscribe the app to the business account: docs/channels/whatsapp.md")
            yield Finding("webhooks", "bad", text.format(account=account.name), remedy)
        else:
            yield Finding("webhooks", "ok", account.name)


def _audiences(office: Office, _clock: Clock) -> Iterator[Finding]:
    for name, path in office.settings.audiences.items():
        if not path.is_file():
            text = _("audience {name}: {path} is not there").format(name=name, path=path)
            yield Finding("audiences", "bad", text, _("bring the file back, or take it out of config.toml"))


def _sender(office: Office, clock: Clock) -> Iterator[Finding]:
    found = sending(office)
    words = status_words(found, clock)
    remedy = "" if found.running else _("start it: humaspost schedule, or cron with humaspost run")
    yield Finding("sender", "ok" if found.running else "note", words, remedy)
    for pause in found.pauses:
        yield Finding(
            "sender", "bad", _("PAUSED: {reason}").format(reason=safe(pause.reason)), "humaspost resume"
        )


def finding_lines(findings: Sequence[Finding], *, columns: int = 80) -> list[str]:
    """One line per finding, its remedy below."""
    marks = {"ok": "ok", "note": "--", "bad": "!!"}
    wide = max((width(finding.topic) for finding in findings), default=0)
    lines = []
    for finding in findings:
        head = f"{marks[finding.level]}  {pad(finding.topic, wide)}  "
        text = wrap(finding.text, columns, indent=" " * len(head)) or [head]
        lines += [head + text[0].lstrip(), *text[1:]]
        if finding.remedy:
            lines.append(" " * len(head) + safe(finding.remedy))
    bad = sum(finding.level == "bad" for finding in findings)
    mend = ngettext("{count} thing to mend.", "{count} things to mend.", bad).format(count=bad)
    return [*lines, "", mend if bad else _("Nothing to mend.")]


def finding_json(finding: Finding) -> dict[str, str]:
    """One finding of ``doctor --json``."""
    return {"topic": finding.topic, "level": finding.level, "text": finding.text, "remedy": finding.remedy}
