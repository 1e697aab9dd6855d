"""Exit codes of the process: documented and never renumbered."""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import TYPE_CHECKING

from humaspost.model.delivery import WAITING_STATES, State
from humaspost.model.reasons import ListHold, StopReason

if TYPE_CHECKING:  # every command imports this module, ``--help`` too, and few commands need the records
    from humaspost.model.records import DeliveryRecord, PostStop


class ExitCode(IntEnum):
    """One meaning per number; ``most_urgent`` selects one of several."""

    OK = 0
    FAILED = 1  # a delivery failed permanently
    USAGE = 2
    PROBLEMS = 3  # problems in posts
    LOGIN = 4  # an account needs login
    NEEDS_PERSON = 5  # something needs a person's attention
    BUG = 70
    IO = 74
    RETRY_LATER = 75
    CONFIG = 78
    INTERRUPTED = 130


_PRIORITY = (
    ExitCode.BUG,
    ExitCode.CONFIG,
    ExitCode.IO,
    ExitCode.NEEDS_PERSON,
    ExitCode.LOGIN,
    ExitCode.FAILED,
    ExitCode.PROBLEMS,
    ExitCode.RETRY_LATER,
)


def most_urgent(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the most urgent of several codes."""
    present = set(codes)
    return next((code for code in _PRIORITY if code in present), ExitCode.OK)


_NEEDS_PERSON = (State.UNKNOWN, State.MISSED)


def exit_code_of(
    rows: Iterable["DeliveryRecord"] = (),
    *,
    stops: Iterable["PostStop"] = (),
    holds: Iterable[str] = (),
    list_codes: Iterable[str] = (),
    has_post_errors: bool = False,
    needs_person: bool = False,
) -> ExitCode:
    """Return the most urgent code of all findings; every command asks here.

    ``stops`` are posts that were stopped as a whole, ``holds`` those of accounts, ``list_codes`` the codes of problems of
    lists. Warnings and posts not yet due do not count.
    """
    return most_urgent(
        [
            *_state_codes(rows),
            *_stop_codes(stops),
            *(code for hold in holds for code in _held_code(hold)),
            *(_list_code(code) for code in list_codes),
            *([ExitCode.PROBLEMS] if has_post_errors else []),
            *([ExitCode.NEEDS_PERSON] if needs_person else []),
        ]
    )


def _list_code(code: str) -> ExitCode:
    # A held list stops its posts; a row that cannot be read stops one person at most.
    return ExitCode.NEEDS_PERSON if code in frozenset(ListHold) else ExitCode.PROBLEMS


def _state_codes(rows: Iterable["DeliveryRecord"]) -> Iterator[ExitCode]:
    for row in rows:
        if row.state in _NEEDS_PERSON:
            yield ExitCode.NEEDS_PERSON
        elif row.state == State.FAILED:
            yield ExitCode.FAILED
        elif row.state == State.HELD:
            yield from _held_code(row.reason)
        elif row.state in WAITING_STATES and row.attempts:
            yield ExitCode.RETRY_LATER


def _stop_codes(stops: Iterable["PostStop"]) -> Iterator[ExitCode]:
    for stop in stops:
        if stop.state in _NEEDS_PERSON:
            yield ExitCode.NEEDS_PERSON
        elif stop.state == State.HELD:
            yield from _held_code(stop.reason)


def _held_code(reason: str) -> Iterator[ExitCode]:
    if reason == StopReason.LOGIN:
        yield ExitCode.LOGIN
    elif reason in (StopReason.NO_RECIPIENTS, StopReason.LIST):
        yield ExitCode.NEEDS_PERSON
    elif reason in (StopReason.QUOTA, StopReason.THROTTLE, StopReason.PAUSE):
        yield ExitCode.RETRY_LATER
