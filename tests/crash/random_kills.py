"""SIGKILL at seeded random moments of the real ``run`` and ``schedule``, restarted until all is said and done."""

import random
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.crash.checker import CheckReport
from tests.crash.sandbox_office import Office, SandboxProcess, phones


@dataclass(frozen=True, slots=True)
class StressPlan:
    """How much: people per fan-out, fan-outs, other posts, kills.

    A fan-out more is written after every ``kills_per_fan_out`` kills, where nothing is left to send.
    """

    people: int
    fan_outs: int
    kills: int
    seed: int
    posts: int = 40
    kills_per_fan_out: int = 10

    @property
    def deliveries(self) -> int:
        """How many that is at least."""
        return self.people * self.fan_outs


@dataclass(frozen=True, slots=True)
class StressResult:
    """How it ended: kills that fell on a living process, and the verdict of the checker."""

    kills: int
    deliveries: int
    report: CheckReport
    seconds: float

    @property
    def states(self) -> Mapping[str, int]:
        """Deliveries by state."""
        return self.report.states


def run_stress(folder: Path, sandbox: SandboxProcess, plan: StressPlan) -> StressResult:
    """The office was killed so often, then left in peace, then judged."""
    began = time.monotonic()
    dice = random.Random(plan.seed)
    office = Office(folder, sandbox, people=phones(plan.people))
    _write(office, plan)
    kills = 0
    for turn in range(plan.kills):
        kills += _life(office, "schedule" if turn % 4 == 3 else "run", dice.uniform(0.15, 1.0))
        if turn % plan.kills_per_fan_out == plan.kills_per_fan_out - 1 and _over(office):
            _fan_out(office, turn)
    status = office.settle()
    verdict = office.breaches(status)
    return StressResult(kills, sum(one.count for one in office.planned), verdict, time.monotonic() - began)


def _write(office: Office, plan: StressPlan) -> None:
    for number in range(plan.fan_outs):
        office.write(f"wa-{number:04}", "whatsapp")
    for number in range(plan.posts):
        office.write(f"xx-{number:04}", "x", parts=1 + number % 3 // 2)
    for number in range(plan.posts // 4):
        office.write(f"ig-{number:04}", "instagram", pictures=1 + number % 2)


def _fan_out(office: Office, turn: int) -> None:
    office.write(f"wb-{turn:04}", "whatsapp")


def _over(office: Office) -> bool:
    counts = office.status()["counts"]
    return not any(counts.get(state) for state in ("scheduled", "preparing", "sending"))


def _life(office: Office, command: str, share: float) -> bool:
    """One life, ended by SIGKILL unless it ended before; whether the kill met a living process."""
    life = office.start(command)
    life.wait(share * (3 * office.start_up + 0.5))
    return life.kill() == -signal.SIGKILL
