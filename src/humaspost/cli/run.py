"""``humaspost run``."""

from humaspost.cli.console import give, note, say
from humaspost.cli.exits import Exit
from humaspost.cli.flags import Json
from humaspost.model.language import ngettext


def run(json: Json = False) -> Exit:
    """Send what is due, once, and end: for cron. Nothing due is nothing said."""
    from humaspost.cli.session import sole_sender

    with sole_sender() as office:
        from humaspost import app
        from humaspost.cli.outcome import outcome
        from humaspost.cli.telling import Teller
        from humaspost.views.rows import run_json

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
    return outcome(report.deliveries, due_problems=bool(report.due_problems))
