"""A sender that is stopped between its intent and the socket, and woken too late, sends nothing by that intent."""

import os
import signal
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.crash.processes import ProgramProcess
from tests.crash.sandbox_office import Office, SandboxProcess, phones
from tests.crash.syscalls import injected
from tests.support.deadlines import SECOND

#: Longer than the five seconds after which an intent is stale.
FROZEN = 6.0


#: Syncs of one life that are slept over: the claim, the intent and what follows it are among them, several times.
SLEEPS = 16


@pytest.mark.full
@pytest.mark.xdist_group("timing")
@pytest.mark.slow
def test_an_intent_that_slept_is_never_sent(tmp_path: Path) -> None:
    with SandboxProcess() as world:
        world.raise_limits()
        office = Office(tmp_path / "kantor", world, people=phones(1))
        office.write("wa-001", "whatsapp")
        stops = _sleeps_at_every_sync(office)
        slept, asleep = _slept(office), _sent(world)
        if office.settle()["counts"].get("unknown"):
            # Killed behind an intent that nobody may call unsent: a person does.
            office.call("resolve", "wa-001", "--retry", "--yes")
            office.settle()
        verdict = office.breaches(office.status())
        sent, slept = _sent(world), slept | _slept(office)
    assert verdict.breaches[:20] == ()
    assert stops >= 5
    assert slept, "it was stopped between the gate and the socket"
    assert asleep == [], "whoever sleeps at every sync sends nothing"
    assert len(sent) == len(office.planned) == 1, "it went out once, by a later intent"
    assert slept & set(sent) == set()


def _sleeps_at_every_sync(office: Office) -> int:
    """One life that was stopped at every sync and woken too late, and then killed; how often it was."""
    life, stops = office.start("run", gated=True), 0
    with injected(life.pid, "fdatasync", "signal=STOP") as strace:
        life.resume()
        while stops < SLEEPS and _stops(life):
            stops += 1
            time.sleep(FROZEN)  # that is what is tested
            with suppress(ProcessLookupError):
                os.kill(life.pid, signal.SIGCONT)
        life.kill()
        strace.wait(timeout=10 * SECOND)
    return stops


def _stops(life: ProgramProcess) -> bool:
    """Whether the process stands still before it ends: every thread, and a while later still."""
    seen, end = 0, time.monotonic() + 60 * SECOND
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


def _sent(sandbox: SandboxProcess) -> list[str]:
    """The keys of the messages that the platform was asked to send."""
    return [one["body"].get("biz_opaque_callback_data") for one in sandbox.requests() if _is_message(one)]


def _is_message(request: dict[str, Any]) -> bool:
    return request["method"] == "POST" and request["path"].endswith("/messages")


def _slept(office: Office) -> set[str]:
    """The intents that were given up unsent, as the platform would have been told of them."""
    with closing(sqlite3.connect(office.state / "ledger.sqlite3")) as db:
        rows = db.execute("SELECT key, number FROM attempt WHERE outcome = 'not-sent'").fetchall()
    return {f"hp1:{key}:{number}" for key, number in rows}
