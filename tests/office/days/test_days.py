"""Random days: what goes out is what the files, lists, config and decisions say, and what ``plan`` printed."""

from collections import Counter
from pathlib import Path

import pytest

from humaspost.sandbox.server import Sandbox
from tests.office.days.rules import find_lost
from tests.office.days.steps import RandomDay
from tests.support.sizes import FULL

LOOKS = 12
#: What a person does between two looks.
ACTIONS_PER_LOOK = 3
SEEDS = range(40) if FULL else range(16)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_day(tmp_path: Path, sandbox: Sandbox, seed: int) -> None:
    day = RandomDay(tmp_path / "kantor", sandbox, seed)
    try:
        for _look in range(LOOKS):
            for _action in range(ACTIONS_PER_LOOK):
                day.act()
            look(day)
    finally:
        day.stop_sender()


def look(day: RandomDay) -> None:
    """Let the office send what is due, and compare all that became public with what the world and ``plan`` say."""
    day.world.look(day.now())
    predicted = day.predict()
    before = list(day.shown)
    new = day.look()
    day.note(f"look: {[str(one) for one in new]}")
    story = "\n".join(day.history)
    assert day.wrong == [], f"{story}\n{day.wrong}"
    sent = Counter((one.channel, one.marker) for one in new)
    # The platform may refuse what a test told it to refuse, and X refuses words that stand there already.
    may_miss = day.count_refused() or {("x", one.marker) for one in before} & set(predicted)
    # Who joins the list of a post that is out is planned at the scan that sends it.
    begun = {(one.channel, one.marker) for one in before if one.to}
    more = {key: count for key, count in (sent - predicted).items() if key not in begun}
    assert not more, f"{story}\nmore than planned: {more}"
    assert may_miss or not predicted - sent, f"{story}\nless than planned: {predicted - sent} {day.told()}"
    lost = list(find_lost(day.world, day.shown, day.told(), now=day.now()))
    assert lost == [], f"{story}\n{lost}\n{day.told()}"
