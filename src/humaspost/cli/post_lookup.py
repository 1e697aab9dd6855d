"""Which post is meant: by path, by id, or by any part that fits only one."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import Exit
from humaspost.model.post import Post
from humaspost.model.problem import Problem

_SHOWN = 6


class BadPost(Exception):
    """The post that is meant cannot be used; its problems say why."""

    exit = Exit.PROBLEMS

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].code)
        self.problems = problems


def one(wanted: str, posts: Sequence[Post], *, problems: Sequence[Problem], root: Path) -> Post:
    """The post that is meant. Raises a usage error listing what could be, or BadPost for one in error."""
    file = relative(wanted, root)
    exact = [post for post in posts if wanted == post.id or file == post.file]
    fits = exact or [post for post in posts if _fits(wanted, post.id, post.file)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise typer.BadParameter(_several(wanted, [post.id for post in fits]))
    broken = [p for p in problems if p.is_error and (p.file == file or wanted in p.file)]
    if broken:
        raise BadPost(broken)
    raise typer.BadParameter(_none(wanted))


def one_id(wanted: str, known: Iterable[tuple[str, str]], *, root: Path) -> str:
    """As ``one``, among (id, file) pairs of the ledger: a post whose file is gone can be meant too."""
    file = relative(wanted, root)
    pairs = list(known)
    exact = [id_ for id_, path in pairs if wanted == id_ or file == path]
    fits = exact or [id_ for id_, path in pairs if _fits(wanted, id_, path)]
    if len(fits) == 1:
        return fits[0]
    raise typer.BadParameter(_several(wanted, fits) if fits else _none(wanted))


def relative(wanted: str, root: Path) -> str:
    """The path as problems and posts write it: from the project, with forward slashes."""
    for start in (Path.cwd(), root):
        path = (start / wanted).resolve()
        if path.exists() and path.is_relative_to(root.resolve()):
            return path.relative_to(root.resolve()).as_posix()
    return wanted


def _fits(wanted: str, id_: str, file: str) -> bool:
    small = wanted.lower()
    return small in id_.lower() or small in file.lower()


def _several(wanted: str, ids: Sequence[str]) -> str:
    rest = _(" and {count} more").format(count=len(ids) - _SHOWN) if len(ids) > _SHOWN else ""
    message = _("{wanted!r} fits {count} posts: {ids}{rest}")
    return message.format(wanted=wanted, count=len(ids), ids=", ".join(sorted(ids)[:_SHOWN]), rest=rest)


def _none(wanted: str) -> str:
    return _("no post has {wanted!r} in its id or path; see them: humaspost check").format(wanted=wanted)
