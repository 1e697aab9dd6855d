"""The real program, killed by the platform itself before and after it acts on each call."""

import time
from pathlib import Path

import pytest

from tests.crash.kill_points import KINDS, SOME, run_all_kill_points
from tests.support.sizes import FULL, size

#: X and Instagram are looked up so many seconds after a doubt arose.
FIRST_LOOKUP = 5.5
#: So many kills at least: one kind of post of each channel, or all twelve.
KILLS = size(10, 60)


@pytest.mark.slow
def test_killed_at_every_protocol_step(tmp_path: Path) -> None:
    with run_all_kill_points(tmp_path, KINDS if FULL else SOME) as channels:
        hidden = sum(office.accepted_unrecorded() for channel in channels for office in channel.offices)
        time.sleep(FIRST_LOOKUP)
        for channel in channels:
            for office in channel.offices:
                office.settle()
                verdict = office.breaches(office.status())
                assert verdict.breaches[:20] == (), office.folder
                if channel.account != "whatsapp":
                    assert verdict.accepted_unrecorded == 0, "a look finds what is there"
            assert channel.missed == []
    assert sum(channel.kills.total() for channel in channels) >= KILLS
    assert hidden > 0, "no kill fell between the platform's yes and our record"
