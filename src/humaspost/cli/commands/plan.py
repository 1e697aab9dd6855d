"""``humaspost plan [POST]``."""

import gc
from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_text, terminal_columns


def plan(
    post: Annotated[
        str | None, typer.Argument(metavar="[POST]", help=_("only this one: path, id, or any part of them"))
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show what would go out when, what will not and why; opens no socket and sends nothing."""
    from humaspost.app.folder.scan import scan_folder
    from humaspost.app.folder.standing_plan import load_standing_plan
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.cli.post_lookup import find_post
    from humaspost.reports.forecasts.plan_outlook import outlook_of_post, plan_outlook
    from humaspost.reports.forecasts.quota_forecast import forecast
    from humaspost.reports.list_findings import list_findings
    from humaspost.reports.sender_status import sender_status
    from humaspost.views.forecasts.plan import format_plan, plan_to_json

    # Thousands of posts hold no reference cycles. The search for cycles takes half of the time.
    gc.disable()
    office = open_office()
    scan_result = scan_folder(office)
    outlook = forecast(office, plan_outlook(office, scan_result))
    lists = list_findings(office) if post is None else []
    if post is not None:
        posts = (*scan_result.posts, *load_standing_plan(office, scan_result).list_posts())
        selected = find_post(post, posts, problems=scan_result.problems, root=office.settings.root)
        outlook = outlook_of_post(outlook, selected.id, selected.file)
        lists = list_findings(office, selected.audiences) if selected.audiences else []
    sender, times = sender_status(office), time_formatter(office)
    if json:
        print_json(plan_to_json(outlook, sender, lists, clock=times))
    else:
        print_text(format_plan(outlook, sender, lists, clock=times, columns=terminal_columns()))
