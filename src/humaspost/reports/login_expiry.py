"""Logins that end before what is still to be sent on them is due."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from humaspost.app.office import Office
from humaspost.ledger.queries import totals
from humaspost.model.account import Facts
from humaspost.model.delivery import WAITING, State
from humaspost.planning.login_expiry import ends_before


@dataclass(frozen=True, slots=True)
class Ending:
    """``posts`` posts come due on the account after ``ends``."""

    account: str
    ends: datetime
    posts: int


def endings(office: Office) -> Iterator[Ending]:
    """One per account whose login ends too early, as far as its platform said."""
    facts = office.facts()
    with office.ledger().read() as conn:
        entries = totals.by_post(conn)
    for account in office.settings.accounts:
        known = facts.get(account.name)
        late = [entry for entry in entries if entry["account"] == account.name and _is_late(entry, known)]
        if late and known is not None and known.expires_at is not None:
            yield Ending(account.name, known.expires_at, len(late))


def _is_late(entry: Mapping[str, Any], facts: Facts | None) -> bool:
    """Still to be sent, when nothing is taken any more."""
    left = any(entry["counts"][state] for state in (*WAITING, State.HELD))
    return left and ends_before(facts, entry["due_at"]) is not None
