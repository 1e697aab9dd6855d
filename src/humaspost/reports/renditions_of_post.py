"""The renditions of one post, with their accounts, rules and audience sizes."""

from collections.abc import Iterable
from dataclasses import dataclass

from humaspost.app.folder.scan import create_plan_context
from humaspost.app.office import Office
from humaspost.model.account import Account
from humaspost.model.plan import PlanRow
from humaspost.model.post import Post
from humaspost.model.rendition import Rendition
from humaspost.model.rules import Rules
from humaspost.planning.plan import build_renditions
from humaspost.reports.audience_size import AudienceSize


@dataclass(frozen=True, slots=True)
class RenditionPreview:
    """A rendition with its account and rules.

    ``audience_size`` is None if the channel has no recipients. ``without_marketing_consent`` recipients
    refuse marketing, if the rendition is marketing.
    """

    account: Account
    rendition: Rendition
    rules: Rules
    audience_size: int | None = None
    without_marketing_consent: int = 0


def previews_for(office: Office, post: Post) -> list[RenditionPreview]:
    """Return what each account that the post names would publish, with the size of its audience."""
    audience_size = AudienceSize(office)
    return [
        _build_preview(account, rendition, rules, audience_size, post.audiences)
        for account, rendition, rules in build_renditions(post, create_plan_context(office))
    ]


def previews_of_rows(office: Office, rows: Iterable[PlanRow]) -> list[RenditionPreview]:
    """Return what rows of the plan would publish, with the sizes of their audiences."""
    audience_size = AudienceSize(office)
    return [
        preview_of(row, office.channels[row.account.channel].rules(row.account.config), audience_size)
        for row in rows
    ]


def preview_of(row: PlanRow, rules: Rules, audience_size: AudienceSize) -> RenditionPreview:
    """Return what one row of the plan would publish under the rules of its account."""
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
