"""``humaspost check [PATH...]``."""

import gc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from humaspost.cli.console import columns, give, say
from humaspost.cli.exits import Exit
from humaspost.cli.flags import Json
from humaspost.model.language import _


def check(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help=_("only these files or folders"))
    ] = None,
    json: Json = False,
) -> Exit:
    """Find every problem in the posts, offline; 3 when there is an error in any."""
    from humaspost.app.scan import scan
    from humaspost.cli.session import open_office
    from humaspost.views.problems import distinct, problems_json, report

    # Thousands of posts hold no cycles: looking for some again and again takes a tenth of the time.
    gc.disable()
    office = open_office()
    chosen = _chosen(paths or [], office.settings.root)
    found = scan(office)
    problems = distinct(problem for problem in found.problems if chosen(problem.file))
    posts = [post for post in found.posts if chosen(post.file)]
    broken = {problem.file for problem in problems if problem.is_error}
    files = broken | {post.file for post in posts}
    if json:
        give(problems_json(problems, posts=len(files)))
    else:
        drafts = sum(post.draft for post in posts if post.file not in broken)
        say(report(problems, posts=len(files), drafts=drafts, broken=len(broken), columns=columns()))
    return Exit.PROBLEMS if broken else Exit.OK


def _chosen(paths: Sequence[str], root: Path) -> Callable[[str], bool]:
    """Tells whether a file is one of the paths or below one; none given = every file is."""
    from humaspost.cli.which import relative

    files = [relative(path, root) for path in paths]
    for path, file in zip(paths, files, strict=True):
        if not (root / file).exists():
            raise typer.BadParameter(_("there is no file or folder {path!r}").format(path=path))
    return lambda file: not files or any(one in (".", file) or file.startswith(f"{one}/") for one in files)
