"""Events that a platform reports by webhook, one class for each kind."""

from dataclasses import dataclass
from datetime import datetime

from humaspost.model.account import TemplateStatusChange
from humaspost.model.delivery import Stage


@dataclass(frozen=True, slots=True)
class _Event:
    """One event; repetitions have the same ``dedupe_key``; ``at`` is the platform's time."""

    dedupe_key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _PersonEvent(_Event):
    """An event of one person.

    ``phone`` and ``user_id`` (the platform's own) identify the person; either may be empty. ``key`` is our
    callback key of the message that the event is about, or None.
    """

    phone: str | None = None
    user_id: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStatus(_PersonEvent):
    """The new stage of a message, or its failure.

    A failed message may be sent again after ``retry_after`` seconds, at most ``max_retries`` times.
    ``restricts_account`` is True if the account caused the failure: nothing more is sent until a person
    fixes the account.
    """

    remote_id: str
    stage: Stage | None = None
    failure_code: str | None = None
    retry_after: float | None = None
    max_retries: int = 0
    restricts_account: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage(_PersonEvent):
    """A message from a person; ``payload`` is the office's text behind the pressed button."""

    remote_id: str | None = None
    text: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut(_PersonEvent):
    """A person's opt-out from all messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketingPreference(_PersonEvent):
    """A person's choice for or against marketing; other messages are not affected."""

    accepts_marketing: bool
    remote_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWindowClosed(_PersonEvent):
    """The platform's refusal of free text, because the person's 24 hours are over."""

    remote_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberChanged(_PersonEvent):
    """A person's move from the number ``phone`` to ``new_phone``."""

    new_phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateStatus(_Event):
    """The platform's decision on a template; empty names mean: fetch the account's status again."""

    change: TemplateStatusChange


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRestricted(_Event):
    """A restriction of the whole account: nothing more is sent until a person fixes it."""

    code: str


PersonEvent = (
    MessageStatus | InboundMessage | OptOut | MarketingPreference | ServiceWindowClosed | NumberChanged
)
ChannelEvent = PersonEvent | TemplateStatus | AccountRestricted
