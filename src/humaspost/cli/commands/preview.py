"""``humaspost preview POST``."""

from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_text, terminal_columns

if TYPE_CHECKING:
    from humaspost.app.office import Office
    from humaspost.views.times import TimeFormatter

PostArgument = Annotated[
    str, typer.Argument(metavar="POST", help=_("path, id, or any part that fits one post"))
]


def preview(post: PostArgument, json: JsonOption = False) -> ExitCode:
    """Show exactly what each channel will show; the very rendition that is sent."""
    from humaspost.app.scan import scan_folder
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.cli.post_lookup import find_post
    from humaspost.reports.renditions_of_post import previews_for
    from humaspost.views.preview import format_preview, preview_to_json
    from humaspost.views.problems import unique_problems

    office = open_office()
    scan_result = scan_folder(office)
    selected = find_post(post, scan_result.posts, problems=scan_result.problems, root=office.settings.root)
    problems = unique_problems(problem for problem in scan_result.problems if problem.file == selected.file)
    previews = previews_for(office, selected)
    if json:
        print_json(preview_to_json(selected, previews, problems))
    else:
        clock = time_formatter(office)
        lines = format_preview(selected, previews, problems, clock=clock, columns=terminal_columns())
        print_text([*lines, *_format_decisions(office, selected.id, clock)])
    return ExitCode.PROBLEMS if any(problem.is_error for problem in problems) else ExitCode.OK


def _format_decisions(office: "Office", post_id: str, clock: "TimeFormatter") -> list[str]:
    """Return that a person cancelled the post; an office without a ledger opens no database."""
    if not office.has_ledger:
        return []
    from humaspost.reports.deliveries import post_totals
    from humaspost.views.cancellation import format_post_decisions

    lines = format_post_decisions(post_totals(office, post_id), clock=clock)
    return ["", *lines] if lines else []
