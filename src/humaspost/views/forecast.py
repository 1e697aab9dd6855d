"""When posts would really go out: the platforms take only so many in a day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from humaspost.app.office import Office
from humaspost.ledger.limits import SHARE
from humaspost.model.account import Facts
from humaspost.model.post import Late
from humaspost.model.rules import Quota
from humaspost.planning.logins import ends_before
from humaspost.views.fate import Coming, Fate
from humaspost.views.reach import reached

_Uses = dict[tuple[str, str], list[datetime]]


def foreseen(office: Office, seen: Fate) -> Fate:
    """The same, with what limits and logins will be in the way."""
    return replace(seen, coming=reached(office, spread(seen.coming, office.facts())))


def spread(coming: Sequence[Coming], facts: Mapping[str, Facts]) -> tuple[Coming, ...]:
    """The same, in the same order, each with the quota that delays it, until when, and its login's end.

    What the platform said was used already counts as used at that moment. Quotas of recipients are
    looked at by ``reached``, person by person.
    """
    uses: _Uses = {}
    return tuple(_one(one, uses, facts.get(one.row.account.name)) for one in coming)


def _one(one: Coming, uses: _Uses, facts: Facts | None) -> Coming:
    at, name = one.due, ""
    for quota in _quotas(one, facts):
        taken = uses.setdefault((one.row.account.name, quota.name), _before(quota, facts))
        later = _take(taken, quota, at, cost=_cost(one, quota))
        if later > at:
            at, name = later, quota.name
    return replace(one, waits=(name, at) if name else None, login_ends=ends_before(facts, at))


def _quotas(one: Coming, facts: Facts | None) -> Iterator[Quota]:
    rules = one.shown.rules.told(facts.quotas) if facts else one.shown.rules
    return (quota for quota in rules.quotas if not quota.unique and quota.count)


def _before(quota: Quota, facts: Facts | None) -> list[datetime]:
    used = facts.quotas.get(quota.name, (0, 0))[0] if facts else 0
    return [facts.taken_at] * used if facts else []


def _take(taken: list[datetime], quota: Quota, at: datetime, *, cost: int) -> datetime:
    """The moment at which the last of ``cost`` places is free; they are taken."""
    most, window = max(1, int(quota.count * SHARE)), timedelta(seconds=quota.seconds)
    for _place in range(cost):
        if len(taken) >= most:
            at = max(at, taken[-most] + window)
        taken.append(at)
    return at


def _cost(one: Coming, quota: Quota) -> int:
    """A public write each; of what preparation spends, one per medium and one for the whole."""
    if not quota.preparing:
        return one.left
    sizes = (len(part.media) for part in one.row.rendition.parts)
    return sum(size + 1 if size > 1 else size for size in sizes)


def misses(one: Coming) -> bool:
    """Whether it would wait past its grace, so that a person is asked."""
    return (
        one.waits is not None and one.row.late is not Late.PUBLISH and one.waits[1] > one.due + one.row.grace
    )
