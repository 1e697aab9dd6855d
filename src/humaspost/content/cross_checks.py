"""What only shows when all posts are seen together."""

from collections.abc import Iterable
from dataclasses import replace

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.content.frontmatter.hints import clipped, write
from humaspost.content.post_file import Broken, Parsed
from humaspost.model.post import Post
from humaspost.model.problem import Problem


def together(files: Iterable[Parsed]) -> list[Parsed]:
    """The same files; those that clash with another, or name a post that is not there, have lost theirs."""
    files = list(files)
    holders: dict[str, str] = {}
    for parsed in files:
        if parsed.id:
            holders.setdefault(parsed.id, parsed.file)
    return [_judged(parsed, holders) if parsed.post else parsed for parsed in files]


def _judged(parsed: Parsed, holders: dict[str, str]) -> Parsed:
    post = parsed.post
    if post is None:
        return parsed
    found = [problem for problem in (_twice(post, holders), *_named(post, holders)) if problem]
    if not found:
        return parsed
    placed = tuple(post.place(problem) for problem in found)
    left = Broken(post.id, post.date, post.draft)
    return replace(parsed, post=None, problems=parsed.problems + placed, broken=left)


def _twice(post: Post, holders: dict[str, str]) -> Problem | None:
    first = holders[post.id]
    if first == post.file:
        return None
    message = _("the id {id!r} belongs to {file} already").format(id=post.id, file=first)
    return Problem("duplicate-id", message, _("give this post an id of its own"), field="id")


def _named(post: Post, holders: dict[str, str]) -> Iterable[Problem]:
    for key, name in (("corrects", post.corrects), ("repeats", post.repeats)):
        if name is None or (name in holders and name != post.id):
            continue
        near = nearest(name, (id_ for id_ in holders if id_ != post.id))
        message = _("there is no other post with the id {id!r}").format(id=clipped(name))
        hint = write(f"{key}: {near}") if near else _("write the id of a post in this folder")
        yield Problem("unknown-post", message, hint, field=key)
