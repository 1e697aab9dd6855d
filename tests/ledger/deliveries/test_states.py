"""The states of a delivery change by the table of transitions, in one module, and as the design says."""

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

import humaspost
from humaspost.ledger.deliveries import states
from humaspost.model.delivery import State
from tests.support.ledger_life import VERBS, Change, Life
from tests.support.ledger_office import NOW, Office
from tests.support.sizes import size

SOURCES = Path(humaspost.__file__).parent
STATES = SOURCES / "ledger" / "deliveries" / "states.py"
STEPS = 150
#: The lives are run once, by one worker, for all tests of this file.
pytestmark = pytest.mark.xdist_group("states")

# -- one writer ----------------------------------------------------------------------------------------


def state_writes(tree: ast.AST) -> Iterator[int]:
    """Yield the lines at which a module that has the table ``delivery`` may write its state."""
    imported = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    if not any(
        (node.module == "humaspost.ledger" and any(name.name == "schema" for name in node.names))
        or (node.module == "humaspost.ledger.schema" and any(name.name == "delivery" for name in node.names))
        for node in imported
    ):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name("insert" | "upsert"),
                args=[ast.Name("delivery") | ast.Attribute(attr="delivery")],
            ):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="values" | "ordered_values")) if any(
                k.arg == "state" for k in node.keywords
            ):
                yield node.lineno
            case ast.Dict(keys=keys) if any(
                isinstance(key, ast.Constant) and key.value == "state" for key in keys
            ):
                yield node.lineno
            case ast.Dict(keys=keys) if any(
                isinstance(key, ast.Attribute) and key.attr == "state" for key in keys
            ):
                yield node.lineno
            case ast.Subscript(slice=ast.Constant("state"), ctx=ast.Store()):
                yield node.lineno


