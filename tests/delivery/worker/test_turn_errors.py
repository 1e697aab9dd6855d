"""The errors of a worker's turns: told once, recorded when they go on, cleared by a good turn."""

import pytest

from humaspost.delivery.worker.turn_errors import MAX_PAUSE, RECORD_AFTER, TurnErrors
from humaspost.ledger.worker_errors import list_worker_errors
from tests.delivery.conftest import FakeOffice


def _recorded(fake_office: FakeOffice) -> list[str]:
    with fake_office.ledger.read() as conn:
        return [error.detail for error in list_worker_errors(conn)]


@pytest.fixture
def turn_errors(fake_office: FakeOffice) -> TurnErrors:
    engine = fake_office.engine()
    return TurnErrors(engine.account_sessions[0], engine.sender)


def test_an_error_is_recorded_after_several_turns(fake_office: FakeOffice, turn_errors: TurnErrors) -> None:
    pauses = []
    for turn in range(1, 10):
        pauses.append(turn_errors.add(KeyError("0812")))
        assert bool(_recorded(fake_office)) is (turn >= RECORD_AFTER)
        assert turn_errors.is_stuck is (turn >= RECORD_AFTER)
    assert pauses == sorted(pauses)
    assert 0 < pauses[0] < pauses[1]
    assert pauses[-1] == MAX_PAUSE
    assert [str(event.kind) for event in fake_office.events] == ["problem"]
    assert _recorded(fake_office) == ["KeyError"]
    turn_errors.clear()
    assert _recorded(fake_office) == []
    assert not turn_errors.is_stuck
    turn_errors.add(KeyError())
    assert _recorded(fake_office) == []


def test_a_refusal_of_the_disk_is_recorded_and_tried_for_good(
    fake_office: FakeOffice, turn_errors: TurnErrors
) -> None:
    for _turn in range(RECORD_AFTER):
        turn_errors.add(OSError("no space left"))
    assert _recorded(fake_office) == ["no space left"]
    assert not turn_errors.is_stuck


def test_a_new_sender_forgets_the_errors_of_an_earlier_one(
    fake_office: FakeOffice, turn_errors: TurnErrors
) -> None:
    for _turn in range(RECORD_AFTER):
        turn_errors.add(KeyError())
    assert _recorded(fake_office)
    fake_office.run()
    assert _recorded(fake_office) == []
