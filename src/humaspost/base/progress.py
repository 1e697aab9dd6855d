"""Progress of a long task, as a function that receives it."""

from collections.abc import Callable

#: Receives how many steps are done, and how many there are; both are equal at the end.
ReportProgress = Callable[[int, int], None]


def ignore_progress(_done: int, _total: int) -> None:
    """Report nothing."""
