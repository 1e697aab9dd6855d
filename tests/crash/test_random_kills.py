"""The real program, killed at random moments: nothing lost, nothing twice, and doubts owned up to."""

from pathlib import Path

import pytest

from tests.crash.random_kills import Torture, torture
from tests.crash.world import World


@pytest.mark.slow
def test_ten_thousand_deliveries_and_random_kills(tmp_path: Path) -> None:
    with World() as world:
        world.generous()
        outcome = torture(
            tmp_path / "kantor", world, Torture(people=2_000, fan_outs=5, kills=40, seed=20270203)
        )
    assert outcome.verdict.breaches[:20] == ()
    assert outcome.deliveries >= 10_000
    assert outcome.kills >= 25
    assert outcome.verdict.accepted_unrecorded > 0, "no kill fell between the platform's yes and our record"
