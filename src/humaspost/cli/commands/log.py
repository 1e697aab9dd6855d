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
    from humaspost.ledger.queries import delivery_lists
    from humaspost.views.deliveries import attempts_to_csv, format_attempts
    from humaspost.views.json_output import attempt_to_json

    office = open_office()
    with office.ledger().read() as conn:
        posts = [(row.id, row.file) for row in delivery_lists.list_posts(conn)]
        post_id = find_post_id(post, posts, root=office.settings.root) if post else None
        rows = delivery_lists.list_attempts(conn, post_id=post_id, limit=limit)
    if json:
        print_json({"schema": 1, "attempts": [attempt_to_json(row) for row in rows]})
    elif csv:
        print_text(attempts_to_csv(attempt_to_json(row) for row in rows))
    else:
        print_text(format_attempts(rows, clock=time_formatter(office)))
