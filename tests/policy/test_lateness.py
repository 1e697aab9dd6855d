"""The late rule stands once: its cases, and that nobody else compares with a grace."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import humaspost
from humaspost.model.decision import OnTime, Timing, TooLate
from humaspost.model.delivery import State
from humaspost.model.post import Late
from humaspost.policy import lateness

DUE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
GRACE = timedelta(minutes=30)
SECOND = timedelta(seconds=1)
SOURCE = Path(humaspost.__file__).parent


@pytest.mark.parametrize(
    ("late", "after_grace"),
    [
        (Late.ASK, TooLate(State.MISSED, "late")),
        (Late.SKIP, TooLate(State.EXPIRED, "late")),
        (Late.PUBLISH, OnTime()),
    ],
)
def test_late_counts_from_the_end_of_the_grace(late: Late, after_grace: object) -> None:
    timing = Timing(DUE, late, GRACE)
    assert lateness.verdict(timing, DUE + GRACE) == OnTime()
    assert lateness.verdict(timing, DUE + GRACE + SECOND) == after_grace


@pytest.mark.parametrize(
    ("late", "verdict"),
    [
        (Late.ASK, TooLate(State.MISSED, "before-ledger")),
        (Late.SKIP, TooLate(State.EXPIRED, "late")),
        (Late.PUBLISH, TooLate(State.MISSED, "before-ledger")),
    ],
)
def test_a_new_ledger_sends_nothing_that_was_due_before_it(late: Late, verdict: object) -> None:
    assert lateness.verdict(Timing(DUE, late, GRACE, due_before_ledger=True), DUE) == verdict


def test_what_began_in_time_continues_while_it_makes_progress() -> None:
    timing = Timing(DUE, Late.ASK, GRACE, first_write_at=DUE, progress_at=DUE + 10 * GRACE)
    assert lateness.verdict(timing, DUE + 11 * GRACE) == OnTime()
    assert lateness.verdict(timing, DUE + 11 * GRACE + SECOND) == TooLate(State.MISSED, "late")


def test_what_began_and_stood_still_is_late() -> None:
    timing = Timing(DUE, Late.ASK, GRACE, first_write_at=DUE)
    assert lateness.verdict(timing, DUE + GRACE) == OnTime()
    assert lateness.verdict(timing, DUE + GRACE + SECOND) == TooLate(State.MISSED, "late")


def test_progress_before_the_first_write_moves_nothing() -> None:
    timing = Timing(DUE, Late.ASK, GRACE, progress_at=DUE + GRACE)
    assert lateness.verdict(timing, DUE + GRACE + SECOND) == TooLate(State.MISSED, "late")


def test_a_request_of_a_person_counts_as_its_due_time() -> None:
    timing = Timing(DUE, Late.ASK, GRACE, requested_at=DUE + 10 * GRACE)
    assert lateness.verdict(timing, DUE + 11 * GRACE) == OnTime()
    assert lateness.verdict(timing, DUE + 11 * GRACE + SECOND) == TooLate(State.MISSED, "late")


def test_a_short_grace_allows_the_pauses_between_two_writes() -> None:
    timing = Timing(DUE, Late.ASK, timedelta(0), first_write_at=DUE)
    assert lateness.verdict(timing, DUE + lateness.MIN_STANDSTILL) == OnTime()
    assert lateness.verdict(timing, DUE + lateness.MIN_STANDSTILL + SECOND) == TooLate(State.MISSED, "late")


def test_the_expiry_counts_first() -> None:
    timing = Timing(DUE, Late.ASK, GRACE, expires_at=DUE + SECOND, first_write_at=DUE)
    assert lateness.verdict(timing, DUE) == OnTime()
    assert lateness.verdict(timing, DUE + SECOND) == TooLate(State.EXPIRED, "expires")


def _reckonings(path: Path) -> list[str]:
    """Return where a module reckons or compares with a grace, or decides ``before-ledger``."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.BinOp | ast.Compare):
            names = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            if "grace" in names:
                found.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
        elif (isinstance(node, ast.Attribute) and node.attr == "BEFORE_LEDGER") or (
            isinstance(node, ast.Constant) and node.value == "before-ledger"
        ):
            found.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    return found


def test_no_other_module_reckons_with_a_grace() -> None:
    # The model adds it up once and names the reason; the views word it.
    allowed = {SOURCE / "policy" / "lateness.py"}
    allowed |= {SOURCE / "model" / name for name in ("decision.py", "reasons.py")}
    modules = [path for path in SOURCE.rglob("*.py") if path not in allowed]
    modules = [path for path in modules if path.relative_to(SOURCE).parts[0] not in ("views", "sandbox")]
    assert [line for path in modules for line in _reckonings(path)] == []
    assert _reckonings(SOURCE / "policy" / "lateness.py")
