"""``humaspost log``."""

from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json_list, print_text


def log(
    post: Annotated[
        str | None, typer.Argument(metavar="[POST]", help=_("only this one: path, id, or any part of them"))
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help=_("at most so many"))] = None,
    csv: Annotated[bool, typer.Option("--csv", help=_("as a table for a spreadsheet"))] = False,
    json: JsonOption = False,
) -> None:
    """Every attempt, newest first; of one POST also who may not get it."""
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.cli.post_lookup import find_recorded_id
    from humaspost.reports.deliveries import attempt_pages, post_files, refused_deliveries
    from humaspost.reports.forecasts.post_judge import post_totals
    from humaspost.views.decisions.post_decisions import format_post_decisions
    from humaspost.views.deliveries import attempts_to_csv, csv_head, format_attempts, format_refused
    from humaspost.views.json_output import attempt_to_json

    office = open_office()
    post_id = find_recorded_id(post, office, post_files(office)) if post else None
    pages = attempt_pages(office, post_id=post_id, limit=limit)
    if json:
        entries = (attempt_to_json(row) for page in pages for row in page)
        print_json_list({"schema": 1}, "attempts", entries)
        return
    clock = time_formatter(office)
    if csv:
        print_text(csv_head())
    elif post_id:
        print_text(format_post_decisions(post_totals(office, post_id), clock=clock))
        print_text(format_refused(refused_deliveries(office, post_id)))
    is_empty = True
    for page in pages:
        is_empty = False
        if csv:
            print_text(attempts_to_csv(attempt_to_json(row) for row in page))
        else:
            print_text(format_attempts(page, clock=clock))
    if is_empty and not csv:
        print_text(_("Nothing was ever sent."))
