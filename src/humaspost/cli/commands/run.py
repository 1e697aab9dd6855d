"""``humaspost run``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from humaspost.base.i18n import _, ngettext
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.options import JsonOption, current_options
from humaspost.cli.terminal import print_json, print_note, print_text

if TYPE_CHECKING:
    from humaspost.model.problem import Problem

#: Number of files that are named; `status` shows all of them.
_MAX_FILES = 5


def run(json: JsonOption = False) -> ExitCode:
    """Send what is due, once, and end: for cron. Nothing due is nothing said."""
    from humaspost.cli.office import sole_sender

    with sole_sender() as office:
        from humaspost.app import verbs
        from humaspost.cli.exit_codes import exit_code_of
        from humaspost.cli.progress import ProgressPrinter
        from humaspost.views.json_output import run_to_json

        with ProgressPrinter(office, quiet=json) as printer:
            office.emit = printer.emit
            report = verbs.run_due(office)
    lists = [problem for problem in report.problems if problem.is_error and problem.code.startswith("list-")]
    errors = sum(problem.is_error for problem in report.problems) - len(lists)
    if json:
        print_json(run_to_json(report.deliveries, problems=len(report.problems), stops=report.stops))
    else:
        print_text(printer.format_closing(report.deliveries, report.stops))
    if errors:
        summary = ngettext(
            "{count} error in a post, which was left alone: humaspost check",
            "{count} errors in posts, which were left alone: humaspost check",
            errors,
        )
        print_note(summary.format(count=errors))
    print_note(_format_lists(lists))
    code = exit_code_of(
        report.deliveries,
        stops=report.stops,
        list_codes=[problem.code for problem in lists],
        has_post_errors=bool(report.due_problems),
        needs_person=bool(report.worker_errors or report.waits_for_list),
    )
    if current_options.quiet and code not in (ExitCode.OK, ExitCode.RETRY_LATER):
        # cron mails what is printed: everything that needs attention is printed there.
        print_text(
            [
                *printer.format_closing(report.deliveries, report.stops),
                *_format_lists(lists),
                *_format_due_errors(report.due_problems),
            ],
            error=True,
        )
    return code


def _format_lists(problems: Sequence["Problem"]) -> list[str]:
    from humaspost.views.text import escape_unsafe, quote_filename

    return [
        f"{escape_unsafe(problem.file)}: {problem.code}: {escape_unsafe(problem.message)}: "
        f"humaspost check {quote_filename(problem.file)}"
        for problem in problems
    ]


def _format_due_errors(problems: Sequence["Problem"]) -> list[str]:
    if not problems:
        return [_("What needs you: humaspost status")]
    from humaspost.views.text import quote_filename

    files = ", ".join(quote_filename(problem.file) for problem in problems[:_MAX_FILES])
    files += ", ..." if len(problems) > _MAX_FILES else ""
    return [_("Due and not sent, for its errors: {files}. humaspost check").format(files=files)]
