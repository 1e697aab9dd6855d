"""Renditions beside their accounts, rules and people, as the views want them."""

from humaspost.app.office import Office
from humaspost.app.scan import known
from humaspost.model.plan import PlanRow
from humaspost.model.post import Post
from humaspost.planning.plan import renditions
from humaspost.views.people import People
from humaspost.views.renditions import Shown


def shown_for(office: Office, post: Post) -> list[Shown]:
    """What each account that the post names would show of it, with how many people would get it."""
    people = People(office)
    return [
        Shown(account, rendition, rules, people.count(post.audiences) if rules.audience else None)
        for account, rendition, rules in renditions(post, known(office))
    ]


def shown_of(office: Office, row: PlanRow, people: People) -> Shown:
    """What one row of the plan would show."""
    rules = office.channels[row.account.channel].rules(row.account.config)
    return Shown(row.account, row.rendition, rules, people.count(row.audiences) if rules.audience else None)
