"""The sender and the pauses, as text and as JSON."""

from typing import Any

from humaspost.base.i18n import _
from humaspost.reports.sender_status import ActivePause, SenderStatus
from humaspost.views.times import TimeFormatter, format_duration


def format_sender_lines(sender: SenderStatus, clock: TimeFormatter) -> list[str]:
    """Return the closing lines of ``plan``."""
    lines = [_format_pause(pause, clock) for pause in sender.pauses]
    if sender.is_running:
        message = _("The scheduler is running on {host} (seen {ago} ago).")
        return [*lines, message.format(host=sender.host, ago=_last_active(sender, clock))]
    if sender.is_cron(clock.now):
        message = _("cron runs `humaspost run`, the last time {ago} ago on {host}.")
        return [*lines, message.format(host=sender.host, ago=_last_active(sender, clock))]
    return [*lines, _("Nobody is sending: start `humaspost schedule`, or cron with `humaspost run`.")]


def format_sender(sender: SenderStatus, clock: TimeFormatter) -> str:
    """Return the sender's part of the first line of ``status``."""
    if sender.is_running:
        message = _("scheduler: running on {host}, {ago} ago")
        return message.format(host=sender.host, ago=_last_active(sender, clock))
    if sender.is_cron(clock.now):
        return _("cron: last run {ago} ago").format(ago=_last_active(sender, clock))
    if sender.heartbeat_at is None:
        return _("scheduler: NOT RUNNING, never seen")
    return _("scheduler: NOT RUNNING, last seen {when}").format(
        when=clock.format_weekday(sender.heartbeat_at)
    )


def _last_active(sender: SenderStatus, clock: TimeFormatter) -> str:
    return format_duration(sender.last_active(clock.now))


def _format_pause(pause: ActivePause, clock: TimeFormatter) -> str:
    text = _("PAUSED since {when}: {reason}").format(when=clock.format_near(pause.since), reason=pause.reason)
    if not pause.except_types:
        return text
    return text + " " + _("(except type {types})").format(types=", ".join(pause.except_types))


def format_pauses(sender: SenderStatus, clock: TimeFormatter) -> list[str]:
    """Return one line per pause, and the command that ends them."""
    lines = [_format_pause(pause, clock) for pause in sender.pauses]
    return [*lines, "  humaspost resume"] if lines else []


def sender_to_json(sender: SenderStatus) -> dict[str, Any]:
    """Return the ``sender`` object of ``--json``."""
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
