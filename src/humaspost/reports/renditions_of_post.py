"""Renditions beside their accounts, rules and people, as the views want them."""

from collections.abc import Iterable

from humaspost.app.office import Office
from humaspost.app.scan import create_plan_context
from humaspost.model.account import Account
from humaspost.model.plan import PlanRow
from humaspost.model.post import Post
from humaspost.model.rendition import Rendition
from humaspost.model.rules import Rules
from humaspost.planning.plan import build_renditions
from humaspost.reports.audience_size import AudienceSize
from humaspost.views.renditions import RenditionPreview


def previews_for(office: Office, post: Post) -> list[RenditionPreview]:
    """What each account that the post names would show of it, with how many people would get it."""
    audience_size = AudienceSize(office)
    return [
        _build_preview(account, rendition, rules, audience_size, post.audiences)
        for account, rendition, rules in build_renditions(post, create_plan_context(office))
    ]


def preview_of(office: Office, row: PlanRow, audience_size: AudienceSize) -> RenditionPreview:
    """What one row of the plan would show."""
    rules = office.channels[row.account.channel].rules(row.account.config)
    return _build_preview(row.account, row.rendition, rules, audience_size, row.audiences)


def _build_preview(
    account: Account,
    rendition: Rendition,
    rules: Rules,
    audience_size: AudienceSize,
    audiences: Iterable[str],
) -> RenditionPreview:
    if not rules.is_per_recipient:
        return RenditionPreview(account, rendition, rules)
    names = tuple(audiences)
    without_marketing_consent = audience_size.count_without_marketing_consent(
        account.name, rendition.parts[0], names
    )
    return RenditionPreview(
        account, rendition, rules, audience_size.count_recipients(names), without_marketing_consent
    )
