"""``humaspost publish POST``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from humaspost.base.i18n import _
from humaspost.cli.commands.preview import PostArgument
from humaspost.cli.exit_codes import ExitCode, exit_code_of
from humaspost.cli.options import AccountOption, JsonOption, YesOption
from humaspost.cli.terminal import confirm, print_json, print_note, print_text, terminal_columns

if TYPE_CHECKING:
    from humaspost.app.office import Office
    from humaspost.app.verbs import RunReport
    from humaspost.model.post import Post
    from humaspost.model.problem import Problem


def publish(
    post: PostArgument, account: AccountOption = None, yes: YesOption = False, json: JsonOption = False
) -> ExitCode:
    """Send one post now: what is due, failed or missed of it; never what is published or unknown."""
    from humaspost.app import verbs
    from humaspost.app.folder.scan import scan_folder
    from humaspost.cli.office import check_state_owner, open_office, time_formatter
    from humaspost.cli.post_lookup import find_post
    from humaspost.reports.publish import publish_preview
    from humaspost.views.decisions.post_decisions import format_post_stops
    from humaspost.views.decisions.publish import (
        confirmation_question,
        format_blocking_accounts,
        format_publish_preview,
    )
    from humaspost.views.deliveries import format_results
    from humaspost.views.json_output import run_to_json

    office = open_office()
    check_state_owner(office.settings)
    scan_result = scan_folder(office)
    selected = find_post(post, scan_result.posts, problems=scan_result.problems, root=office.settings.root)
    _require_sendable(office, selected, scan_result.problems, account=account)
    summary = publish_preview(office, selected, account=account)
    print_note(
        format_publish_preview(summary, selected, clock=time_formatter(office), columns=terminal_columns())
    )
    if not summary.to_send:
        if json:
            print_json(run_to_json([], problems=len(scan_result.problems)))
        return exit_code_of(needs_person=bool(summary.unknown or summary.held_lists))
    if not yes and not confirm(confirmation_question(summary), flag="--yes", command="publish"):
        print_note(_("Nothing was sent."))
        return ExitCode.OK
    report = _send(office, selected, account=account, was_cancelled=summary.cancelled_at is not None)
    if json:
        print_json(run_to_json(report.deliveries, problems=len(report.problems), stops=report.stops))
    else:
        print_text([*format_results(report.deliveries), *format_post_stops(report.stops)])
    blocking_accounts = verbs.blocking_accounts(office, selected.id, account=account)
    print_note(format_blocking_accounts(blocking_accounts))
    code = exit_code_of(
        report.deliveries, stops=report.stops, holds=[row.hold for row in blocking_accounts if row.hold]
    )
    if code is ExitCode.NEEDS_PERSON:
        print_note(_("What it needs from you: humaspost status"))
    return code


def _send(office: "Office", post: "Post", *, account: str | None, was_cancelled: bool) -> "RunReport":
    """Send the post and print its progress; say what an interruption left."""
    from humaspost.app import verbs
    from humaspost.cli.office import time_formatter
    from humaspost.cli.progress import BLOCKING_KINDS, ProgressPrinter
    from humaspost.views.decisions.publish import format_interrupted

    with ProgressPrinter(office, only_kinds=BLOCKING_KINDS) as printer:
        office.emit = printer.emit
        try:
            return verbs.publish(office, post.id, account=account)
        except verbs.PublishInterrupted as broken:
            clock = time_formatter(office)
            print_note(format_interrupted(broken.started, post, clock=clock, was_cancelled=was_cancelled))
            raise


def _require_sendable(
    office: "Office", post: "Post", problems: "Sequence[Problem]", *, account: str | None
) -> None:
    """Raise for a post with errors, a draft, and an account that config.toml does not have."""
    from humaspost.cli.post_lookup import UnusablePost

    errors = [problem for problem in problems if problem.is_error and problem.file == post.file]
    if errors:
        raise UnusablePost(errors)
    if post.draft:
        raise typer.BadParameter(_("{file} is a draft; take out `draft: true` first").format(file=post.file))
    if account is not None and office.settings.account(account) is None:
        raise typer.BadParameter(_("there is no account {name!r} in config.toml").format(name=account))
