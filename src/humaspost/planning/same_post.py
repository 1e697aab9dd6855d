"""The same post in two files: one title, one minute, one account."""

import operator
from collections.abc import Sequence
from datetime import datetime

from humaspost.base.i18n import _
from humaspost.model.plan import PlanRow, PostHistory
from humaspost.model.post import Post
from humaspost.model.problem import Problem
from humaspost.planning.already_published import comparable, describe, find_published, minute_of


def without_repeated_posts(
    rows: Sequence[PlanRow], posts: Sequence[Post], history: PostHistory
) -> tuple[list[PlanRow], list[Problem]]:
    """Return the rows of posts that may go out, and a problem for each post that is there twice."""
    posts_by_id = {post.id: post for post in posts}
    twins = find_twins(rows, history)
    problems = {row.post: _describe_twin(row, other) for row, other in twins.values()}
    for row, published in find_published(rows, history).values():
        problems.setdefault(row.post, describe(row, published))
    located = [posts_by_id[id_].locate(problem) for id_, problem in problems.items()]
    return [row for row in rows if row.post not in problems], located


def find_twins(rows: Sequence[PlanRow], history: PostHistory) -> dict[str, tuple[PlanRow, PlanRow]]:
    """Return each post that is the same as one that goes before it, with that one, by id.

    A post that has begun is never stopped by a later file; of others, the one that was planned goes on. Where
    the ledger knows none, or several, a person chooses.
    """
    same_minute: dict[tuple[str, datetime], list[PlanRow]] = {}
    for row in rows:
        same_minute.setdefault((row.account.name, minute_of(row.due.utc)), []).append(row)
    groups: dict[tuple[str, datetime, str], dict[str, PlanRow]] = {}
    for (account, minute), simultaneous in same_minute.items():
        for row in simultaneous if len(simultaneous) > 1 else ():
            groups.setdefault((account, minute, comparable(row.title)), {})[row.post] = row
    twins: dict[str, tuple[PlanRow, PlanRow]] = {}
    for group in groups.values():
        if len(group) > 1:
            for row, other in _twins_of(list(group.values()), history):
                twins.setdefault(row.post, (row, other))
    return twins


def _twins_of(group: list[PlanRow], history: PostHistory) -> list[tuple[PlanRow, PlanRow]]:
    twins = []
    remaining = group
    # First those that an older post stops: they in turn stop nobody.
    for is_older in (operator.gt, operator.eq):
        found = [
            (row, other)
            for row in remaining
            if row.post not in history.started
            for other in remaining
            if other is not row
            and is_older(_rank(other, history), _rank(row, history))
            and not is_repetition(row, other)
        ]
        twins += found
        stopped = {row.post for row, _other in found}
        remaining = [row for row in remaining if row.post not in stopped]
    return twins


def _rank(row: PlanRow, history: PostHistory) -> int:
    if row.post in history.started:
        return 2
    return 1 if row.post in history.planned_files else 0


def is_repetition(one: PlanRow, other: PlanRow) -> bool:
    """Return True if one of the posts repeats the other, at first or second hand."""
    return other.post in one.repeats or one.post in other.repeats


def _describe_twin(row: PlanRow, other: PlanRow) -> Problem:
    message = _("{file} has the same title and minute on {account}").format(
        file=other.file, account=row.account.name
    )
    hint = _(
        "the same post? delete one of the files. another post? give it another title, or write: repeats: {id}"
    )
    return Problem(
        "same-post", message, hint.format(id=other.post), field="title", channel=row.account.channel
    )
