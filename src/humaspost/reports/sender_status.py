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
from humaspost.views.times import Clock, span

#: A cron job that looked within this is taken to come again.
CRON = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause that holds now."""

    reason: str
    since: datetime
    except_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sending:
    """Who sends; ``running`` = a process holds the lock. ``command`` '' = nobody ever did."""

    running: bool
    command: str = ""
    host: str = ""
    pid: int = 0
    started_at: datetime | None = None
    seen_at: datetime | None = None
    pauses: tuple[Paused, ...] = ()


def sending(office: Office) -> Sending:
    """What the lock and the ledger say of senders and pauses."""
    with office.ledger().read() as conn:
        row = senders.latest(conn)
        held = tuple(
            Paused(p.reason, p.started_at, tuple(json.loads(p.except_types))) for p in pauses.active(conn)
        )
    running = is_held(office.settings.state)
    if row is None:
        return Sending(running, pauses=held)
    return Sending(running, row.command, row.host, row.pid, row.started_at, row.seen_at, held)


def plan_lines(found: Sending, clock: Clock) -> list[str]:
    """The closing lines of ``plan``."""
    lines = [_paused(pause, clock) for pause in found.pauses]
    if found.running:
        message = _("The scheduler is running on {host} (seen {ago} ago).")
        return [*lines, message.format(host=found.host, ago=_ago(found, clock))]
    if _cron(found, clock):
        message = _("cron runs `humaspost run`, the last time {ago} ago on {host}.")
        return [*lines, message.format(host=found.host, ago=_ago(found, clock))]
    return [*lines, _("Nobody is sending: start `humaspost schedule`, or cron with `humaspost run`.")]


def status_words(found: Sending, clock: Clock) -> str:
    """What stands in the first line of ``status``."""
    if found.running:
        message = _("scheduler: running on {host}, {ago} ago")
        return message.format(host=found.host, ago=_ago(found, clock))
    if _cron(found, clock):
        return _("cron: last run {ago} ago").format(ago=_ago(found, clock))
    if found.seen_at is None:
        return _("scheduler: NOT RUNNING, never seen")
    return _("scheduler: NOT RUNNING, last seen {when}").format(when=clock.weekday(found.seen_at))


def _cron(found: Sending, clock: Clock) -> bool:
    return found.command == "run" and found.seen_at is not None and clock.now - found.seen_at < CRON


def _ago(found: Sending, clock: Clock) -> str:
    return span(clock.now - (found.seen_at or clock.now))


def _paused(pause: Paused, clock: Clock) -> str:
    text = _("PAUSED since {when}: {reason}").format(when=clock.near(pause.since), reason=pause.reason)
    if not pause.except_types:
        return text
    return text + " " + _("(except type {types})").format(types=", ".join(pause.except_types))


def paused_lines(found: Sending, clock: Clock) -> list[str]:
    """One line per pause, with the way out."""
    lines = [_paused(pause, clock) for pause in found.pauses]
    return [*lines, "  humaspost resume"] if lines else []


def sender_json(found: Sending) -> dict[str, Any]:
    """The sender as ``--json`` gives it."""
    return {
        "running": found.running,
        "command": found.command or None,
        "host": found.host or None,
        "pid": found.pid or None,
        "started_at": found.started_at.isoformat() if found.started_at else None,
        "seen_at": found.seen_at.isoformat() if found.seen_at else None,
        "pauses": [
            {"reason": p.reason, "since": p.since.isoformat(), "except_types": list(p.except_types)}
            for p in found.pauses
        ],
    }
