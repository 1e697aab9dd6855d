"""What the process ends with: documented, never renumbered."""

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    """One meaning per number; where several hold, ``worst`` picks the one to tell."""

    OK = 0
    FAILED = 1  # a delivery failed for good
    USAGE = 2
    PROBLEMS = 3  # problems in posts
    LOGIN = 4  # an account needs login
    PERSON = 5  # something needs a person
    BUG = 70
    IO = 74
    LATER = 75
    CONFIG = 78
    INTERRUPTED = 130


_ORDER = (Exit.BUG, Exit.CONFIG, Exit.IO, Exit.PERSON, Exit.LOGIN, Exit.FAILED, Exit.PROBLEMS, Exit.LATER)


def worst(codes: Iterable[Exit]) -> Exit:
    """The most pressing of several."""
    given = set(codes)
    return next((code for code in _ORDER if code in given), Exit.OK)
