"""Whether a post comes due after its account's login has ended."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from humaspost.base.i18n import _
from humaspost.model.account import Account, Facts
from humaspost.model.post import Post
from humaspost.model.problem import Problem, Severity

#: A login that renews itself is trusted to, until it is this near its end.
TRUSTED = timedelta(days=14)


def ends_before(facts: Facts | None, due: datetime) -> datetime | None:
    """The login's end, where that comes before ``due`` as far as is known; else None."""
    if facts is None or facts.expires_at is None or due < facts.expires_at:
        return None
    renews = facts.extra.get("renews") is True and facts.expires_at - facts.taken_at > TRUSTED
    return None if renews else facts.expires_at


def check(post: Post, account: Account, facts: Facts | None) -> Iterator[Problem]:
    """A warning: a new token before then, and the post goes out."""
    ends = ends_before(facts, post.date.utc) if post.date and not post.draft else None
    if ends is None:
        return
    yield Problem(
        "login-expires",
        _("the login of {account} ends on {day}, before this is due").format(
            account=account.name, day=f"{ends:%Y-%m-%d}"
        ),
        _("make a new token before then, and: humaspost account check {account}").format(
            account=account.name
        ),
        field="date",
        channel=account.channel,
        severity=Severity.WARNING,
    )
