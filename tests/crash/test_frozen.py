"""A sender that is stopped between its intent and the socket, and woken too late, sends nothing by that intent."""

import os
import signal
import sqlite3
import time
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.crash.lives import Life
from tests.crash.syscalls import injected
from tests.crash.world import Office, World, phones

#: Longer than the five seconds after which an intent is stale.
FROZEN = 6.0


@pytest.mark.slow
def test_an_intent_that_slept_is_never_sent(tmp_path: Path) -> None:
    with World() as world:
        world.generous()
        office = Office(tmp_path / "kantor", world, people=phones(1))

        # Commits that fall together share a sync, so one life's third may be another's fourth, and a sweep may
        # pass by the intent's in every life: it is made again, and all that is asked of one is asked of each.
        stops = []
        for sweep in range(4):
            stops.append(next(k for k in count(1) if not _freezes(office, k, sweep)) - 1)
            if _slept(office):
                break
        office.settle()
        verdict = office.breaches(office.status())
        sent = [one["body"].get("biz_opaque_callback_data") for one in world.requests() if _is_message(one)]
        slept = _slept(office)
    assert verdict.breaches[:20] == ()
    assert min(stops) >= 5
    assert slept, "at least once it was stopped between the gate and the socket"
    assert slept & set(sent) == set()
    assert len(sent) == len(office.planned), "each went out once, by a later intent"


def _freezes(office: Office, k: int, sweep: int) -> bool:
    """A life with a new post was stopped after the ``k``-th sync of each thread; False where none has so many."""
    office.write(f"wa-{sweep}{k:03}", "whatsapp")
    life, stopped = office.start("run", gated=True), False
    with injected(life.pid, "fdatasync", f"signal=STOP:when={k}") as strace:
        life.go()
        while _stops(life):
            stopped = True
            time.sleep(FROZEN)  # that is what is tested
            with suppress(ProcessLookupError):
                os.kill(life.pid, signal.SIGCONT)
        code = life.kill()
        strace.wait(timeout=10)
    assert code in (0, 5), office.said()[-2000:]
    return stopped


def _stops(life: Life) -> bool:
    """Whether the process stands still before it ends: every thread, and a while later still."""
    seen, end = 0, time.monotonic() + 60
    while life.wait(0.05) is None and time.monotonic() < end:
        states = {_state(task) for task in Path(f"/proc/{life.pid}/task").iterdir()}
        seen = seen + 1 if states <= {"T", "t"} else 0
        if seen == 4:
            return True
    return False


def _state(task: Path) -> str:
    """One letter, behind the name, which may hold anything: T = stopped, t = stopped under its tracer."""
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"


def _is_message(request: dict[str, Any]) -> bool:
    return request["method"] == "POST" and request["path"].endswith("/messages")


def _slept(office: Office) -> set[str]:
    """The intents that were given up unsent, as the platform would have been told of them."""
    with closing(sqlite3.connect(office.state / "ledger.sqlite3")) as db:
        rows = db.execute("SELECT key, number FROM attempt WHERE outcome = 'unsent'").fetchall()
    return {f"hp1:{key}:{number}" for key, number in rows}
