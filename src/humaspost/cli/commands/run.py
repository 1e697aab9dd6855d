"""``humaspost run``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from humaspost.base.i18n import _, ngettext
from humaspost.cli.exit_codes import Exit
from humaspost.cli.options import Json, flags
from humaspost.cli.terminal import give, note, say

if TYPE_CHECKING:
    from humaspost.model.problem import Problem

#: Files that are named; all of them are in status.
_MOST = 5


def run(json: Json = False) -> Exit:
    """Send what is due, once, and end: for cron. Nothing due is nothing said."""
    from humaspost.cli.office import sole_sender

    with sole_sender() as office:
        from humaspost import app
        from humaspost.cli.exit_codes import outcome
        from humaspost.cli.progress import Teller
        from humaspost.views.json_output import run_json

        with Teller(office, quiet=json) as teller:
            office.tell = teller.tell
            report = app.run_due(office)
    errors = sum(problem.is_error for problem in report.problems)
    if json:
        give(run_json(report.deliveries, problems=len(report.problems)))
    else:
        say(teller.closing(report.deliveries))
    if errors:
        words = ngettext(
            "{count} error in a post, which was left alone: humaspost check",
            "{count} errors in posts, which were left alone: humaspost check",
            errors,
        )
        note(words.format(count=errors))
    code = outcome(report.deliveries, due_problems=bool(report.due_problems))
    if flags.quiet and code not in (Exit.OK, Exit.LATER):
        # cron sends on what is printed: whatever needs somebody is said even so.
        say([*teller.closing(report.deliveries), *_due(report.due_problems)], error=True)
    return code


def _due(problems: Sequence["Problem"]) -> list[str]:
    if not problems:
        return [_("What needs you: humaspost status")]
    from humaspost.views.text import quoted

    files = ", ".join(quoted(problem.file) for problem in problems[:_MOST])
    files += ", ..." if len(problems) > _MOST else ""
    return [_("Due and not sent, for its errors: {files}. humaspost check").format(files=files)]
