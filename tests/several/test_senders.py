"""Two and eight senders at one moment: one owns the office, the others leave with 75; nothing goes out twice."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from tests.e2e.program import ROOT, Office, environment, until


def crowd() -> float:
    """How many processes want each core: two seconds are promised on a machine that is free."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def together(office: Office, count: int, rounds: int) -> list[list[tuple[int, float]]]:
    command = [sys.executable, "-m", "tests.several.together", str(office.folder), str(count), str(rounds)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60 + 10 * rounds,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [[(code, took) for code, took in json.loads(line)] for line in done.stdout.splitlines()]


def meet(office: Office, *, twos: int, eights: int) -> None:
    office.run("run")
    office.run("account", "check", "x")
    for number in range(10):
        office.post(f"kabar-{number}", f"Nomor {number}.", due=1 + number * (twos + eights) / 40)
    for count, rounds in ((2, twos), (8, eights)):
        for ended in together(office, count, rounds):
            assert Counter(code for code, _ in ended) == {75: count - 1, 0: 1}, ended
            assert ended[-1][0] == 0
            late = [took for code, took in ended if code == 75 and took >= 2.0 * crowd()]
            assert late == []
    # On a fast machine the rounds are over before the last post is due.
    until(lambda: office.run("run") and len(office.world.objects()) >= 10, within=120)
    texts = Counter(item["text"] for item in office.world.objects())
    assert texts == {f"Nomor {number}.": 1 for number in range(10)}


def test_senders_started_together_have_one_owner(office: Office) -> None:
    meet(office, twos=14, eights=6)


@pytest.mark.slow
def test_senders_started_together_two_hundred_times(office: Office) -> None:
    meet(office, twos=100, eights=100)
