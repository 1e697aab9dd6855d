"""The late rule: the latest time at which a delivery may start.

Before the first public write of a post on an account, lateness counts from its due time, whatever the cause.
After it, lateness counts at every write from the post's last progress, so that a thread or a fan-out over
days goes on, and one that stood still does not.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from humaspost.model.decision import OnTime, Timing, TooLate
from humaspost.model.delivery import State
from humaspost.model.post import Late
from humaspost.model.reasons import StopReason

#: What counts as progress of a post that began, by what happens to it. The ledger records the time in
#: ``plan_row.progress_at`` or, where one delivery waits, in its ``not_before``.
PROGRESS = {
    "one of its writes is committed": "the time of the write",
    "it waits for a quota, a rate or a time that the platform named": "the end of the wait",
    "it is tried again after a failure that may pass": "the time of the next try",
    "what it needs is being made on the platform": "the time of the next look",
    "an outcome of it is looked up": "the time of the next lookup",
    "its account is throttled after unknown outcomes": "the end of the throttle",
    "a person asks for it (`publish`, `resolve --retry`)": "the time of the request",
}
#: What does not, however long it lasts.
STANDSTILL = (
    "nothing runs",
    "a pause",
    "a hold of the account for its login or its quota",
    "a hold of the file or of a list",
    "an outcome that waits for a person",
)
#: Less than this between two writes is no standstill, however short the grace is.
MIN_STANDSTILL = timedelta(minutes=5)


def verdict(timing: Timing, now: datetime) -> OnTime | TooLate:
    """Return whether the delivery may start now; its expiry counts first."""
    if has_expired(timing.expires_at, now):
        return TooLate(State.EXPIRED, StopReason.EXPIRES)
    return check_start(timing, now)


def has_expired(expires_at: datetime | None, now: datetime) -> bool:
    """Return True from the expiry of the post on."""
    return expires_at is not None and now >= expires_at


def check_start(timing: Timing, now: datetime) -> OnTime | TooLate:
    """Return whether the delivery may start now, apart from its expiry."""
    if timing.due_before_ledger and timing.first_write_at is None:
        reason = StopReason.LATE if timing.late is Late.SKIP else StopReason.BEFORE_LEDGER
        return TooLate(state_when_late(timing.late), reason)
    latest = last_start(timing)
    if latest is None or now <= latest:
        return OnTime()
    return TooLate(state_when_late(timing.late), StopReason.LATE)


def last_start(timing: Timing) -> datetime | None:
    """Return the last time at which the delivery may start, or None if it may be late."""
    if timing.late is Late.PUBLISH:
        return None
    latest = timing.grace_ends_at
    if timing.requested_at is not None:
        latest = max(latest, timing.requested_at + timing.grace)
    if timing.first_write_at is not None:
        progress_at = max(timing.first_write_at, timing.progress_at or timing.first_write_at)
        latest = max(latest, progress_at + max(timing.grace, MIN_STANDSTILL))
    return latest


def has_started(timing: Timing) -> bool:
    """Return True if something of the post was sent, or a person asked for it."""
    return timing.first_write_at is not None or timing.requested_at is not None


def after_wait(timing: Timing, until: datetime) -> Timing:
    """Return the timing after a wait until then that counts as progress of a post that began."""
    return replace(timing, progress_at=max(until, timing.progress_at or until))


def state_when_late(late: Late) -> State:
    """Return the state of a delivery that is too late: a person decides, or it expires."""
    return State.EXPIRED if late is Late.SKIP else State.MISSED
