"""``humaspost preview POST``."""

from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode, exit_code_of
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_text, terminal_columns

PostArgument = Annotated[
    str, typer.Argument(metavar="POST", help=_("path, id, or any part that fits one post"))
]


def preview(post: PostArgument, json: JsonOption = False) -> ExitCode:
    """Show exactly what each channel will show; the very rendition that is sent."""
    from humaspost.app.folder.scan import scan_folder
    from humaspost.app.folder.standing_plan import load_standing_plan, with_standing_plan
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.cli.post_lookup import find_post
    from humaspost.reports.forecasts.plan_outlook import plan_outlook
    from humaspost.reports.forecasts.send_forecast import send_forecasts
    from humaspost.reports.renditions_of_post import previews_for, previews_of_rows
    from humaspost.views.date_problems import with_date_problems
    from humaspost.views.forecasts.send_forecast import format_send_forecasts, send_forecast_to_json
    from humaspost.views.preview import format_preview, preview_to_json
    from humaspost.views.problems import unique_problems

    office = open_office()
    scan_result = scan_folder(office)
    outlook = plan_outlook(office, scan_result)
    scan_result = with_date_problems(scan_result, outlook, now=office.now())
    standing = load_standing_plan(office, scan_result)
    posts = (*scan_result.posts, *standing.list_posts())
    selected = find_post(post, posts, problems=scan_result.problems, root=office.settings.root)
    problems = unique_problems(problem for problem in scan_result.problems if problem.file == selected.file)
    rows = [row for row in standing.rows if row.post == selected.id]
    previews = previews_of_rows(office, rows) if rows else previews_for(office, selected)
    scan_result = with_standing_plan(scan_result, standing)
    forecasts = send_forecasts(office, scan_result, selected, previews)
    if json:
        document = preview_to_json(selected, previews, problems)
        print_json(document | {"forecast": [send_forecast_to_json(each) for each in forecasts]})
    else:
        clock = time_formatter(office)
        lines = format_preview(selected, previews, problems, clock=clock, columns=terminal_columns())
        if rows:
            lines += ["", _("Its file is away; it goes out as last planned. Bring the file back.")]
        print_text([*lines, *([""] if forecasts else []), *format_send_forecasts(forecasts, clock=clock)])
    return exit_code_of(has_post_errors=any(problem.is_error for problem in problems))
