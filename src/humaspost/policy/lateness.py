"""The late rule: the latest time at which a delivery may start."""

from datetime import datetime

from humaspost.model.decision import OnTime, Timing, TooLate
from humaspost.model.delivery import State
from humaspost.model.post import Late
from humaspost.model.reasons import StopReason


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
    if timing.first_write_at is not None:
        return OnTime()  # a delivery that started in time continues
    if timing.due_before_ledger:
        reason = StopReason.LATE if timing.late is Late.SKIP else StopReason.BEFORE_LEDGER
        return TooLate(state_when_late(timing.late), reason)
    latest = last_start(timing)
    if latest is None or now <= latest:
        return OnTime()
    return TooLate(state_when_late(timing.late), StopReason.LATE)


def last_start(timing: Timing) -> datetime | None:
    """Return the last time at which the delivery may start, or None if it may be late."""
    return None if timing.late is Late.PUBLISH else timing.grace_ends_at


def state_when_late(late: Late) -> State:
    """Return the state of a delivery that is too late: a person decides, or it expires."""
    return State.EXPIRED if late is Late.SKIP else State.MISSED
