"""Is anybody sending? The first thing a person must know."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from humaspost.app.office import Office
from humaspost.base.i18n import _
from humaspost.delivery.sender_lock import is_held
from humaspost.ledger import senders
from humaspost.ledger.holds import pauses
from humaspost.views.times import TimeFormatter, format_duration

#: A cron job that looked within this is taken to come again.
CRON_INTERVAL = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ActivePause:
    """A pause that holds now."""

    reason: str
    since: datetime
    except_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SenderStatus:
    """Who sends; ``running`` = a process holds the lock. ``command`` '' = nobody ever did."""

    is_running: bool
    command: str = ""
    host: str = ""
    pid: int = 0
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    pauses: tuple[ActivePause, ...] = ()


def sender_status(office: Office) -> SenderStatus:
    """What the lock and the ledger say of senders and pauses."""
    with office.ledger().read() as conn:
        row = senders.get_last_started(conn)
        is_locked = tuple(
            ActivePause(p.reason, p.started_at, tuple(json.loads(p.except_types)))
            for p in pauses.list_active(conn)
        )
    running = is_held(office.settings.state)
    if row is None:
        return SenderStatus(running, pauses=is_locked)
    return SenderStatus(running, row.command, row.host, row.pid, row.started_at, row.heartbeat_at, is_locked)


def format_sender_lines(sender: SenderStatus, clock: TimeFormatter) -> list[str]:
    """The closing lines of ``plan``."""
    lines = [_format_pause(pause, clock) for pause in sender.pauses]
    if sender.is_running:
        message = _("The scheduler is running on {host} (seen {ago} ago).")
        return [*lines, message.format(host=sender.host, ago=_last_active(sender, clock))]
    if _is_cron(sender, clock):
        message = _("cron runs `humaspost run`, the last time {ago} ago on {host}.")
        return [*lines, message.format(host=sender.host, ago=_last_active(sender, clock))]
    return [*lines, _("Nobody is sending: start `humaspost schedule`, or cron with `humaspost run`.")]


def format_sender(sender: SenderStatus, clock: TimeFormatter) -> str:
    """What stands in the first line of ``status``."""
    if sender.is_running:
        message = _("scheduler: running on {host}, {ago} ago")
        return message.format(host=sender.host, ago=_last_active(sender, clock))
    if _is_cron(sender, clock):
        return _("cron: last run {ago} ago").format(ago=_last_active(sender, clock))
    if sender.heartbeat_at is None:
        return _("scheduler: NOT RUNNING, never seen")
    return _("scheduler: NOT RUNNING, last seen {when}").format(
        when=clock.format_weekday(sender.heartbeat_at)
    )


def _is_cron(sender: SenderStatus, clock: TimeFormatter) -> bool:
    return (
        sender.command == "run"
        and sender.heartbeat_at is not None
        and clock.now - sender.heartbeat_at < CRON_INTERVAL
    )


def _last_active(sender: SenderStatus, clock: TimeFormatter) -> str:
    return format_duration(clock.now - (sender.heartbeat_at or clock.now))


def _format_pause(pause: ActivePause, clock: TimeFormatter) -> str:
    text = _("PAUSED since {when}: {reason}").format(when=clock.format_near(pause.since), reason=pause.reason)
    if not pause.except_types:
        return text
    return text + " " + _("(except type {types})").format(types=", ".join(pause.except_types))


def format_pauses(sender: SenderStatus, clock: TimeFormatter) -> list[str]:
    """One line per pause, with the way out."""
    lines = [_format_pause(pause, clock) for pause in sender.pauses]
    return [*lines, "  humaspost resume"] if lines else []


def sender_to_json(sender: SenderStatus) -> dict[str, Any]:
    """The sender as ``--json`` gives it."""
    return {
        "running": sender.is_running,
        "command": sender.command or None,
        "host": sender.host or None,
        "pid": sender.pid or None,
        "started_at": sender.started_at.isoformat() if sender.started_at else None,
        "heartbeat_at": sender.heartbeat_at.isoformat() if sender.heartbeat_at else None,
        "pauses": [
            {"reason": p.reason, "since": p.since.isoformat(), "except_types": list(p.except_types)}
            for p in sender.pauses
        ],
    }
