"""The sender and the pauses, as text and as JSON."""

from typing import Any, assert_never

from humaspost.base.i18n import _
from humaspost.model.reasons import StaleReason
from humaspost.model.sender_files import StaleFile
from humaspost.reports.sender_status import ActivePause, SenderStatus
from humaspost.views.text import escape_unsafe
from humaspost.views.times import TimeFormatter, format_duration


def format_sender_lines(sender: SenderStatus, clock: TimeFormatter) -> list[str]:
    """Return the closing lines of ``plan``."""
    lines = [_format_pause(pause, clock) for pause in sender.pauses]
    lines += format_stale_files(sender, clock)
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


def format_stale_files(sender: SenderStatus, clock: TimeFormatter) -> list[str]:
    """Return the reason and the remedy of each file that the scheduler does not use."""
    lines = []
    for file in sender.stale_files:
        reason, remedy = describe_stale_file(file, sender, clock)
        message = _("The scheduler does not use the newest {path}: {reason}")
        lines += [message.format(path=escape_unsafe(file.path), reason=reason), f"  {remedy}"]
    return lines


def describe_stale_file(file: StaleFile, sender: SenderStatus, clock: TimeFormatter) -> tuple[str, str]:
    """Return why the scheduler does not use the newest version, and what to do."""
    if file.reason is not StaleReason.UNREAD:
        return escape_unsafe(file.detail), stale_file_remedy(file.reason)
    read_at = sender.config_read_at or sender.started_at or clock.now
    message = _("the scheduler still uses the version of {when}").format(when=clock.format_near(read_at))
    return message, stale_file_remedy(file.reason)


def stale_file_remedy(reason: StaleReason) -> str:
    """Return what makes the scheduler use the newest version."""
    match reason:
        case StaleReason.BROKEN:
            return _("fix it: the scheduler then reads it by itself")
        case StaleReason.RESTART | StaleReason.UNREAD:
            return _("stop the scheduler and start it again: humaspost schedule")
        case StaleReason.RENAMED:  # the reason names the command before this one
            return _("then start it again: humaspost schedule")
        case unreachable:
            assert_never(unreachable)


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
        "stale_files": [
            {"path": file.path, "reason": file.reason.value, "detail": file.detail or None}
            for file in sender.stale_files
        ],
    }
