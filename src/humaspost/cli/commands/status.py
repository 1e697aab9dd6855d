"""``humaspost status``."""

from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import Exit
from humaspost.cli.options import Json
from humaspost.cli.terminal import columns, give, give_line, say
from humaspost.model.delivery import State


def status(
    post: Annotated[str | None, typer.Option("--post", metavar="POST", help=_("only this post"))] = None,
    state: Annotated[
        State | None, typer.Option("--state", metavar="STATE", help=_("deliveries in this state"))
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=_("deliveries in every state"))] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help=_("at most so many deliveries"))] = None,
    json: Json = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help=_("one delivery per line, in JSON"))] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=_("tell by the exit code whether something needs you"))
    ] = False,
) -> Exit:
    """One screen: what needs you, the next and the last 24 hours, the accounts."""
    from humaspost.cli.office import clock, open_office
    from humaspost.cli.post_lookup import one_id
    from humaspost.ledger.queries import delivery_lists
    from humaspost.views.json_output import delivery_json
    from humaspost.views.status import chosen_states, screen, status_json, status_lines

    office = open_office()
    moment = clock(office)
    with office.ledger().read() as conn:
        known = [(row.id, row.file) for row in delivery_lists.post_ids(conn)]
        chosen = one_id(post, known, root=office.settings.root) if post else None
        states = chosen_states(state, everything=everything or post is not None)
        wanted = bool(json or jsonl or post or state or everything)
        rows = delivery_lists.deliveries(conn, post_id=chosen, states=states, limit=limit) if wanted else []
    found = screen(office, moment)
    if jsonl:
        for row in rows:
            give_line(delivery_json(row))
    elif json:
        give(status_json(found, rows, clock=moment, post=chosen))
    elif wanted:
        from humaspost.views.deliveries import delivery_lines

        say(delivery_lines(rows, clock=moment))
    else:
        say(status_lines(found, clock=moment, columns=columns()))
    return _code(found.needs or found.copied, found.logins, found.broken) if exit_code else Exit.OK


def _code(needs: object, logins: object, broken: object) -> Exit:
    if needs:
        return Exit.PERSON
    if logins:
        return Exit.LOGIN
    return Exit.PROBLEMS if broken else Exit.OK
