"""The output of ``doctor``: one line per result with its fix below, or JSON."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.reports.doctor import CheckResult, Finding, Level
from humaspost.views.sender import describe_stale_file, format_sender, stale_file_remedy
from humaspost.views.text import display_width, escape_unsafe, pad, wrap_text
from humaspost.views.times import TimeFormatter, format_duration


def format_results(results: Sequence[CheckResult], *, clock: TimeFormatter, columns: int = 80) -> list[str]:
    """Return one line per result, its fix below, and the number of problems."""
    marks = {Level.OK: "ok", Level.NOTE: "--", Level.BAD: "!!"}
    topic_width = max((display_width(result.topic) for result in results), default=0)
    lines = []
    for result in results:
        head = f"{marks[result.level]}  {pad(result.topic, topic_width)}  "
        text = wrap_text(result_text(result, clock), columns, indent=" " * len(head)) or [head]
        lines += [head + text[0].lstrip(), *text[1:]]
        if remedy := result_remedy(result):
            lines += _format_remedy(result, remedy, columns, indent=" " * len(head))
    bad = sum(result.level is Level.BAD for result in results)
    total = ngettext("{count} thing to mend.", "{count} things to mend.", bad).format(count=bad)
    return [*lines, "", total if bad else _("Nothing to mend.")]


def _format_remedy(result: CheckResult, remedy: str, columns: int, *, indent: str) -> list[str]:
    """Return the remedy on one line, so that its command can be copied; sentences are wrapped."""
    if result.stops_every_command:
        return wrap_text(remedy, columns, indent=indent)
    return [indent + escape_unsafe(remedy)]


def result_to_json(result: CheckResult, clock: TimeFormatter) -> dict[str, str]:
    """Return one entry of ``doctor --json``."""
    return {
        "topic": result.topic,
        "level": result.level.value,
        "text": result_text(result, clock),
        "remedy": result_remedy(result),
    }


def result_text(result: CheckResult, clock: TimeFormatter) -> str:
    """Return the sentence that describes the result."""
    values = _format_values(result.values, clock)
    texts = _config_texts() | _office_texts() | _account_texts()
    if result.finding in texts:
        return texts[result.finding].format_map(values)
    return _counted_text(result.finding, result.values["count"]).format_map(values)


def result_remedy(result: CheckResult) -> str:
    """Return how to fix the result, or "" if there is nothing to do."""
    if result.finding is Finding.STALE_FILE:
        return stale_file_remedy(result.values["stale"][0].reason)
    values = {key: _quote(key, value) for key, value in result.values.items()}
    return _remedies().get(result.finding, "").format_map(values)


def _quote(key: str, value: Any) -> Any:
    """Return a path or a user's name as a shell takes it; "#1000" begins a remark there."""
    return shlex.quote(str(value)) if key in ("path", "folder", "owner", "user") else value


def _format_values(values: Mapping[str, Any], clock: TimeFormatter) -> dict[str, Any]:
    formats: dict[str, Callable[[Any], str]] = {
        "reason": escape_unsafe,
        "display_name": escape_unsafe,
        "expires_at": clock.format_date,
        "sender": lambda sender: format_sender(sender, clock),
        "stale": lambda stale: describe_stale_file(stale[0], stale[1], clock)[0],
        "sources": lambda sources: ", ".join(f"{name} ({source})" for name, source in sources),
        "platform": lambda name: name.capitalize(),
        "bytes": lambda size: str(round(size / 1e9, 1)),
    }
    texts = {key: formats[key](value) if key in formats else value for key, value in values.items()}
    return {key: _format_time(value, clock) for key, value in texts.items()}


def _format_time(value: Any, clock: TimeFormatter) -> Any:
    if isinstance(value, timedelta):
        return format_duration(value)
    return clock.format_full(value) if isinstance(value, datetime) else value


def _config_texts() -> dict[Finding, str]:
    return {
        Finding.CHECK_FAILED: _("cannot be looked at: {reason}"),
        Finding.NO_ACCOUNT: _("no account, so nothing can be sent"),
        Finding.DEMO: _("demo = true: nothing leaves this computer"),
        Finding.NO_MEDIA_HOST: _("{platform} has no address to fetch media from"),
        Finding.POSTS_MISSING: _("{path} is not there"),
        Finding.POSTS_READABLE: "{path}",
        Finding.STATE_NOT_WRITABLE: _("{path} cannot be read and written by you"),
        Finding.STATE_OF_OTHER_USER: _("{path} belongs to {owner}, so no sender starts for you"),
        Finding.STATE_NOT_PRIVATE: _("{path} can be read by other users"),
        Finding.STATE_WRITABLE: "{path}",
        Finding.DISK_FREE: _("{bytes} GB free"),
        Finding.DISK_FULL: _("{bytes} GB free"),
        Finding.SECRET_MISSING: _("{account} has no {name}"),
        Finding.LOGIN_SECRET_MISSING: _("{account} has no {name}"),
        Finding.SECRETS_PRESENT: "{account}: {sources}",
        Finding.LIST_PROBLEM: _("{place}: {message}"),
    }


