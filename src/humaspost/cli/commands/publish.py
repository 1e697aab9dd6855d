"""``humaspost publish POST``."""

import typer

from humaspost.base.i18n import _
from humaspost.cli.commands.preview import PostArgument
from humaspost.cli.exit_codes import ExitCode, most_urgent
from humaspost.cli.options import AccountOption, JsonOption, YesOption
from humaspost.cli.terminal import confirm, print_json, print_note, print_text, terminal_columns
from humaspost.model.reasons import AccountHold


def publish(
    post: PostArgument, account: AccountOption = None, yes: YesOption = False, json: JsonOption = False
) -> ExitCode:
    """Send one post now: what is due, failed or missed of it; never what is published or unknown."""
    from humaspost.app import verbs
    from humaspost.app.scan import scan_folder
    from humaspost.cli.exit_codes import exit_code_of
    from humaspost.cli.office import check_state_owner, open_office, time_formatter
    from humaspost.cli.post_lookup import UnusablePost, find_post
    from humaspost.cli.progress import BLOCKING_KINDS, ProgressPrinter
    from humaspost.reports.publish import publish_preview
    from humaspost.views.decisions import format_post_stops
    from humaspost.views.deliveries import format_results
    from humaspost.views.json_output import run_to_json
    from humaspost.views.publish import (
        confirmation_question,
        format_blocking_accounts,
        format_interrupted,
        format_publish_preview,
    )

    office = open_office()
    check_state_owner(office.settings)
    scan_result = scan_folder(office)
    selected = find_post(post, scan_result.posts, problems=scan_result.problems, root=office.settings.root)
    errors = [
        problem for problem in scan_result.problems if problem.is_error and problem.file == selected.file
    ]
    if errors:
        raise UnusablePost(errors)
    if selected.draft:
        raise typer.BadParameter(
            _("{file} is a draft; take out `draft: true` first").format(file=selected.file)
        )
    if account is not None and office.settings.account(account) is None:
        raise typer.BadParameter(_("there is no account {name!r} in config.toml").format(name=account))
    summary = publish_preview(office, selected, account=account)
    print_note(
        format_publish_preview(summary, selected, clock=time_formatter(office), columns=terminal_columns())
    )
    if not summary.to_send:
        if json:
            print_json(run_to_json([], problems=len(scan_result.problems)))
        return ExitCode.NEEDS_PERSON if summary.unknown else ExitCode.OK
    if not yes and not confirm(confirmation_question(summary), flag="--yes", command="publish"):
        print_note(_("Nothing was sent."))
        return ExitCode.OK
    with ProgressPrinter(office, only_kinds=BLOCKING_KINDS) as printer:
        office.emit = printer.emit
        try:
            report = verbs.publish(office, selected.id, account=account)
        except verbs.PublishInterrupted as broken:
            was_cancelled, clock = summary.cancelled_at is not None, time_formatter(office)
            print_note(format_interrupted(broken.started, selected, clock=clock, was_cancelled=was_cancelled))
            raise
    blocking_accounts = verbs.blocking_accounts(office, selected.id, account=account)
    if json:
        print_json(run_to_json(report.deliveries, problems=len(report.problems), stops=report.stops))
    else:
        print_text([*format_results(report.deliveries), *format_post_stops(report.stops)])
    print_note(format_blocking_accounts(blocking_accounts))
    held_rows = [
        ExitCode.LOGIN if row.hold == AccountHold.LOGIN else ExitCode.RETRY_LATER for row in blocking_accounts
    ]
    code = most_urgent([exit_code_of(report.deliveries, stops=report.stops), *held_rows])
    if code is ExitCode.NEEDS_PERSON:
        print_note(_("What it needs from you: humaspost status"))
    return code
