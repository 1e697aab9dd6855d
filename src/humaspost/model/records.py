"""Rows of the ledger as its readers get them; only ``ledger`` creates them."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from humaspost.model.account import AccountStatus
from humaspost.model.delivery import WAITING_STATES, State
from humaspost.model.reasons import ListHold


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
class PostTotals:
    """One post on one account, with its deliveries by state.

    ``counts`` and ``reasons`` include recipients that have no row yet. ``frozen_rendition`` is the hash of
    the rendition that was published first; ``changed`` is True if the file differs from it.
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

    def count(self, *states: State) -> int:
        """Return how many deliveries are in one of these states."""
        return sum(self.counts[state] for state in states)

    @property
    def waiting_count(self) -> int:
        """Return how many deliveries are waiting to be sent, without those on hold."""
        return self.count(*WAITING_STATES)

    @property
    def remaining_count(self) -> int:
        """Return how many deliveries are still to be sent, with those on hold."""
        return self.count(*WAITING_STATES, State.HELD)
