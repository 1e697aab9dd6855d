"""``humaspost log``."""

from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.options import Json
from humaspost.cli.terminal import give, say


def log(
    post: Annotated[
        str | None, typer.Argument(metavar="[POST]", help=_("only this one: path, id, or any part of them"))
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help=_("at most so many"))] = None,
    csv: Annotated[bool, typer.Option("--csv", help=_("as a table for a spreadsheet"))] = False,
    json: Json = False,
) -> None:
    """Every attempt, newest first."""
    from humaspost.cli.office import clock, open_office
    from humaspost.cli.post_lookup import one_id
    from humaspost.ledger.queries import delivery_lists
    from humaspost.views.deliveries import attempt_lines, attempts_csv
    from humaspost.views.json_output import attempt_json

    office = open_office()
    with office.ledger().read() as conn:
        known = [(row.id, row.file) for row in delivery_lists.post_ids(conn)]
        chosen = one_id(post, known, root=office.settings.root) if post else None
        rows = delivery_lists.attempts(conn, post_id=chosen, limit=limit)
    if json:
        give({"schema": 1, "attempts": [attempt_json(row) for row in rows]})
    elif csv:
        say(attempts_csv(attempt_json(row) for row in rows))
    else:
        say(attempt_lines(rows, clock=clock(office)))
