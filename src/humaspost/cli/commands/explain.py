"""``humaspost explain CODE``."""

from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_text, terminal_columns


def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE", help=_("as it stands in error[CODE]; or a post: path, id, or any part of them")
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """What a code means and what to do, or what becomes of a post; without CODE every code."""
    from humaspost.views.states import all_codes, format_explanation, similar_codes

    if code is None:
        explanations_by_code = all_codes()
        if json:
            print_json(
                {"schema": 1, "codes": {name: _(text) for name, text in sorted(explanations_by_code.items())}}
            )
        else:
            print_text(sorted(explanations_by_code))
        return
    lines = format_explanation(code.strip("[]"), columns=terminal_columns())
    if lines is None and _explain_post(code, json=json):
        return
    if lines is None:
        explanations = ", ".join(similar_codes(code)) or _("see them all: humaspost explain")
        raise typer.BadParameter(_("there is no code {code!r} ({near})").format(code=code, near=explanations))
    if json:
        print_json({"schema": 1, "code": lines[0], "text": " ".join(line.strip() for line in lines[1:])})
    else:
        print_text(lines)


def _explain_post(query: str, *, json: bool) -> bool:
    """Print when each account gets the post, or why not; return False if no post fits."""
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.cli.post_lookup import find_post, has_match
    from humaspost.settings.problems import ConfigError

    try:
        office = open_office()
    except ConfigError:
        return False
    from humaspost.app.folder.scan import scan_folder
    from humaspost.reports.forecasts.post_judge import post_totals
    from humaspost.reports.forecasts.send_forecast import send_forecasts
    from humaspost.reports.renditions_of_post import previews_for
    from humaspost.views.decisions.post_decisions import format_post_decisions
    from humaspost.views.forecasts.send_forecast import format_send_forecasts, send_forecast_to_json
    from humaspost.views.text import escape_unsafe

    scanned = scan_folder(office)
    if not has_match(query, [(post.id, post.file) for post in scanned.posts]):
        return False
    post = find_post(query, scanned.posts, problems=scanned.problems, root=office.settings.root)
    forecasts = send_forecasts(office, scanned, post, previews_for(office, post))
    if json:
        entries = [send_forecast_to_json(each) for each in forecasts]
        print_json({"schema": 1, "post": post.id, "forecast": entries})
        return True
    clock = time_formatter(office)
    decisions = format_post_decisions(post_totals(office, post.id), clock=clock)
    print_text(
        [
            f"{escape_unsafe(post.id)}  {escape_unsafe(post.title)}",
            *format_send_forecasts(forecasts, clock=clock),
            *decisions,
        ]
    )
    return True
