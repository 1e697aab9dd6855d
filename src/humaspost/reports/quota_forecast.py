"""When posts would really go out: the platforms take only so many in a day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from humaspost.app.office import Office
from humaspost.delivery.worker.preparations import AHEAD
from humaspost.ledger import accounts
from humaspost.ledger.deliveries import limits, preparations
from humaspost.ledger.deliveries.limits import SHARE
from humaspost.model.account import Facts
from humaspost.model.post import Late
from humaspost.model.rules import Quota
from humaspost.planning.login_expiry import ends_before
from humaspost.reports.plan_outlook import Coming, Fate
from humaspost.reports.recipient_forecast import reached

_Uses = dict[tuple[str, str], list[datetime]]


@dataclass(frozen=True, slots=True)
class Past:
    """What the ledger itself knows: ``uses`` of each quota, by account and quota, oldest first.

    ``begun`` are the parts, by account and hash, whose preparation has used its places already.
    """

    uses: Mapping[tuple[str, str], Sequence[datetime]] = field(default_factory=dict)
    begun: frozenset[tuple[str, str]] = frozenset()


def foreseen(office: Office, seen: Fate) -> Fate:
    """The same, with what limits and logins will be in the way."""
    facts, now = office.facts(), office.now()
    with office.ledger().read() as conn:
        past = remembered(conn, seen.coming, facts, now=now)
    return replace(seen, coming=reached(office, spread(seen.coming, facts, past=past, now=now)))


def remembered(
    conn: Connection, coming: Sequence[Coming], facts: Mapping[str, Facts], *, now: datetime
) -> Past:
    """What was used of the quotas that these come under, and which of them are being prepared."""
    uses: dict[tuple[str, str], Sequence[datetime]] = {}
    for one in coming:
        name = one.row.account.name
        told = facts.get(name)
        for quota in _quotas(one, told):
            if (name, quota.name) not in uses:
                since = min(now, told.taken_at if told else now) - timedelta(seconds=quota.seconds)
                uses[name, quota.name] = limits.used(conn, name, quota.name, since=since, now=now)
    soon = (one for one in coming if one.due <= now + AHEAD)
    return Past(uses, frozenset(begun for one in soon for begun in _begun(conn, one)))


def _begun(conn: Connection, one: Coming) -> Iterator[tuple[str, str]]:
    """Those of its parts that are being prepared, or are ready."""
    name = one.row.account.name
    account = accounts.by_name(conn, name)
    for part in one.row.rendition.parts if account else ():
        row = preparations.load(conn, account.id, part.hash) if account else None
        if row and preparations.token_of(row):
            yield name, part.hash


def spread(
    coming: Sequence[Coming], facts: Mapping[str, Facts], *, past: Past, now: datetime
) -> tuple[Coming, ...]:
    """The same, in the same order, each with the quota that delays it, until when, and its login's end.

    What the platform said was used counts from that moment, and what was used here since then from when it
    was: the gate counts so. Quotas of recipients are looked at by ``reached``, person by person.
    """
    uses: _Uses = {}
    return tuple(_one(one, uses, facts.get(one.row.account.name), past, now) for one in coming)


def _one(one: Coming, uses: _Uses, facts: Facts | None, past: Past, now: datetime) -> Coming:
    begins = max(one.due, now)
    at, name = begins, ""
    for quota in _quotas(one, facts):
        key = (one.row.account.name, quota.name)
        taken = uses.setdefault(key, _before(quota, facts, past.uses.get(key, ())))
        later = _take(taken, quota, at, cost=_cost(one, quota, past))
        if later > at:
            at, name = later, quota.name
    return replace(one, waits=(name, at) if name else None, login_ends=ends_before(facts, at))


def _quotas(one: Coming, facts: Facts | None) -> Iterator[Quota]:
    rules = one.shown.rules.told(facts.quotas) if facts else one.shown.rules
    return (quota for quota in rules.quotas if not quota.unique and quota.count)


def _before(quota: Quota, facts: Facts | None, ours: Sequence[datetime]) -> list[datetime]:
    """When each place that is taken was taken: ours, and what the platform counted beyond those."""
    if facts is None:
        return list(ours)
    said, window = facts.taken_at, timedelta(seconds=quota.seconds)
    known = sum(said - window < at <= said for at in ours)
    others = min(facts.quotas.get(quota.name, (0, 0))[0], quota.count) - known
    return sorted([*ours, *[said] * max(0, others)])


def _take(taken: list[datetime], quota: Quota, at: datetime, *, cost: int) -> datetime:
    """The moment at which the last of ``cost`` places is free; they are taken.

    A preparation that has one place is finished, whatever it takes: the gate looks before its first step.
    """
    most, window = max(1, int(quota.count * SHARE)), timedelta(seconds=quota.seconds)
    for place in range(cost):
        if len(taken) >= most and not (quota.preparing and place):
            at = max(at, taken[-most] + window)
        taken.append(at)
    return at


def _cost(one: Coming, quota: Quota, past: Past) -> int:
    """A public write each; of what preparation spends, one per medium and one for the whole."""
    if not quota.preparing:
        return one.left
    name = one.row.account.name
    to_make = [part for part in one.row.rendition.parts if (name, part.hash) not in past.begun]
    sizes = (len(part.media) for part in to_make)
    return sum(size + 1 if size > 1 else size for size in sizes)


def misses(one: Coming) -> bool:
    """Whether it would wait past its grace, or some of its people would, so that a person is asked."""
    if one.reach is not None and one.reach.missed:
        return True
    return (
        one.waits is not None and one.row.late is not Late.PUBLISH and one.waits[1] > one.due + one.row.grace
    )
