"""Lookup of the post that a user names: by path, by id, or by a unique part of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode
from humaspost.model.post import Post
from humaspost.model.problem import Problem

if TYPE_CHECKING:
    from humaspost.app.office import Office

_MAX_IDS_PRINTED = 6


class UnusablePost(Exception):
    """A post that was named but cannot be used; its problems give the reason."""

    exit_code = ExitCode.PROBLEMS

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].code)
        self.problems = problems


def find_post(query: str, posts: Sequence[Post], *, problems: Sequence[Problem], root: Path) -> Post:
    """Return the post that the query names.

    Raises a usage error with all matches if there is not exactly one, or UnusablePost if it has errors.
    """
    file = project_path(query, root)
    exact = [post for post in posts if query == post.id or file == post.file]
    matches = exact or [post for post in posts if _matches(query, post.id, post.file)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise typer.BadParameter(_ambiguous_message(query, [post.id for post in matches]))
    errors = [p for p in problems if p.is_error and (p.file == file or query in p.file)]
    if errors:
        raise UnusablePost(errors)
    raise typer.BadParameter(_no_match_message(query))


def find_post_id(query: str, posts: Iterable[tuple[str, str]], *, root: Path) -> str:
    """Return the id of the matching (id, file) pair; the post's file may be missing."""
    file = project_path(query, root)
    pairs = list(posts)
    exact = [id_ for id_, path in pairs if query == id_ or file == path]
    matches = exact or [id_ for id_, path in pairs if _matches(query, id_, path)]
    if len(matches) == 1:
        return matches[0]
    raise typer.BadParameter(_ambiguous_message(query, matches) if matches else _no_match_message(query))


def find_recorded_id(query: str, office: "Office", posts: Iterable[tuple[str, str]]) -> str:
    """Return the id of the matching post of the ledger.

    Raises a usage error also for a post that only the folder has: nothing of it was sent yet.
    """
    pairs, root = list(posts), office.settings.root
    if find_exact_id(query, pairs, root=root) is not None or has_match(query, pairs):
        return find_post_id(query, pairs, root=root)
    from humaspost.app.folder.scan import scan_folder

    scan = scan_folder(office)
    post = find_post(query, scan.posts, problems=scan.problems, root=root)
    message = _("nothing of {post} was sent yet; see when it goes out: humaspost plan {post}")
    raise typer.BadParameter(message.format(post=post.id))


def find_exact_id(query: str, posts: Iterable[tuple[str, str]], *, root: Path) -> str | None:
    """Return the id of the (id, file) pair that has exactly this id or path, or None."""
    file = project_path(query, root)
    exact = [id_ for id_, path in posts if query == id_ or file == path]
    return exact[0] if len(exact) == 1 else None


def has_match(query: str, posts: Iterable[tuple[str, str]]) -> bool:
    """Return True if the query is part of any id or path."""
    return any(_matches(query, id_, file) for id_, file in posts)


def project_path(path_text: str, root: Path) -> str:
    """Return the path as problems and posts write it: from the project, with forward slashes."""
    for base in (Path.cwd(), root):
        path = (base / path_text).resolve()
        if path.exists() and path.is_relative_to(root.resolve()):
            return path.relative_to(root.resolve()).as_posix()
    return path_text


def _matches(query: str, id_: str, file: str) -> bool:
    query_lower = query.lower()
    return query_lower in id_.lower() or query_lower in file.lower()


def _ambiguous_message(query: str, ids: Sequence[str]) -> str:
    rest = (
        _(" and {count} more").format(count=len(ids) - _MAX_IDS_PRINTED)
        if len(ids) > _MAX_IDS_PRINTED
        else ""
    )
    message = _("{wanted!r} fits {count} posts: {ids}{rest}")
    return message.format(
        wanted=query, count=len(ids), ids=", ".join(sorted(ids)[:_MAX_IDS_PRINTED]), rest=rest
    )


def _no_match_message(query: str) -> str:
    return _("no post has {wanted!r} in its id or path; see them: humaspost check").format(wanted=query)
