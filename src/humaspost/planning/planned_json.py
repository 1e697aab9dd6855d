"""The problems and renditions of a post as JSON, for the next process."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from humaspost.model.compact import pack_problem, unpack_problem
from humaspost.model.plan import PlanRow
from humaspost.model.problem import Problem
from humaspost.model.rendition import Rendition

PlannedPost = tuple[list[Problem], list[PlanRow]]
#: Returns the rows of a post from its renditions, each with the name of its account.
BuildRows = Callable[[Iterable[tuple[str, Rendition]]], list[PlanRow]]


def pack_planned(planned: PlannedPost) -> list[Any]:
    """Return problems and renditions as JSON; ``unpack_planned`` is the inverse."""
    problems, rows = planned
    return [
        [pack_problem(problem) for problem in problems],
        [[row.account.name, row.rendition.to_json(), row.rendition.hash] for row in rows],
    ]


def unpack_planned(data: Sequence[Any], build_rows: BuildRows) -> PlannedPost:
    """Return what ``pack_planned`` packed; the hashes are not computed again."""
    problems, renditions = data
    return (
        [unpack_problem(problem) for problem in problems],
        build_rows((account, Rendition.from_json(stored, digest)) for account, stored, digest in renditions),
    )
