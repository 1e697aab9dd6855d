"""Whether a post comes due after its account's login has ended."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from humaspost.base.i18n import _
from humaspost.model.account import Account, AccountStatus
from humaspost.model.post import Post
from humaspost.model.problem import Problem, Severity

#: A login that renews itself is trusted to, until it is this near its end.
RENEWAL_PERIOD = timedelta(days=14)


def expiry_before(status: AccountStatus | None, due: datetime) -> datetime | None:
    """The login's end, where that comes before ``due`` as far as is known; else None."""
    if status is None or status.expires_at is None or due < status.expires_at:
        return None
    is_renewable = status.extra.get("renews") is True and status.expires_at - status.taken_at > RENEWAL_PERIOD
    return None if is_renewable else status.expires_at


def check_login_expiry(post: Post, account: Account, status: AccountStatus | None) -> Iterator[Problem]:
    """A warning: a new token before then, and the post goes out."""
    expires_at = expiry_before(status, post.date.utc) if post.date and not post.draft else None
    if expires_at is None:
        return
    yield Problem(
        "login-expires",
        _("the login of {account} ends on {day}, before this is due").format(
            account=account.name, day=f"{expires_at:%Y-%m-%d}"
        ),
        _("make a new token before then, and: humaspost account check {account}").format(
            account=account.name
        ),
        field="date",
        channel=account.channel,
        severity=Severity.WARNING,
    )