def _office_texts() -> dict[Finding, str]:
    return {
        Finding.LEDGER_ERROR: "{message}",
        Finding.LEDGER_ABSENT: _("none yet; the first sender makes it"),
        Finding.LEDGER_DAMAGED: "{reason}",
        Finding.LEDGER_WHOLE: _("whole"),
        Finding.LEDGER_COPIED: _(
            "a copy, or put back: it does not know what was sent since, so no sender starts on it"
        ),
        Finding.CLOCK_BEHIND: _("this computer says {now}, but a sender ran at {heartbeat_at}"),
        Finding.LEDGER_FROM_FUTURE: _(
            "this computer says {now}, but the ledger was made at {created_at}: nothing due before that is sent"
        ),
        Finding.CLOCK_PLAUSIBLE: "{now}",
        Finding.SENDER_RUNNING: "{sender}",
        Finding.SENDER_NOT_RUNNING: "{sender}",
        Finding.STALE_FILE: _("the scheduler does not use the newest {path}: {stale}"),
        Finding.PAUSED: _("PAUSED: {reason}"),
        Finding.WORKER_ERROR: _(
            "{account}: nothing goes out there, because of an error of humaspost: {reason}"
        ),
    }


def _account_texts() -> dict[Finding, str]:
    return {
        Finding.SECRETS_UNREADABLE: "{message}",
        Finding.ACCOUNT_SECRETS_UNREADABLE: "{account}: {message}",
        Finding.ACCOUNT_NOT_CONFIGURED: _("the ledger knows {account}, config.toml does not"),
        Finding.ACCOUNT_NEVER_CHECKED: _("{account} was never checked"),
        Finding.LOGIN_REFUSED: _("{reason}; nothing is sent there"),
        Finding.QUOTA_SPENT: _("{reason}; nothing is sent there"),
        Finding.LOGIN_EXPIRING: _("{account}: the login expires in {remaining}"),
        Finding.ACCOUNT_OK: "{account}: {display_name}",
        Finding.WEBHOOKS_NOT_SET_UP: _(
            "{account}: none; lost answers wait for you, and BERHENTI is not noticed"
        ),
        Finding.WEBHOOKS_NOT_SUBSCRIBED: _("{account}: no app is subscribed, so none will ever arrive"),
        Finding.WEBHOOKS_OK: "{account}",
    }


def _counted_text(finding: Finding, count: int) -> str:
    return {
        Finding.CONFIG_READ: ngettext("{file}, {count} account", "{file}, {count} accounts", count),
        Finding.UNRESOLVED_DELIVERIES: ngettext(
            "{count} delivery needs a person", "{count} deliveries need a person", count
        ),
        Finding.LIST_READABLE_BY_ALL: ngettext(
            "every user of this computer can read {count} list of telephone numbers",
            "every user of this computer can read {count} lists of telephone numbers",
            count,
        ),
        Finding.FILE_ERRORS: ngettext(
            "{count} file is left alone for its errors", "{count} files are left alone", count
        ),
        Finding.POSTS_AFTER_EXPIRY: ngettext(
            "{account}: the login ends {expires_at}, and {count} post is due after that",
            "{account}: the login ends {expires_at}, and {count} posts are due after that",
            count,
        ),
    }[finding]


def _remedies() -> dict[Finding, str]:
    check = "humaspost account check {account}"
    return {
        Finding.CHECK_FAILED: _(
            "mend what is said of state and disk first; the ledger must be writable to be read"
        ),
        Finding.NO_ACCOUNT: _("write one: [accounts.x]"),
        Finding.NO_MEDIA_HOST: _("write [media] in config.toml: docs/config.md"),
        Finding.POSTS_MISSING: _("make it, or mend posts = ... in config.toml"),
        Finding.STATE_NOT_WRITABLE: "sudo chown -R {user} {folder} && chmod -R u+rwX {folder}",
        Finding.STATE_OF_OTHER_USER: "sudo -u {owner} humaspost doctor",
        Finding.STATE_NOT_PRIVATE: "chmod 700 {path}",
        Finding.DISK_FULL: _("make room: without it nothing can be recorded, so nothing is sent"),
        Finding.SECRETS_UNREADABLE: "{hint}",
        Finding.ACCOUNT_SECRETS_UNREADABLE: "{hint}",
        Finding.SECRET_MISSING: _("write it in credentials.toml, under [{account}]"),
        Finding.LOGIN_SECRET_MISSING: "humaspost account login {account}",
        Finding.LEDGER_ERROR: "{hint}",
        Finding.LEDGER_DAMAGED: _("stop sending and restore a backup"),
        Finding.LEDGER_COPIED: "humaspost restore --adopt",
        Finding.UNRESOLVED_DELIVERIES: "humaspost status",
        Finding.FILE_ERRORS: "humaspost status",
        Finding.CLOCK_BEHIND: _("set the clock: timedatectl set-ntp true"),
        Finding.LEDGER_FROM_FUTURE: _(
            "if the clock is right now: humaspost run; else: timedatectl set-ntp true"
        ),
        Finding.ACCOUNT_NOT_CONFIGURED: _("renamed? humaspost account rename {account} NEW"),
        Finding.ACCOUNT_NEVER_CHECKED: check,
        Finding.LOGIN_REFUSED: check,
        Finding.QUOTA_SPENT: check,
        Finding.LOGIN_EXPIRING: _(
            "make a new token on the platform, then: humaspost account check {account}"
        ),
        Finding.POSTS_AFTER_EXPIRY: _("make a new token before then, and: humaspost account check {account}"),
        Finding.WEBHOOKS_NOT_SET_UP: _("humaspost serve: docs/channels/{channel}.md"),
        Finding.WEBHOOKS_NOT_SUBSCRIBED: _(
            "subscribe the app to the business account: docs/channels/{channel}.md"
        ),
        Finding.LIST_PROBLEM: "{hint}",
        Finding.LIST_READABLE_BY_ALL: "chmod o-r {files}",
        Finding.SENDER_NOT_RUNNING: _("start it: humaspost schedule, or cron with humaspost run"),
        Finding.PAUSED: "humaspost resume",
        Finding.WORKER_ERROR: _("start the sender again; if it comes again, report it as a bug of humaspost"),
    }
