"""Renditions beside their accounts, rules and people, as the views want them."""

from collections.abc import Iterable

from humaspost.app.office import Office
from humaspost.app.scan import known
from humaspost.model.account import Account
from humaspost.model.plan import PlanRow
from humaspost.model.post import Post
from humaspost.model.rendition import Rendition
from humaspost.model.rules import Rules
from humaspost.planning.plan import renditions
from humaspost.reports.audience_size import People
from humaspost.views.renditions import Shown


def shown_for(office: Office, post: Post) -> list[Shown]:
    """What each account that the post names would show of it, with how many people would get it."""
    people = People(office)
    return [
        _shown(account, rendition, rules, people, post.audiences)
        for account, rendition, rules in renditions(post, known(office))
    ]


def shown_of(office: Office, row: PlanRow, people: People) -> Shown:
    """What one row of the plan would show."""
    rules = office.channels[row.account.channel].rules(row.account.config)
    return _shown(row.account, row.rendition, rules, people, row.audiences)


def _shown(
    account: Account, rendition: Rendition, rules: Rules, people: People, audiences: Iterable[str]
) -> Shown:
    if not rules.audience:
        return Shown(account, rendition, rules)
    names = tuple(audiences)
    unwilling = people.unwilling(account.name, rendition.parts[0], names)
    return Shown(account, rendition, rules, people.count(names), unwilling)
