"""Tables that map a platform's refusals to errors.

A refusal that no table lists has an unknown outcome on a public write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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

#: Wait after "too many requests" where the answer names no time.
DEFAULT_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A response without success, in the terms that error tables match.

    ``type`` is the address of a problem type or the name of an exception; ``detail`` is cleaned text.
    """

    status: int
    code: str = ""
    subcode: str = ""
    type: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A row of an error table; every given field must match, and the first matching row decides.

    ``code`` and ``subcode`` are the platform's numbers as text, ``type`` is the end of the refusal's type,
    ``match`` is a part of its detail in any case. ``operations`` are the calls that the row is about, empty for
    all calls. ``name`` is the error code that people see, "" for the platform's own code. ``scope`` None is the
    usual scope of the error. ``restart_preparation`` belongs to Transient, ``max_attempts`` (attempts in all,
    0 = no limit) to Transient and RateLimited, ``persistent`` to AuthFailed, ``marketing_refused`` to Rejected.
    ``source`` is the page that documents the row.
    """

    error: type[ChannelError]
    status: int | None = None
    code: str = ""
    subcode: str = ""
    type: str = ""
    match: str = ""
    operations: tuple[str, ...] = ()
    name: str = ""
    scope: Scope | None = None
    restart_preparation: bool = False
    max_attempts: int = 0
    persistent: bool = False
    marketing_refused: bool = False
    source: str = ""

    def matches(self, refusal: Refusal, call: str) -> bool:
        """Return True if this row is about the refusal of the call."""
        return (
            self.status in (None, refusal.status)
            and self.code in ("", refusal.code)
            and self.subcode in ("", refusal.subcode)
            and refusal.type.endswith(self.type)
            and self.match.casefold() in refusal.detail.casefold()
            and (not self.operations or call in self.operations)
        )


def classify(
    rows: Sequence[ErrorRow],
    refusal: Refusal,
    *,
    call: str,
    write: bool,
    now: datetime,
    retry_at: datetime | None = None,
) -> ChannelError:
    """Return the error of the first matching row.

    A refusal without a row is UnknownOutcome on a public write, else Transient. ``retry_at`` is when the
    platform accepts the call again, as far as it says so.
    """
    row = next((row for row in rows if row.matches(refusal, call)), None)
    if row is None:
        unlisted = UnknownOutcome if write else Transient
        return unlisted(_refusal_code(refusal), refusal.detail)
    return _build_error(row, refusal, now=now, retry_at=retry_at)


def _build_error(
    row: ErrorRow, refusal: Refusal, *, now: datetime, retry_at: datetime | None
) -> ChannelError:
    code, detail = row.name or _refusal_code(refusal), refusal.detail
    if row.error is RateLimited:
        instant = retry_at or now + DEFAULT_WAIT
        return RateLimited(
            code, detail, retry_at=instant, scope=row.scope or Scope.ACCOUNT, max_attempts=row.max_attempts
        )
    if row.error is QuotaExceeded:
        return QuotaExceeded(code, detail, resets_at=retry_at, scope=row.scope or Scope.ACCOUNT)
    if row.error is AuthFailed:
        return AuthFailed(code, detail, scope=row.scope or Scope.ACCOUNT, persistent=row.persistent)
    if row.error is Transient:
        return Transient(
            code,
            detail,
            scope=row.scope or Scope.DELIVERY,
            restart_preparation=row.restart_preparation,
            max_attempts=row.max_attempts,
        )
    if row.error is Rejected:
        return Rejected(
            code, detail, scope=row.scope or Scope.DELIVERY, marketing_refused=row.marketing_refused
        )
    return UnknownOutcome(code, detail, scope=row.scope or Scope.DELIVERY)


def _refusal_code(refusal: Refusal) -> str:
    numbers = "/".join(part for part in (refusal.code, refusal.subcode) if part)
    return numbers or f"http-{refusal.status}"
