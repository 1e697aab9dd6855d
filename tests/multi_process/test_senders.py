"""Two and eight senders at one moment: one owns the office, the others leave with 75; nothing goes out twice."""

import os
import signal
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

from tests.support.deadlines import SECOND
from tests.support.forks import Running
from tests.support.office import Office
from tests.support.program import start
from tests.support.sizes import size
from tests.support.waiting import wait_until

#: Rounds of two senders, and of eight.
TWOS, EIGHTS = size(4, 100), size(3, 100)


class Senders:
    """Schedulers of one office that start at one moment: when the gate opens that all of them wait at."""

    def __init__(self, folder: Path, count: int) -> None:
        reader, writer = os.pipe()
        self._logs: dict[int, Path] = {}
        self.running = [self._start(folder, number, reader) for number in range(count)]
        os.close(reader)
        os.close(writer)

    def _start(self, folder: Path, number: int, gate: int) -> Running:
        path = folder / f"log-{number}"
        with path.open("wb") as log:
            process = start("schedule", cwd=folder, stdout=log, stderr=log, gate=gate)
        self._logs[process.pid] = path
        return process

    def refused(self) -> list[int]:
        """Return how all but one ended, while that one still ran: none waited for it."""
        ended: list[int] = []

        def one_remains() -> bool:
            for process in list(self.running):
                if (code := process.poll()) is not None:
                    self.running.remove(process)
                    ended.append(code)
            return len(self.running) <= 1

        wait_until(one_remains, within=30 * SECOND)
        return ended

    def end_owner(self) -> int:
        """Stop the one that remains, once it has printed: before, it would not listen; return its exit code."""
        (owner,) = self.running
        wait_until(self._logs[owner.pid].read_bytes, within=30 * SECOND)
        owner.send_signal(signal.SIGTERM)
        return owner.wait(35 * SECOND)

    def close(self) -> None:
        """Kill what still runs."""
        for process in self.running:
            with suppress(RuntimeError):
                process.kill()
                process.wait()


def run_senders(office: Office, *, twos: int, eights: int) -> None:
    office.run("run")
    office.run("account", "check", "x")
    for number in range(10):
        office.post(f"kabar-{number}", f"Nomor {number}.", due=1 + number * (twos + eights) / 40)
    for count, rounds in ((2, twos), (8, eights)):
        for _round in range(rounds):
            with closing(Senders(office.folder, count)) as senders:
                assert senders.refused() == [75] * (count - 1)
                assert senders.end_owner() == 0
    # On a fast machine the rounds are over before the last post is due.
    wait_until(lambda: office.run("run") and len(office.sandbox.objects()) >= 10, within=120 * SECOND)
    texts = Counter(item["text"] for item in office.sandbox.objects())
    assert texts == {f"Nomor {number}.": 1 for number in range(10)}


def test_senders_started_at_once_have_one_owner(office: Office) -> None:
    run_senders(office, twos=TWOS, eights=EIGHTS)
