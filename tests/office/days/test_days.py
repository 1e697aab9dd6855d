"""Random days: what goes out is what the files, lists, config and decisions say, and what ``plan`` printed."""

from collections import Counter
from pathlib import Path

import pytest

from humaspost.sandbox.server import Sandbox
from tests.office.days.habits import HABITS
from tests.office.days.rules import find_lost
from tests.office.days.steps import RandomDay
from tests.support.sizes import size

LOOKS = size(8, 12)
#: What a person does between two looks.
ACTIONS_PER_LOOK = 3
#: A day begins with the habit of its seed, and goes on as it will.
SEEDS = range(size(len(HABITS), 4 * len(HABITS)))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_day(tmp_path: Path, sandbox: Sandbox, seed: int) -> None:
    day = RandomDay(tmp_path / "kantor", sandbox, seed)
    day.habit = HABITS[seed % len(HABITS)](day)
    # The first days let nothing come between; the others do.
    day.focus = 1.0 if seed < len(HABITS) else 0.7
    try:
        look(day)
        # What is dated to the second in which the ledger was made would be older than the ledger.
        day.advance(1)
        for _look in range(LOOKS):
            for _action in range(ACTIONS_PER_LOOK):
                day.act()
            look(day)
    finally:
        day.stop_sender()


def look(day: RandomDay) -> None:
    """Let the office send what is due, and compare all that became public with what the world and ``plan`` say."""
    day.world.look(day.now())
    predicted, told, before = day.predict(), day.told(), list(day.shown)
    new = day.look()
    day.note(f"look: {[str(one) for one in new]}")
    story = "\n".join(day.history)
    assert day.wrong == [], f"{story}\n{day.wrong}"
    recent = frozenset(one.to for one in day.take_recent() if one.to)
    sent = Counter((one.channel, one.marker) for one in new)
    more = sent - predicted
    assert not more, f"{story}\nmore than planned: {more}"
    # X refuses words that stand there already, WhatsApp takes one message in some seconds for each number, and
    # a platform refuses what a test told it to refuse.
    repeated = {("x", one.marker) for one in before} | {
        key for key in predicted if recent and key[0] == "whatsapp"
    }
    less = {key: count for key, count in (predicted - sent).items() if key not in repeated}
    assert day.count_refused() or not less, f"{story}\nless than planned: {less} {day.told()}"
    told = day.told()
    lost = list(find_lost(day.world, day.shown, told, now=day.now(), recent=recent))
    assert lost == [], f"{story}\n{lost}\n{told}"
