"""``humaspost check [PATH...]``."""

import gc
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode, exit_code_of
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_note, print_text, terminal_columns

if TYPE_CHECKING:
    from humaspost.app.office import Office
    from humaspost.model.post import Post
    from humaspost.model.problem import Problem
    from humaspost.reports.forecasts.plan_outlook import PlanOutlook
    from humaspost.reports.list_findings import ListFinding
    from humaspost.settings.settings import Settings


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help=_("only these files, folders or lists")),
    ] = None,
    json: JsonOption = False,
) -> ExitCode:
    """Find every problem in the posts and lists, offline; 3 for an error, 5 for a held list."""
    from humaspost.app.folder.scan import scan_folder, vanished_problem
    from humaspost.app.folder.standing_plan import load_standing_plan
    from humaspost.cli.office import open_office
    from humaspost.reports.forecasts.plan_outlook import plan_outlook
    from humaspost.views.date_problems import with_date_problems
    from humaspost.views.problems import unique_problems

    # Thousands of posts hold no reference cycles. The search for cycles takes a tenth of the time.
    gc.disable()
    office = open_office()
    selected, lists = _resolve_paths(paths or [], office.settings)
    scan = scan_folder(office)
    outlook = plan_outlook(office, scan)
    scan = with_date_problems(scan, outlook, now=office.now())
    reported = {problem.file for problem in scan.problems} | {post.file for post in scan.posts}
    _require_posts(selected, reported, office.settings)
    only_lists = bool(lists) and not selected
    problems = unique_problems(
        problem
        for problem in scan.problems
        if not only_lists and _is_selected(problem.file, selected.values())
    )
    standing = load_standing_plan(office, scan)
    if standing.posts and not only_lists and _is_selected(scan.folder, selected.values()):
        problems.append(vanished_problem(len(standing.posts), folder=scan.folder))
    posts = [post for post in scan.posts if not only_lists and _is_selected(post.file, selected.values())]
    findings = _list_findings(office, posts, lists=lists, everything=not paths)
    if json:
        from humaspost.views.problems import problems_to_json

        list_problems = [problem for finding in findings for problem in finding.problems]
        files = _broken_files(problems) | {post.file for post in posts}
        print_json(problems_to_json([*problems, *list_problems], posts=len(files)))
    else:
        print_text(_format(outlook, problems, posts, findings, only_lists=only_lists))
    if office.has_ledger:
        _print_stale_files(office)
    return exit_code_of(
        list_codes=[finding.summary.code for finding in findings if finding.summary is not None],
        has_post_errors=any(problem.is_error for problem in problems),
        needs_person=any(problem.code == "posts-vanished" for problem in problems),
    )


def _broken_files(problems: "Iterable[Problem]") -> set[str]:
    """Return the files with errors; the folder is none of them: what was planned of it stands."""
    from humaspost.app.codes import FOLDER_CODES

    return {problem.file for problem in problems if problem.is_error and problem.code not in FOLDER_CODES}


def _list_findings(
    office: "Office", posts: Sequence["Post"], *, lists: Collection[str], everything: bool
) -> "list[ListFinding]":
    """Return what is wrong with the selected lists, and with those of the selected posts."""
    from humaspost.reports.list_findings import list_findings

    names = {*lists, *(name for post in posts for name in post.audiences)}
    if not everything and not names:
        return []
    return list_findings(office, () if everything else names, each_row=True)


def _format(
    outlook: "PlanOutlook",
    problems: "Sequence[Problem]",
    posts: Sequence["Post"],
    findings: "Sequence[ListFinding]",
    *,
    only_lists: bool,
) -> list[str]:
    from humaspost.views.list_findings import format_list_summary, format_problems_of_lists
    from humaspost.views.problems import format_report

    columns = terminal_columns()
    broken_files = _broken_files(problems)
    files = broken_files | {post.file for post in posts}
    held = {finding.name for finding in findings if finding.hold}
    valid = [post for post in posts if post.file not in broken_files]
    waiting = {post.id for post in valid if not post.draft and held & set(post.audiences)}
    lines = format_problems_of_lists(findings, columns=columns)
    if only_lists:
        return [*lines, *(format_list_summary(findings, held_posts=0) or [_("The list has no errors.")])]
    report = format_report(
        problems,
        posts=len(files),
        drafts=sum(post.draft for post in valid),
        sendable=len(outlook.posts_to_come(held) & {post.id for post in valid}),
        broken_files=len(broken_files),
        columns=columns,
    )
    return [*lines, *format_list_summary(findings, held_posts=len(waiting)), *report]


def _print_stale_files(office: "Office") -> None:
    """Report files whose newest version, checked here, a running scheduler does not use."""
    from humaspost.cli.office import time_formatter
    from humaspost.reports.sender_status import sender_status
    from humaspost.views.sender import format_stale_files

    print_note(format_stale_files(sender_status(office), time_formatter(office)))


def _resolve_paths(paths: Sequence[str], settings: "Settings") -> tuple[dict[str, str], list[str]]:
    """Return each path as typed, with its path in the project, and the names of the lists among them."""
    from humaspost.cli.post_lookup import project_path

    files, lists = {}, []
    files_of_lists = {file.resolve(): name for name, file in settings.audiences.items()}
    for path in paths:
        file = project_path(path, settings.root)
        name = files_of_lists.get((settings.root / file).resolve())
        if name is not None:
            lists.append(name)
        elif (settings.root / file).exists():
            files[path] = file
        elif path in settings.audiences:
            lists.append(path)
        else:
            raise typer.BadParameter(_("there is no file or folder {path!r}").format(path=path))
    return files, lists


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