def raw_writes(tree: ast.AST) -> Iterator[int]:
    """Yield the lines with SQL text that inserts or updates deliveries."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.lower().split()
            if any(
                pair in (("update", "delivery"), ("into", "delivery")) for pair in itertools.pairwise(words)
            ):
                yield node.lineno


def test_no_other_module_writes_the_state() -> None:
    found = []
    for path in sorted(SOURCES.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        lines = [*state_writes(tree), *raw_writes(tree)]
        found += [f"{path.relative_to(SOURCES)}:{line}" for line in lines if path != STATES]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "update(delivery).where(x).values(state='held', reason='')",
        "insert(delivery)",
        "values = {'reason': '', 'state': State.HELD}",
        "values['state'] = State.HELD",
        "update(delivery).values({delivery.c.state: State.HELD})",
        "conn.execute(text('UPDATE delivery SET state = 1'))",
    ],
)
def test_a_write_in_another_module_would_be_detected(line: str) -> None:
    tree = ast.parse(f"from humaspost.ledger.schema import account, delivery\n{line}\n")
    assert [*state_writes(tree), *raw_writes(tree)] == [2]


def test_a_read_is_no_write() -> None:
    line = (
        "select(delivery.c.state).where(delivery.c.state == State.HELD)\nupdate(delivery).values(reason='')"
    )
    tree = ast.parse(f"from humaspost.ledger.schema import delivery\n{line}\n")
    assert [*state_writes(tree), *raw_writes(tree)] == []


# -- what the function does ----------------------------------------------------------------------------


def test_a_delivery_in_no_source_does_not_move(office: Office) -> None:
    office.plan("a")
    everything = states.delivery.c.key != ""
    moved = office.ledger.write(lambda conn: states.move(conn, states.SEND, everything, now=NOW))
    assert moved == 0
    assert office.states() == {"a/1": "scheduled"}


def test_no_delivery_starts_in_the_middle(office: Office) -> None:
    new = states.NewDelivery("k", "p", office.account, 1, State.PUBLISHED, "", NOW, 5)
    with pytest.raises(ValueError, match="published"):
        office.ledger.write(lambda conn: states.insert_deliveries(conn, [new], now=NOW))


# -- random lives --------------------------------------------------------------------------------------

#: The verbs that make each transition.
MADE_BY: dict[str, tuple[str, ...]] = {
    "claim": ("claim",),
    "release": ("release_claims", "gate", "edit_post"),
    "recover": ("take_over",),
    "delay": ("reschedule",),
    "send": ("gate",),
    "deny-held": ("gate",),
    "deny-missed": ("gate",),
    "deny-expired": ("gate",),
    "deny-refused": ("gate",),
    "deny-failed": ("gate",),
    "deny-cancelled": ("gate",),
    "publish": ("succeed",),
    "reschedule": ("reschedule",),
    "refuse-account": ("reschedule",),
    "fail": ("fail",),
    "fail-unprepared": ("fail_unprepared",),
    "fail-post": ("fail", "fail_unprepared"),
    "mark-unknown": ("lose_answer",),
    "prove-absent": ("check_unknown",),
    "hold": ("hold_account", "hold_file", "retry", "publish_now", "claim"),
    "unhold": ("release_account", "hold_file", "pause", "succeed", "change_accounts"),
    "expire-parts": ("gate",),
    "settle-missed": ("claim",),
    "settle-expired": ("claim",),
    "replan": ("edit_post",),
    "unexpire": ("edit_post",),
    "drop": ("change_accounts", "change_list"),
    "return-missed": ("change_accounts", "change_list"),
    "cancel-surplus": ("change_thread",),
    "restore-part": ("change_thread",),
    "allow-consented": ("change_list",),
    "confirm-published": ("confirm_published",),
    "retry": ("retry",),
    "cancel": (
        *("cancel", "claim", "cancel_post", "reschedule", "fail", "fail_unprepared"),
        *("check_unknown", "receive_failure"),
    ),
    "forget": ("forget_person",),
    "cancel-parts": ("cancel", "gate"),
    "publish-now": ("publish_now",),
    "uncancel": ("publish_now",),
    "undo-scheduled": ("undo_publish_now",),
    "undo-missed": ("undo_publish_now",),
    "undo-failed": ("undo_publish_now",),
    "undo-uncancel": ("undo_publish_now",),
    "undo-allow": ("undo_publish_now",),
    "restore-gap": ("restore",),
    "reopen": ("receive_success",),
    "webhook-failed": ("receive_failure",),
    "webhook-held": ("receive_failure",),
    "webhook-retry": ("receive_failure",),
}


def not_made(changes: set[Change]) -> list[str]:
    """Return the transitions that none of their verbs made from one of their sources."""
    return [
        f"{transition.name}: {source} -> {transition.target}"
        for transition in states.TRANSITIONS
        for source in transition.sources - {transition.target}
        if not any((verb, source, transition.target) in changes for verb in MADE_BY[transition.name])
    ]


@pytest.fixture(scope="module")
def changes() -> set[Change]:
    """Return every change of state in some random lives, and in more until all transitions were made."""
    changes: set[Change] = set()
    for seed in range(size(300, 1000)):
        changes.update(Life(seed).run(STEPS))
        if seed >= size(30, 150) and not not_made(changes):
            break
    return changes


def test_every_change_in_random_lives_is_allowed(changes: set[Change]) -> None:
    wrong = [
        (verb, old, new)
        for verb, old, new in changes
        if State(new) not in (states.ALLOWED[State(old)] if old else states.INITIAL)
    ]
    assert wrong == []
    assert {verb for verb, _old, _new in changes} == set(VERBS) - {"wait"}


def test_random_lives_make_every_transition_from_every_source(changes: set[Change]) -> None:
    assert set(MADE_BY) == {transition.name for transition in states.TRANSITIONS}
    assert not_made(changes) == []


def test_random_lives_start_deliveries_in_every_initial_state(changes: set[Change]) -> None:
    assert {new for _verb, old, new in changes if not old} == set(states.INITIAL)


# -- the design ----------------------------------------------------------------------------------------

STOPS = (State.HELD, State.MISSED, State.FAILED, State.EXPIRED, State.REFUSED, State.CANCELLED)
#: The table of states in design/architecture.md, "Delivery".
DESIGN: dict[State, set[State]] = {
    State.SCHEDULED: {State.PREPARING, *STOPS},
    State.PREPARING: {State.SENDING, State.SCHEDULED, *STOPS},
    State.SENDING: {State.PUBLISHED, State.FAILED, State.SCHEDULED, State.HELD, State.UNKNOWN},
    State.UNKNOWN: {State.PUBLISHED, State.SCHEDULED, State.CANCELLED},
    State.PUBLISHED: {State.FAILED},
    State.HELD: {State.SCHEDULED},
    State.MISSED: {State.SCHEDULED},
    State.FAILED: {State.SCHEDULED},
    State.EXPIRED: {State.SCHEDULED},
    State.REFUSED: {State.SCHEDULED},
    State.CANCELLED: {State.SCHEDULED},
}


#: What the design says in the text around its table.
BESIDE = {
    *((source, State.UNKNOWN) for source in states.RESTORE_GAP.sources | states.REOPEN.sources),
    *((source, State.CANCELLED) for source in (State.HELD, State.MISSED, State.FAILED)),
    *((State.PUBLISHED, target) for target in states.WEBHOOK_FAILURES),
    *((State.UNKNOWN, target) for target in states.WEBHOOK_FAILURES),
    # Later parts follow an expired one; an interrupted `publish`, and a file that names an account again, leave
    # things as they were.
    *((State.HELD, target) for target in (State.EXPIRED, State.MISSED, State.FAILED)),
    # What the newest plan does not have is held, whatever else stopped it.
    *((source, State.HELD) for source in (State.MISSED, State.FAILED)),
    # A forgotten person gets nothing, whatever else stopped it.
    *((source, State.REFUSED) for source in (State.HELD, State.MISSED, State.FAILED)),
} - {(State.UNKNOWN, State.UNKNOWN)}


def test_the_table_of_the_design_agrees() -> None:
    allowed = {(source, target) for source in State for target in states.ALLOWED[source]}
    design = {(source, target) for source in State for target in DESIGN[source]}
    assert allowed == design | BESIDE
