"""What the exit code tells of the deliveries that a command touched."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Row

from humaspost.cli.exit_codes import Exit, worst
from humaspost.model.delivery import WAITING, State

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
