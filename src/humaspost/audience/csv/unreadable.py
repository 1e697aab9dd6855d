"""A list that cannot be read as a whole, as an exception with its Problem."""

from humaspost.model.problem import Position, Problem


class UnreadableList(Exception):
    """A list that cannot be read; ``salvage`` is as much of its text as could be decoded.

    The salvaged text is read for opt-outs only.
    """

    def __init__(self, problem: Problem, *, salvage: str = "") -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.salvage = salvage


def unreadable(
    code: str, message: str, hint: str, *, position: tuple[int, int] | None = None, salvage: str = ""
) -> UnreadableList:
    """Return the exception for a problem at (line, column); the reader adds the file."""
    problem = Problem(code, message, hint, position=Position(*position) if position else None)
    return UnreadableList(problem, salvage=salvage)
