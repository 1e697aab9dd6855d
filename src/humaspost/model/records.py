"""Rows of the ledger as its readers get them; only ``ledger`` creates them."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from humaspost.model.account import AccountStatus
from humaspost.model.decision import UserDecision
from humaspost.model.delivery import WAITING_STATES, State
from humaspost.model.reasons import ListHold


@dataclass(frozen=True, slots=True)
class WorkerError:
    """An error that ended several turns of an account's worker in a row, since a time."""

    account: str
    detail: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """One account; ``hold`` is login, quota, throttle or None.

    ``status_json`` is the platform's last answer.
    """

    id: str
    name: str
    channel: str
    platform_id: str | None
    display_name: str
    bound_at: datetime | None
    checked_at: datetime | None
    checked_identity: str
    status_json: str | None
    hold: str | None
    hold_code: str
    hold_detail: str
    hold_until: datetime | None
    unknown_streak: int

    @property
    def status(self) -> AccountStatus | None:
        """Return the status that the platform last reported, or None if it was never requested."""
        return AccountStatus.from_json(json.loads(self.status_json)) if self.status_json else None


@dataclass(frozen=True, slots=True)
class AudienceRecord:
    """One imported audience; ``digest`` is that of its file, or "" after an incomplete import."""

    name: str
    file: str
    digest: str
    imported_at: datetime
    members: int
    opted_out: int
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class ListHoldRecord:
    """A list whose file is not taken over, or was taken over without some rows.

    Then ``reason`` is None. ``digest`` is that of the file, ``detail`` the findings as JSON.
    """

    audience: str
    file: str
    reason: ListHold | None
    digest: str
    detail: str
    held_at: datetime | None


@dataclass(frozen=True, slots=True)
class PostRecord:
    """One post; ``hold`` is why nothing of it is sent now: draft, error, gone or None."""

    id: str
    file: str
    title: str
    hold: str | None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One delivery; ``recipient`` is "" and ``phone`` None if it goes to the public."""

    key: str
    post: str
    account: str
    account_name: str
    channel: str
    part: int
    recipient: str
    phone: str | None
    edition: int
    state: State
    reason: str
    code: str
    detail: str
    due_at: datetime
    not_before: datetime | None
    attempts: int
    published_at: datetime | None
    stage: str | None
    remote_id: str | None
    url: str | None
    unknown_since: datetime | None
    next_lookup_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One attempt with its delivery; ``outcome`` is None if there is no answer yet."""

    key: str
    number: int
    post: str
    account_name: str
    channel: str
    part: int
    phone: str | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    code: str
    detail: str
    remote_id: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class LookupRecord:
    """One lookup of an unknown outcome, and its result."""

    at: datetime
    proof: str


@dataclass(frozen=True, slots=True)
class PostStop:
    """A fan-out that is stopped as a whole; ``account`` is the account's name.

    It is stopped for ``recipients`` people without rows.
    """

    post: str
    account: str
    state: State
    reason: str
    # The stop is the same one when its lists change.
    recipients: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class PostTotals:
    """One post on one account, with its deliveries by state.

    ``counts`` and ``reasons`` include recipients that have no row yet. ``frozen_rendition`` is the hash of
    the rendition that was published first; ``changed`` is True if the file differs from it. ``date_at`` is
    the date in the file, ``own_late`` its own late rule (None = not kept), ``rendition`` the hash of its text. ``is_planned`` =
    the last scan had the post on the account. ``waited_until`` is the last end of a wait of those that are scheduled. ``stop`` is
    the state of all recipients without rows, if they are stopped as a whole, for ``stop_reason``; there are
    ``unexpanded`` of them (None = everybody has rows). ``unplanned`` deliveries are held because the plan no
    longer has them. ``decision`` is what a person decided last for the whole post on the account. ``stopped``
    deliveries are not as their rows say, but in the state ``stop``: the rule says so now.
    """

    id: str
    file: str
    title: str
    hold: str | None
    account: str
    channel: str
    due_at: datetime
    expires_at: datetime | None
    audiences: tuple[str, ...]
    changed: bool
    frozen_rendition: str | None
    counts: Counter[str]
    reasons: dict[str, str]
    date_at: datetime
    own_late: str | None = None
    rendition: str = ""
    is_planned: bool = True
    waited_until: datetime | None = None
    stop: State | None = None
    stop_reason: str = ""
    decision: UserDecision | None = None
    decided_at: datetime | None = None
    unexpanded: int | None = None
    unplanned: int = 0
    stopped: int = 0

    @property
    def cancelled_at(self) -> datetime | None:
        """Return when a person cancelled the post on the account; None = it is not cancelled."""
        return self.decided_at if self.decision is UserDecision.CANCEL else None

    def count(self, *states: State) -> int:
        """Return how many deliveries are in one of these states."""
        # A Counter asks Python for each state that it lacks: most of them, of each post of an archive.
        get = self.counts.get
        return sum([get(state, 0) for state in states])

    @property
    def waiting_count(self) -> int:
        """Return how many deliveries are waiting to be sent, without those on hold."""
        return self.count(*WAITING_STATES)

    @property
    def remaining_count(self) -> int:
        """Return how many deliveries are still to be sent, with those on hold that the plan has."""
        return self.count(*WAITING_STATES, State.HELD) - self.unplanned


@dataclass(frozen=True, slots=True)
class CancelCounts:
    """The effect of a cancel of a post on one account.

    The cancel comes too late for ``published``, ``sending`` and ``unknown`` deliveries. ``cancelled_at`` = the
    post was cancelled there before.
    """

    account: str
    stopped: int
    published: int = 0
    sending: int = 0
    unknown: int = 0
    cancelled_at: datetime | None = None
    expired: int = 0


@dataclass(frozen=True, slots=True)
class CancelledPost:
    """The cancelled part of a post on one account.

    ``publish`` sends ``revocable`` deliveries after all. It never sends ``maybe_live`` ones: their outcome was
    unknown when they were given up. ``cancelled_at`` None = only single deliveries were cancelled.
    """

    account: str
    cancelled_at: datetime | None
    revocable: int
    maybe_live: int
