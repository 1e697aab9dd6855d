"""The errors of a platform's answers, in six kinds.

    ChannelError
    ├── Transient       proved that nothing was created: try the same again later
    ├── RateLimited     refused before the write: wait until ``retry_at``
    ├── QuotaExceeded   the quota is used up: wait until ``resets_at``, or for a person
    ├── Rejected        will never be accepted unchanged
    ├── AuthFailed      login, scope, expiry, restriction: a person must act
    └── UnknownOutcome  might be published: never written again without proof

Only ``channels`` raises them, from tables of codes; only ``delivery.retry`` decides what follows.
"""

from datetime import datetime
from enum import StrEnum
from typing import Self

from humaspost.base.personal_data import mask_numbers, mask_person
from humaspost.base.redaction import redact


class Scope(StrEnum):
    """The reach of an error: the write itself, this recipient, this post, or the whole account."""

    DELIVERY = "delivery"
    RECIPIENT = "recipient"
    POST = "post"
    ACCOUNT = "account"


class ChannelError(Exception):
    """One of the six errors.

    ``code`` is the platform's own or ours (``timeout``); ``detail`` is the platform's cleaned message.
    Both are stored and shown, so every known secret and every telephone number is hidden in them, for every channel.
    """

    def __init__(self, code: str, detail: str = "", *, scope: Scope = Scope.DELIVERY) -> None:
        code, detail = redact(code), mask_numbers(redact(detail))
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.scope = scope

    def with_subject(self, subject: str) -> Self:
        """Return the same error; its detail now begins with the subject, such as a file."""
        self.detail = f"{redact(subject)}: {self.detail}" if self.detail else redact(subject)
        self.args = (f"{self.code}: {self.detail}",)
        return self

    def without_person(self, *, phone: str, name: str) -> Self:
        """Return the same error; its detail has neither the number nor the name."""
        self.detail = mask_person(self.detail, phone=phone, name=name)
        self.args = (f"{self.code}: {self.detail}" if self.detail else self.code,)
        return self


class Transient(ChannelError):
    """Proof that nothing was created.

    ``restart_preparation`` is True if the prepared objects are stale and must be prepared again.
    ``window_closed`` is True if the recipient's service window is closed, whatever the ledger has: the
    gate decides what can be sent instead. ``max_attempts`` limits all attempts that end this way; 0 means
    as many as there is time for.
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
    """A refusal before the write, until ``retry_at``; ``max_attempts`` as in Transient."""

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
    """A quota that is used up until ``resets_at``; None means until a person acts."""

    def __init__(
        self, code: str, detail: str = "", *, resets_at: datetime | None, scope: Scope = Scope.ACCOUNT
    ) -> None:
        super().__init__(code, detail, scope=scope)
        self.resets_at = resets_at


class Rejected(ChannelError):
    """A write that will never be accepted unchanged.

    ``marketing_refused`` is True if the recipient told the platform that they want no marketing.
    """

    def __init__(
        self, code: str, detail: str = "", *, scope: Scope = Scope.DELIVERY, marketing_refused: bool = False
    ) -> None:
        super().__init__(code, detail, scope=scope)
        self.marketing_refused = marketing_refused


class AuthFailed(ChannelError):
    """A problem of login, scope, expiry or account restriction: a person must act.

    ``persistent`` is True if the login itself works (a restriction, an unpaid bill). A successful login
    then proves nothing: only a person can end the hold.
    """

    def __init__(
        self, code: str, detail: str = "", *, scope: Scope = Scope.ACCOUNT, persistent: bool = False
    ) -> None:
        super().__init__(code, detail, scope=scope)
        self.persistent = persistent


class UnknownOutcome(ChannelError):
    """A write that might be published.

    The scope ``account`` also holds the account, for example after a suspected spam block.
    """


AnyChannelError = Transient | RateLimited | QuotaExceeded | Rejected | AuthFailed | UnknownOutcome
