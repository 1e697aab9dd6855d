"""What follows from each of the six errors: the only place that decides it, and it is pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from humaspost.model.errors import (
    AuthFailed,
    ChannelError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Scope,
    Transient,
    UnknownOutcome,
)

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=1)
LOGIN_AGAIN = timedelta(minutes=10)
OneOfSix = Transient | RateLimited | QuotaExceeded | Rejected | AuthFailed | UnknownOutcome


@dataclass(frozen=True, slots=True)
class Again:
    """The same once more at ``at``; ``counts`` = the next wait is longer, ``lane`` = the account waits too."""

    at: datetime
    counts: bool = True
    lane: bool = False
    redo: bool = False


@dataclass(frozen=True, slots=True)
class HoldAccount:
    """Nothing goes out on the account; ``reason`` is ``login`` or ``quota``.

    ``asks`` = it is asked who it is again by itself, and a login that succeeds ends the hold; else only a
    person does.
    """

    reason: str
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Fail:
    """It will never be accepted as it is."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """It may be live; ``hold`` = the account stops as well."""

    hold: bool = False


Verdict = Again | HoldAccount | Fail | Doubt


def decide(
    error: OneOfSix, *, failures: int, now: datetime, jitter: float, same: int | None = None
) -> Verdict:
    """What delivery does about the error; ``jitter`` in 0..1 spreads the wait over its whole length.

    ``failures`` came before it, ``same`` of them with its very code (None = all of them may have).
    """
    before = failures if same is None else same
    match error:
        case Transient() | RateLimited() if error.most and before + 1 >= error.most:
            return Fail()
        case Transient():
            lane = error.scope is Scope.ACCOUNT
            return Again(now + backoff(failures, jitter), lane=lane, redo=error.redo)
        case RateLimited():
            return _not_before(error.retry_at, failures, now, jitter, lane=error.scope is Scope.ACCOUNT)
        case QuotaExceeded():
            if error.resets_at is None:
                return HoldAccount("quota")
            return _not_before(error.resets_at, failures, now, jitter, lane=True)
        case Rejected():
            return Fail()
        case AuthFailed():
            return HoldAccount("login", asks=not error.lasting)
        case UnknownOutcome():
            return Doubt(hold=error.scope is Scope.ACCOUNT)
    assert_never(error)


def _not_before(named: datetime, failures: int, now: datetime, jitter: float, *, lane: bool) -> Again:
    """When a platform said; where that is past, by its clock or by its mistake, later and later."""
    if named > now:
        return Again(named, counts=False, lane=lane)
    return Again(now + max(FIRST, backoff(failures, jitter)), lane=lane)


def asks_again(held: HoldAccount, now: datetime) -> datetime | None:
    """When a held account is asked who it is again; None = only a person ends the hold.

    An account can log in and still be refused every write, so it is not asked at once.
    """
    return now + LOGIN_AGAIN if held.asks else None


def backoff(failures: int, jitter: float) -> timedelta:
    """30 s, doubled for every failure before, at most an hour; full jitter, but never under a second."""
    seconds = min(LONGEST.total_seconds(), FIRST.total_seconds() * 2.0 ** min(failures, 20))
    return timedelta(seconds=max(1.0, seconds * jitter))


def as_one_of_six(error: Exception) -> OneOfSix:
    """The error itself, or doubt: our own mistake on a public write proves nothing about the write."""
    if isinstance(error, OneOfSix):
        return error
    if isinstance(error, ChannelError):
        return UnknownOutcome(error.code, error.detail, scope=error.scope)
    return UnknownOutcome("bug", type(error).__name__)
