"""What a platform's refusals mean, as tables; what no table lists stays unknown on a public write."""

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

#: How long to wait after "too many requests" that name no time.
DEFAULT_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not a success, in the words that tables are matched by.

    ``type`` is a problem type's address or an exception's name; ``detail`` is cleaned text.
    """

    status: int
    code: str = ""
    subcode: str = ""
    type: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row: all that is given must fit; the first row that fits decides.

    ``code`` and ``subcode`` are the platform's numbers as text, ``type`` is the end of its type,
    ``match`` a part of its words in any case. ``calls`` are the calls that the row is about, none =
    all. ``name`` is the error's code as people see it; "" = the platform's own. ``scope`` None = the
    error's usual one. ``restart_preparation`` belongs to Transient, ``max_attempts`` (tries in all, 0 = no end) to it and
    RateLimited, ``persistent`` to AuthFailed, ``marketing_refused`` to Rejected. ``source`` is where it is written.
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
        """Whether this row is about that refusal of that call."""
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
    """The error that the first fitting row names; unlisted = unknown on a public write, else transient.

    ``until`` is when the platform says it takes the call again.
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
