"""The real program, killed at random moments while people work: what goes out is what the files say."""

from pathlib import Path

import pytest

from tests.crash.edit_stress import EditPlan, run_edit_stress
from tests.crash.sandbox_office import SandboxProcess
from tests.support.sizes import size

PLAN = EditPlan(people=size(24, 200), actions=size(8, 150), kills=size(2, 40), seed=20270301)


@pytest.mark.slow
def test_edits_and_decisions_among_kills(tmp_path: Path) -> None:
    with SandboxProcess() as world:
        world.raise_limits()
        outcome = run_edit_stress(tmp_path / "kantor", world, PLAN)
    assert outcome.breaches[:20] == ()
    assert outcome.kills >= PLAN.kills
    assert sum(outcome.actions.values()) >= PLAN.actions
    assert outcome.states["published"] > 0
