"""``humaspost check [PATH...]``."""

import gc
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_note, print_text, terminal_columns

if TYPE_CHECKING:
    from humaspost.app.office import Office
    from humaspost.app.scan import ScanResult
    from humaspost.settings.settings import Settings


def check(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help=_("only these files or folders"))
    ] = None,
    json: JsonOption = False,
) -> ExitCode:
    """Find every problem in the posts, offline; 3 when there is an error in any."""
    from humaspost.app.scan import scan_folder
    from humaspost.cli.office import open_office
    from humaspost.views.problems import format_report, problems_to_json, unique_problems

    # Thousands of posts hold no reference cycles. The search for cycles takes a tenth of the time.
    gc.disable()
    office = open_office()
    selected = _resolve_paths(paths or [], office.settings.root)
    found = scan_folder(office)
    reported = {problem.file for problem in found.problems} | {post.file for post in found.posts}
    _require_posts(selected, reported, office.settings)
    problems = unique_problems(
        problem for problem in found.problems if _is_selected(problem.file, selected.values())
    )
    posts = [post for post in found.posts if _is_selected(post.file, selected.values())]
    broken_files = {problem.file for problem in problems if problem.is_error}
    files = broken_files | {post.file for post in posts}
    if json:
        print_json(problems_to_json(problems, posts=len(files)))
    else:
        drafts = sum(post.draft for post in posts if post.file not in broken_files)
        print_text(
            format_report(
                problems,
                posts=len(files),
                drafts=drafts,
                sendable=_count_sendable(office, found, {post.id for post in posts}),
                broken_files=len(broken_files),
                columns=terminal_columns(),
            )
        )
    if office.has_ledger:
        _print_stale_files(office)
    return ExitCode.PROBLEMS if broken_files else ExitCode.OK


def _print_stale_files(office: "Office") -> None:
    """Report files whose newest version, checked here, a running scheduler does not use."""
    from humaspost.cli.office import time_formatter
    from humaspost.reports.sender_status import sender_status
    from humaspost.views.sender import format_stale_files

    print_note(format_stale_files(sender_status(office), time_formatter(office)))


def _count_sendable(office: "Office", scan: "ScanResult", selected: Collection[str]) -> int:
    """Return how many of the selected posts will be sent, as ``plan`` counts them."""
    from humaspost.reports.post_judge import PostJudge

    judge = PostJudge(office)
    # How many people a list has is a matter of `plan`: no list is read here.
    rows = [row for row in scan.plan.rows if row.post in selected]
    return len({row.post for row in rows if judge.forecast(row, len(row.rendition.parts)).remaining})


def _resolve_paths(paths: Sequence[str], root: Path) -> dict[str, str]:
    """Return each path as typed, with its path in the project."""
    from humaspost.cli.post_lookup import project_path

    files = {path: project_path(path, root) for path in paths}
    for path, file in files.items():
        if not (root / file).exists():
            raise typer.BadParameter(_("there is no file or folder {path!r}").format(path=path))
    return files


def _require_posts(selected: Mapping[str, str], problems: Iterable[str], settings: "Settings") -> None:
    """Raise a usage error for a path without posts: it must not count as "no errors"."""
    for path, file in selected.items():
        folder = settings.root / file
        contained = folder.is_dir() and folder.resolve().is_relative_to(settings.posts.resolve())
        if not (contained or any(_is_selected(path_problem, [file]) for path_problem in problems)):
            message = _("{path!r} is no post: posts are Markdown files (.md) in {folder}")
            raise typer.BadParameter(message.format(path=path, folder=settings.posts.name))


def _is_selected(file: str, selected: Collection[str]) -> bool:
    """Return True if the file is selected or in a selected folder; no selection selects all."""
    return not selected or any(one in (".", file) or file.startswith(f"{one}/") for one in selected)
