"""Random days: what goes out is what the files, lists, config and decisions say, and what ``plan`` printed."""

from collections import Counter
from pathlib import Path

import pytest

from humaspost.sandbox.server import Sandbox
from tests.office.days.office import RandomDay
from tests.office.days.rules import find_lost, judge
from tests.support.sizes import size

LOOKS = 12
#: What a person does between two looks.
ACTIONS_PER_LOOK = 3


@pytest.mark.parametrize("seed", range(size(4, 14)))
def test_a_random_day(tmp_path: Path, sandbox: Sandbox, seed: int) -> None:
    day = RandomDay(tmp_path / "kantor", sandbox, seed)
    for _look in range(LOOKS):
        for _action in range(ACTIONS_PER_LOOK):
            day.act()
        day.world.look()
        predicted = day.predict()
        before = list(day.shown)
        new = day.run()
        day.history.append(f"{day.now():%d %H:%M} look: {[(o.account, o.marker, o.to[-3:]) for o in new]}")
        story = "\n".join(day.history)
        wrong = day.wrong + list(judge(day.world, new, before, now=day.now(), progress=day.progress))
        assert wrong == [], story
        assert Counter((one.account, one.marker) for one in new) == predicted, story
        assert list(find_lost(day.world, day.shown, day.told(), now=day.now())) == [], story
        day.note_progress(new)
