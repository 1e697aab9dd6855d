"""Logins that expire before all posts on their account are sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from humaspost.app.office import Office
from humaspost.ledger.queries import totals
from humaspost.model.account import AccountStatus
from humaspost.model.records import PostTotals
from humaspost.planning.login_expiry import expiry_before


@dataclass(frozen=True, slots=True)
class LoginExpiry:
    """A login after whose ``expires_at`` ``post_count`` posts come due on the account."""

    account: str
    expires_at: datetime
    post_count: int


def login_expiry(office: Office) -> Iterator[LoginExpiry]:
    """Yield each account whose login expires too early, as far as its platform reported."""
    statuses = office.account_statuses()
    with office.ledger().read() as conn:
        entries = totals.list_by_post(conn)
    for account in office.settings.accounts:
        accounts_by_name = statuses.get(account.name)
        expiring = [
            entry
            for entry in entries
            if entry.account == account.name and _is_due_after_expiry(entry, accounts_by_name)
        ]
        if expiring and accounts_by_name is not None and accounts_by_name.expires_at is not None:
            yield LoginExpiry(account.name, accounts_by_name.expires_at, len(expiring))


def _is_due_after_expiry(entry: PostTotals, status: AccountStatus | None) -> bool:
    """Return True if deliveries remain after the login expires."""
    return entry.remaining_count > 0 and expiry_before(status, entry.due_at) is not None
