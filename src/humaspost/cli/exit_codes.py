"""What the process ends with: documented, never renumbered."""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Any

from sqlalchemy import Row

from humaspost.model.delivery import WAITING, State


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


_PERSON = (State.UNKNOWN, State.MISSED)


def outcome(rows: Iterable[Row[Any]], *, due_problems: bool = False) -> Exit:
    """The most pressing of all; warnings and what was not due count nowhere."""
    codes = list(_codes(rows))
    return worst([*codes, Exit.PROBLEMS] if due_problems else codes)


def _codes(rows: Iterable[Row[Any]]) -> Iterator[Exit]:
    for row in rows:
        if row.state in _PERSON:
            yield Exit.PERSON
        elif row.state == State.FAILED:
            yield Exit.FAILED
        elif row.state == State.HELD:
            yield from _held(row.reason)
        elif row.state in WAITING and row.attempts:
            yield Exit.LATER


def _held(reason: str) -> Iterator[Exit]:
    if reason == "login":
        yield Exit.LOGIN
    elif reason in ("quota", "lane", "pause"):
        yield Exit.LATER
