"""The check for posts that are due after their account's login ends."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from humaspost.base.i18n import _
from humaspost.model.account import Account, AccountStatus
from humaspost.model.post import Post
from humaspost.model.problem import Problem, Severity

#: A login that renews itself is trusted until its end is this near.
RENEWAL_PERIOD = timedelta(days=14)


def expiry_before(status: AccountStatus | None, due: datetime) -> datetime | None:
    """Return the login's known end if it is before ``due``, or None."""
    if status is None or status.expires_at is None or due < status.expires_at:
        return None
    return None if is_trusted(status) else status.expires_at


def is_trusted(status: AccountStatus) -> bool:
    """Return True if the login renews itself, and its end is not near."""
    if status.expires_at is None:
        return False
    return status.extra.get("renews") is True and status.expires_at - status.taken_at > RENEWAL_PERIOD


def check_login_expiry(post: Post, account: Account, status: AccountStatus | None) -> Iterator[Problem]:
    """Yield a warning if the login ends before the post is due; a new token fixes it."""
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
