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
NO_TIME_NAMED = timedelta(minutes=15)


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
    error's usual one. ``redo`` belongs to Transient, ``most`` (tries in all, 0 = no end) to it and
    RateLimited, ``lasting`` to AuthFailed, ``unwanted`` to Rejected. ``source`` is where it is written.
    """

    error: type[ChannelError]
    status: int | None = None
    code: str = ""
    subcode: str = ""
    type: str = ""
    match: str = ""
    calls: tuple[str, ...] = ()
    name: str = ""
    scope: Scope | None = None
    redo: bool = False
    most: int = 0
    lasting: bool = False
    unwanted: bool = False
    source: str = ""

    def fits(self, refusal: Refusal, call: str) -> bool:
        """Whether this row is about that refusal of that call."""
        return (
            self.status in (None, refusal.status)
            and self.code in ("", refusal.code)
            and self.subcode in ("", refusal.subcode)
            and refusal.type.endswith(self.type)
            and self.match.casefold() in refusal.detail.casefold()
            and (not self.calls or call in self.calls)
        )


def classify(
    rows: Sequence[ErrorRow],
    refusal: Refusal,
    *,
    call: str,
    write: bool,
    now: datetime,
    until: datetime | None = None,
) -> ChannelError:
    """The error that the first fitting row names; unlisted = unknown on a public write, else transient.

    ``until`` is when the platform says it takes the call again.
    """
    row = next((row for row in rows if row.fits(refusal, call)), None)
    if row is None:
        unlisted = UnknownOutcome if write else Transient
        return unlisted(_name(refusal), refusal.detail)
    return _made(row, refusal, now=now, until=until)


def _made(row: ErrorRow, refusal: Refusal, *, now: datetime, until: datetime | None) -> ChannelError:
    code, detail = row.name or _name(refusal), refusal.detail
    if row.error is RateLimited:
        moment = until or now + NO_TIME_NAMED
        return RateLimited(code, detail, retry_at=moment, scope=row.scope or Scope.ACCOUNT, most=row.most)
    if row.error is QuotaExceeded:
        return QuotaExceeded(code, detail, resets_at=until, scope=row.scope or Scope.ACCOUNT)
    if row.error is AuthFailed:
        return AuthFailed(code, detail, scope=row.scope or Scope.ACCOUNT, lasting=row.lasting)
    if row.error is Transient:
        return Transient(code, detail, scope=row.scope or Scope.DELIVERY, redo=row.redo, most=row.most)
    if row.error is Rejected:
        return Rejected(code, detail, scope=row.scope or Scope.DELIVERY, unwanted=row.unwanted)
    return UnknownOutcome(code, detail, scope=row.scope or Scope.DELIVERY)


def _name(refusal: Refusal) -> str:
    numbers = "/".join(part for part in (refusal.code, refusal.subcode) if part)
    return numbers or f"http-{refusal.status}"
