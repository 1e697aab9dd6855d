"""What the process ends with, by the states of the deliveries that a command touched."""

import importlib
from types import SimpleNamespace
from typing import Any

import pytest

from humaspost.cli import errors
from humaspost.cli.exit_codes import ExitCode, exit_code_of, most_urgent
from humaspost.model.delivery import State
from humaspost.model.reasons import ListHold


def row(state: State, reason: str = "", attempts: int = 0) -> Any:
    """Return a delivery as far as exit codes ask for it."""
    return SimpleNamespace(state=state, reason=reason, attempts=attempts)


@pytest.mark.parametrize(
    ("state", "reason", "attempts", "code"),
    [
        (State.PUBLISHED, "", 1, 0),
        (State.REFUSED, "opt-out", 0, 0),
        (State.EXPIRED, "late", 0, 0),
        (State.CANCELLED, "person", 1, 0),
        (State.SCHEDULED, "", 0, 0),
        (State.HELD, "file", 0, 0),
        (State.HELD, "part 1", 0, 0),
        (State.FAILED, "too-long", 1, 1),
        (State.HELD, "login", 0, 4),
        (State.HELD, "list", 0, 5),
        (State.HELD, "no-recipients", 0, 5),
        (State.UNKNOWN, "lookup", 1, 5),
        (State.MISSED, "late", 0, 5),
        (State.SCHEDULED, "", 1, 75),
        (State.HELD, "quota", 0, 75),
        (State.HELD, "throttle", 0, 75),
        (State.HELD, "pause", 0, 75),
    ],
)
def test_each_state_has_its_code(state: State, reason: str, attempts: int, code: int) -> None:
    assert exit_code_of([row(state, reason, attempts)]) == code
    assert exit_code_of([row(State.PUBLISHED, "", 1), row(state, reason, attempts)]) == code


def test_problems_of_due_posts_count_where_nothing_is_worse() -> None:
    assert exit_code_of([], has_post_errors=True) == ExitCode.PROBLEMS
    assert exit_code_of([row(State.SCHEDULED, attempts=1)], has_post_errors=True) == ExitCode.PROBLEMS
    assert exit_code_of([row(State.FAILED)], has_post_errors=True) == ExitCode.FAILED


@pytest.mark.parametrize(
    ("code", "expected"),
    [*((str(hold), 5) for hold in ListHold), ("list-rows", 3)],
)
def test_a_held_list_needs_a_person_and_its_rows_are_problems(code: str, expected: int) -> None:
    assert exit_code_of(list_codes=[code]) == expected
    assert exit_code_of(list_codes=["list-rows", code]) == expected


@pytest.mark.parametrize(("hold", "expected"), [("login", 4), ("quota", 75), ("throttle", 75)])
def test_the_hold_of_an_account_counts_as_that_of_its_deliveries(hold: str, expected: int) -> None:
    assert exit_code_of(holds=[hold]) == exit_code_of([row(State.HELD, hold)]) == expected


def test_the_most_pressing_of_several_wins() -> None:
    order = [
        ExitCode.RETRY_LATER,
        ExitCode.PROBLEMS,
        ExitCode.FAILED,
        ExitCode.LOGIN,
        ExitCode.NEEDS_PERSON,
        ExitCode.IO,
        ExitCode.CONFIG,
        ExitCode.BUG,
    ]
    for count in range(1, len(order) + 1):
        assert most_urgent(order[:count]) == order[count - 1]
    assert most_urgent([]) == ExitCode.OK


def test_the_numbers_are_what_the_documentation_promises() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "PROBLEMS": 3,
        "LOGIN": 4,
        "NEEDS_PERSON": 5,
        "BUG": 70,
        "IO": 74,
        "RETRY_LATER": 75,
        "CONFIG": 78,
        "INTERRUPTED": 130,
    }


@pytest.mark.parametrize("name", sorted(errors._REPORTERS))
def test_each_error_that_is_reported_by_name_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(importlib.import_module(module), kind), BaseException)
