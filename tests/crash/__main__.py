"""The long torture: ``python -m tests.crash [--deliveries N] [--kills N] [--actions N] [--seed N]``.

It ends with its figures, and with 1 as soon as a breach was found; it leaves the office where it was found.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.edit_stress import EditPlan, run_edit_stress
from tests.crash.kill_points import run_all_kill_points
from tests.crash.random_kills import StressPlan, run_stress
from tests.crash.sandbox_office import Office, SandboxProcess, phones
from tests.crash.syscalls import SYSTEM_CALLS, SyscallKillRunner

#: One office at a time: its fan-outs and what of all kills it gets.
PEOPLE, FAN_OUTS = 2_000, 5
FIRST_LOOKUP = 5.5
#: An office on which people work while its senders are killed: people, what is done to it, kills at least.
EDITED_PEOPLE, ACTIONS, EDITED_KILLS = 200, 150, 40


class GuaranteeViolation(Exception):
    """The promise was broken."""


class Tally:
    """What was done, added up."""

    def __init__(self) -> None:
        self.deliveries = self.kills = self.hidden = self.actions = 0
        self.started_at = time.monotonic()

    def add(self, name: str, *, kills: int, deliveries: int, hidden: int) -> None:
        """One office more was judged."""
        self.kills, self.deliveries = self.kills + kills, self.deliveries + deliveries
        self.hidden += hidden
        self.print_summary(
            f"{name}: {kills:,} kills, {deliveries:,} deliveries, {hidden:,} accepted and in doubt"
        )

    def print_summary(self, line: str) -> None:
        """A line with the time that passed."""
        sys.stdout.write(f"{time.monotonic() - self.started_at:7.0f} s  {line}\n")
        sys.stdout.flush()


def check_office(office: Office, tally: Tally, name: str, kills: int) -> None:
    """The office is as it must be. Raises Breach."""
    verdict = office.breaches(office.settle())
    if verdict.breaches:
        raise GuaranteeViolation(f"{office.folder}: {verdict.breaches[:20]}")
    count = sum(one.count for one in office.planned)
    tally.add(name, kills=kills, deliveries=count, hidden=verdict.accepted_unrecorded)


def run_kill_points(folder: Path, tally: Tally) -> None:
    """Every protocol moment of every channel."""
    with run_all_kill_points(folder) as channels:
        tally.hidden += sum(o.accepted_unrecorded() for c in channels for o in c.offices)
        time.sleep(FIRST_LOOKUP)
        for channel in channels:
            if channel.missed:
                raise GuaranteeViolation(f"no kill fell at {channel.missed}")
            kills = channel.kills.total()
            for office in channel.offices:
                check_office(office, tally, f"moments {office.folder.name}", kills)
                kills = 0


def syscalls(folder: Path, tally: Tally) -> None:
    """Every k-th write and sync."""
    with SandboxProcess() as world:
        world.raise_limits()
        for account in ("x", "instagram", "whatsapp"):
            office = Office(folder / f"syscalls-{account}", world, people=phones(3))
            killer = SyscallKillRunner(office, account)
            for call in SYSTEM_CALLS:
                tally.print_summary(f"{account} {call}: none after {killer.run(call, stride=1)}")
            check_office(office, tally, f"syscalls {account}", killer.kills)


def edits(folder: Path, tally: Tally, *, actions: int, seed: int) -> None:
    """Offices on which people work until they did so much."""
    turn = -1
    while tally.actions < actions:
        turn += 1
        wanted = EditPlan(EDITED_PEOPLE, min(ACTIONS, actions), EDITED_KILLS, seed + turn)
        with SandboxProcess() as world:
            world.raise_limits()
            outcome = run_edit_stress(folder / f"edits-{turn}", world, wanted)
        if outcome.breaches:
            raise GuaranteeViolation(f"{folder / f'edits-{turn}'}: {outcome.breaches[:20]}")
        done = sum(outcome.actions.values())
        tally.actions += done
        name = f"edits {turn} (seed {wanted.seed}), {done:,} actions"
        tally.add(name, kills=outcome.kills, deliveries=outcome.deliveries, hidden=outcome.hidden)


def random_kills(folder: Path, tally: Tally, *, deliveries: int, kills: int, seed: int) -> None:
    """Rounds of random kills until there were enough of both."""
    rounds, turn = max(1, -(-deliveries // (PEOPLE * FAN_OUTS))), -1
    while tally.deliveries < deliveries or tally.kills < kills:
        turn += 1
        # A round may end a few kills short of what it was asked for: then there is one more.
        share = -(-max(0, kills - tally.kills) // max(1, rounds - turn))
        wanted = StressPlan(PEOPLE, FAN_OUTS, kills=share, seed=seed + turn)
        with SandboxProcess() as world:
            world.raise_limits()
            outcome = run_stress(folder / f"random-{turn}", world, wanted)
        if outcome.report.breaches:
            raise GuaranteeViolation(f"{folder / f'random-{turn}'}: {outcome.report.breaches[:20]}")
        tally.add(
            f"random {turn} (seed {wanted.seed})",
            kills=outcome.kills,
            deliveries=outcome.deliveries,
            hidden=outcome.report.accepted_unrecorded,
        )


def main() -> int:
    """Everything, and its figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--deliveries", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=3_000)
    parser.add_argument("--actions", type=int, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args()
    folder, tally = Path(tempfile.mkdtemp(prefix="humaspost-torture-")), Tally()
    try:
        run_kill_points(folder, tally)
        syscalls(folder, tally)
        edits(folder, tally, actions=chosen.actions, seed=chosen.seed)
        random_kills(folder, tally, deliveries=chosen.deliveries, kills=chosen.kills, seed=chosen.seed)
    except GuaranteeViolation as error:
        tally.print_summary(f"BREACH {error}")
        return 1
    tally.print_summary(
        f"{tally.kills:,} kills, {tally.deliveries:,} deliveries, {tally.actions:,} actions, 0 breaches;"
        f" {tally.hidden:,} times a kill fell"
    )
    tally.print_summary(
        "between the platform's yes and our record, and the delivery was in doubt, not sent again"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
