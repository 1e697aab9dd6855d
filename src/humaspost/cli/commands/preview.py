"""``humaspost preview POST``."""

from typing import Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import Exit
from humaspost.cli.options import Json
from humaspost.cli.terminal import columns, give, say

Wanted = Annotated[str, typer.Argument(metavar="POST", help=_("path, id, or any part that fits one post"))]


def preview(post: Wanted, json: Json = False) -> Exit:
    """Show exactly what each channel will show; the very rendition that is sent."""
    from humaspost.app.scan import scan
    from humaspost.cli.office import clock, open_office
    from humaspost.cli.post_lookup import one
    from humaspost.reports.renditions_of_post import shown_for
    from humaspost.views.preview import preview_json, preview_lines
    from humaspost.views.problems import distinct

    office = open_office()
    found = scan(office)
    chosen = one(post, found.posts, problems=found.problems, root=office.settings.root)
    problems = distinct(problem for problem in found.problems if problem.file == chosen.file)
    shown = shown_for(office, chosen)
    if json:
        give(preview_json(chosen, shown, problems))
    else:
        say(preview_lines(chosen, shown, problems, clock=clock(office), columns=columns()))
    return Exit.PROBLEMS if any(problem.is_error for problem in problems) else Exit.OK
