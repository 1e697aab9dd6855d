"""What the outside world answers when it does not simply say yes.

    ChannelError
    ├── Transient       proved that nothing was created: try the same again later
    ├── RateLimited     refused before the write: wait until ``retry_at``
    ├── QuotaExceeded   the allowance is spent: wait until ``resets_at``, or for a person
    ├── Rejected        will never be accepted as it is
    ├── AuthFailed      login, scope, expiry, restriction: a person must act
    └── UnknownOutcome  may be live: never written again without proof

Raised only in ``channels``, from tables of codes; decided only in ``delivery.retry``.
"""

from datetime import datetime
from enum import StrEnum
from typing import Self

from humaspost.base.redaction import redact


class Scope(StrEnum):
    """How much one error stops: the write itself, this recipient, this post, or the whole account."""

    DELIVERY = "delivery"
    RECIPIENT = "recipient"
    POST = "post"
    ACCOUNT = "account"


class ChannelError(Exception):
    """One of the six; ``code`` is the platform's own or ours (``timeout``), ``detail`` its words, cleaned.

    Both are kept and shown, so neither has a known secret in it, whoever wrote the channel.
    """

    def __init__(self, code: str, detail: str = "", *, scope: Scope = Scope.DELIVERY) -> None:
        code, detail = redact(code), redact(detail)
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.scope = scope

    def with_subject(self, subject: str) -> Self:
        """The same, whose words begin with what it is about: a file, say, and where it lies."""
        self.detail = f"{redact(subject)}: {self.detail}" if self.detail else redact(subject)
        self.args = (f"{self.code}: {self.detail}",)
        return self


class Transient(ChannelError):
    """It is proved that nothing was created; ``restart_preparation`` = what was prepared is stale and made anew.

    ``window_closed`` = the person's window is not open, whatever we knew of it: the gate decides what may go instead.
    ``max_attempts`` = tries in all that end so, after which it is final; 0 = as many as there is time for.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        scope: Scope = Scope.DELIVERY,
        restart_preparation: bool = False,
        window_closed: bool = False,
        max_attempts: int = 0,
    ) -> None:
        super().__init__(code, detail, scope=scope)
        self.restart_preparation = restart_preparation
        self.window_closed = window_closed
        self.max_attempts = max_attempts


class RateLimited(ChannelError):
    """The platform refused before writing; it takes the write again at ``retry_at``. ``max_attempts`` as in Transient."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        retry_at: datetime,
        scope: Scope = Scope.ACCOUNT,
        max_attempts: int = 0,
    ) -> None:
        super().__init__(code, detail, scope=scope)
        self.retry_at = retry_at
        self.max_attempts = max_attempts


class QuotaExceeded(ChannelError):
    """The allowance is spent until ``resets_at``; None = until a person has seen to it."""

    def __init__(
        self, code: str, detail: str = "", *, resets_at: datetime | None, scope: Scope = Scope.ACCOUNT
    ) -> None:
        super().__init__(code, detail, scope=scope)
        self.resets_at = resets_at


class Rejected(ChannelError):
    """It will never be accepted as it is; ``marketing_refused`` = the person told the platform that they want no marketing."""

    def __init__(
        self, code: str, detail: str = "", *, scope: Scope = Scope.DELIVERY, marketing_refused: bool = False
    ) -> None:
        super().__init__(code, detail, scope=scope)
        self.marketing_refused = marketing_refused


class AuthFailed(ChannelError):
    """Login, scope, expiry or a restriction of the account: a person must act.

    ``persistent`` = the login itself is good (a restriction, an unpaid bill), so that one which succeeds proves
    nothing: only a person says that it is over.
    """

    def __init__(
        self, code: str, detail: str = "", *, scope: Scope = Scope.ACCOUNT, persistent: bool = False
    ) -> None:
        super().__init__(code, detail, scope=scope)
        self.persistent = persistent


class UnknownOutcome(ChannelError):
    """It may be live; ``account`` scope also holds the account (a suspected spam block, say)."""


AnyChannelError = Transient | RateLimited | QuotaExceeded | Rejected | AuthFailed | UnknownOutcome
