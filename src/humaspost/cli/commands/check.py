"""``humaspost check [PATH...]``."""

import gc
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import Exit
from humaspost.cli.options import Json
from humaspost.cli.terminal import columns, give, say

if TYPE_CHECKING:
    from humaspost.settings.settings import Settings


def check(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help=_("only these files or folders"))
    ] = None,
    json: Json = False,
) -> Exit:
    """Find every problem in the posts, offline; 3 when there is an error in any."""
    from humaspost.app.scan import scan
    from humaspost.cli.office import open_office
    from humaspost.views.problems import distinct, problems_json, report

    # Thousands of posts hold no cycles: looking for some again and again takes a tenth of the time.
    gc.disable()
    office = open_office()
    chosen = _existing(paths or [], office.settings.root)
    found = scan(office)
    told = {problem.file for problem in found.problems} | {post.file for post in found.posts}
    _be_posts(chosen, told, office.settings)
    problems = distinct(problem for problem in found.problems if _is_in(problem.file, chosen.values()))
    posts = [post for post in found.posts if _is_in(post.file, chosen.values())]
    broken = {problem.file for problem in problems if problem.is_error}
    files = broken | {post.file for post in posts}
    if json:
        give(problems_json(problems, posts=len(files)))
    else:
        drafts = sum(post.draft for post in posts if post.file not in broken)
        say(report(problems, posts=len(files), drafts=drafts, broken=len(broken), columns=columns()))
    return Exit.PROBLEMS if broken else Exit.OK


def _existing(paths: Sequence[str], root: Path) -> dict[str, str]:
    """The paths as they were typed, and as posts and problems write them."""
    from humaspost.cli.post_lookup import relative

    files = {path: relative(path, root) for path in paths}
    for path, file in files.items():
        if not (root / file).exists():
            raise typer.BadParameter(_("there is no file or folder {path!r}").format(path=path))
    return files


def _be_posts(chosen: Mapping[str, str], told: Iterable[str], settings: "Settings") -> None:
    """A path that nothing was judged of is no "no errors"."""
    for path, file in chosen.items():
        folder = settings.root / file
        inside = folder.is_dir() and folder.resolve().is_relative_to(settings.posts.resolve())
        if not (inside or any(_is_in(one, [file]) for one in told)):
            message = _("{path!r} is no post: posts are Markdown files (.md) in {folder}")
            raise typer.BadParameter(message.format(path=path, folder=settings.posts.name))


def _is_in(file: str, chosen: Collection[str]) -> bool:
    """Whether the file is one of the chosen or below one; none chosen = every file is."""
    return not chosen or any(one in (".", file) or file.startswith(f"{one}/") for one in chosen)
