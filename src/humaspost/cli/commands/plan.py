"""``humaspost plan [POST]``."""

from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.options import Json
from humaspost.cli.terminal import columns, give, say


def plan(
    post: Annotated[
        str | None, typer.Argument(metavar="[POST]", help=_("only this one: path, id, or any part of them"))
    ] = None,
    json: Json = False,
) -> None:
    """Show what would go out when, what will not and why; opens no socket and sends nothing."""
    from humaspost.app.scan import scan
    from humaspost.cli.office import clock, open_office
    from humaspost.cli.post_lookup import one
    from humaspost.reports.plan_outlook import fate, only
    from humaspost.reports.quota_forecast import foreseen
    from humaspost.reports.sender_status import sending
    from humaspost.views.plan import plan_json, plan_view

    office = open_office()
    found = scan(office)
    shown = foreseen(office, fate(office, found))
    if post is not None:
        chosen = one(post, found.posts, problems=found.problems, root=office.settings.root)
        shown = only(shown, chosen.id, chosen.file)
    sender, moment = sending(office), clock(office)
    if json:
        give(plan_json(shown, sender, clock=moment))
    else:
        say(plan_view(shown, sender, clock=moment, columns=columns()))
