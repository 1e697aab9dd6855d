"""Checks that need all posts at once."""

from collections.abc import Iterable
from dataclasses import replace

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.content.frontmatter.hints import shorten, write_line_hint
from humaspost.content.post_file import BrokenPost, ParsedFile
from humaspost.model.post import Post
from humaspost.model.problem import Problem


def check_all(files: Iterable[ParsedFile]) -> list[ParsedFile]:
    """Return the files; a file that conflicts with another or names a missing post has no post."""
    files = list(files)
    files_by_id: dict[str, str] = {}
    for parsed in files:
        if parsed.id:
            files_by_id.setdefault(parsed.id, parsed.file)
    return [_check_file(parsed, files_by_id) if parsed.post else parsed for parsed in files]


def _check_file(parsed: ParsedFile, files_by_id: dict[str, str]) -> ParsedFile:
    post = parsed.post
    if post is None:
        return parsed
    problems = [
        problem
        for problem in (_duplicate_id(post, files_by_id), *_check_correction_target(post, files_by_id))
        if problem
    ]
    if not problems:
        return parsed
    sorted_problems = tuple(post.locate(problem) for problem in problems)
    broken_post = BrokenPost(post.id, post.date, post.draft)
    return replace(parsed, post=None, problems=parsed.problems + sorted_problems, broken_post=broken_post)


def _duplicate_id(post: Post, files_by_id: dict[str, str]) -> Problem | None:
    first = files_by_id[post.id]
    if first == post.file:
        return None
    message = _("the id {id!r} belongs to {file} already").format(id=post.id, file=first)
    return Problem("duplicate-id", message, _("give this post an id of its own"), field="id")


def _check_correction_target(post: Post, files_by_id: dict[str, str]) -> Iterable[Problem]:
    for key, name in (("corrects", post.corrects), ("repeats", post.repeats)):
        if name is None or (name in files_by_id and name != post.id):
            continue
        near = nearest(name, (id_ for id_ in files_by_id if id_ != post.id))
        message = _("there is no other post with the id {id!r}").format(id=shorten(name))
        hint = write_line_hint(f"{key}: {near}") if near else _("write the id of a post in this folder")
        yield Problem("unknown-post", message, hint, field=key)
