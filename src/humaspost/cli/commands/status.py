"""``humaspost status``."""

from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode, exit_code_of
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_json_line, print_text, terminal_columns
from humaspost.model.delivery import State
from humaspost.model.reasons import AccountHold

if TYPE_CHECKING:
    from humaspost.reports.status import StatusReport


def status(
    post: Annotated[str | None, typer.Option("--post", metavar="POST", help=_("only this post"))] = None,
    state: Annotated[
        State | None, typer.Option("--state", metavar="STATE", help=_("deliveries in this state"))
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=_("deliveries in every state"))] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help=_("at most so many deliveries"))] = None,
    json: JsonOption = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help=_("one delivery per line, in JSON"))] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=_("tell by the exit code whether something needs you"))
    ] = False,
) -> ExitCode:
    """One screen: what needs you, the next and the last 24 hours, the accounts."""
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.cli.post_lookup import find_post_id
    from humaspost.reports.deliveries import deliveries, post_files
    from humaspost.reports.status import status_report
    from humaspost.views.json_output import delivery_to_json
    from humaspost.views.status import format_status, select_states, status_to_json

    office = open_office()
    times = time_formatter(office)
    post_id = find_post_id(post, post_files(office), root=office.settings.root) if post else None
    states = select_states(state, include_all=everything or post is not None)
    requested_states = bool(json or jsonl or post or state or everything)
    rows = deliveries(office, post_id=post_id, states=states, limit=limit) if requested_states else []
    report = status_report(office)
    if jsonl:
        for row in rows:
            print_json_line(delivery_to_json(row))
    elif json:
        print_json(status_to_json(report, rows, clock=times, post=post_id))
    elif requested_states:
        from humaspost.views.decisions.post_decisions import format_post_decisions
        from humaspost.views.deliveries import format_deliveries

        entries = [entry for entry in report.posts if entry.id == post_id]
        decisions = format_post_decisions(entries, clock=times)
        print_text([*decisions, *(format_deliveries(rows, clock=times) if rows or not decisions else [])])
    else:
        print_text(format_status(report, clock=times, columns=terminal_columns()))
    return _exit_code(report) if exit_code else ExitCode.OK


def _exit_code(report: "StatusReport") -> ExitCode:
    return exit_code_of(
        holds=[AccountHold.LOGIN for _login in report.logins],
        list_codes=[finding.summary.code for finding in report.lists if finding.summary is not None],
        has_post_errors=bool(report.blocked_files),
        needs_person=report.needs_person,
    )
