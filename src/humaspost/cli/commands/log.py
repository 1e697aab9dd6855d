"""``humaspost log``."""

from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_text


def log(
    post: Annotated[
        str | None, typer.Argument(metavar="[POST]", help=_("only this one: path, id, or any part of them"))
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help=_("at most so many"))] = None,
    csv: Annotated[bool, typer.Option("--csv", help=_("as a table for a spreadsheet"))] = False,
    json: JsonOption = False,
) -> None:
    """Every attempt, newest first."""
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.cli.post_lookup import find_post_id
    from humaspost.reports.deliveries import attempts, post_files, post_totals
    from humaspost.views.cancellation import format_post_decisions
    from humaspost.views.deliveries import attempts_to_csv, format_attempts
    from humaspost.views.json_output import attempt_to_json

    office = open_office()
    post_id = find_post_id(post, post_files(office), root=office.settings.root) if post else None
    rows = attempts(office, post_id=post_id, limit=limit)
    if json:
        print_json({"schema": 1, "attempts": [attempt_to_json(row) for row in rows]})
    elif csv:
        print_text(attempts_to_csv(attempt_to_json(row) for row in rows))
    else:
        clock = time_formatter(office)
        entries = post_totals(office, post_id) if post_id else []
        print_text([*format_post_decisions(entries, clock=clock), *format_attempts(rows, clock=clock)])
