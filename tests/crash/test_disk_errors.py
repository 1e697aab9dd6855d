"""A disk that refuses: nothing is sent without an intent, nothing hangs, and what is due goes out once it is over."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.processes import ProgramProcess
from tests.crash.sandbox_office import Office, SandboxProcess, phones
from tests.crash.syscalls import injected
from tests.support.deadlines import SECOND

#: strace, and a process that is watched while it does nothing.
pytestmark = [pytest.mark.full, pytest.mark.xdist_group("timing")]

FAULTS = [("fdatasync", "error=EIO"), ("pwrite64", "error=ENOSPC")]
#: What came due while a fault lasted, or after it, is out so many seconds after its end.
SOON = 10 * SECOND


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office that can reach 600 people."""
    with SandboxProcess() as world:
        world.raise_limits()
        yield Office(tmp_path / "kantor", world, people=phones(600))


@pytest.fixture
def daemon(office: Office) -> Iterator[ProgramProcess]:
    """``schedule``, up and idle."""
    life = office.start("schedule")
    until(lambda: "next: nothing" in office.output(), within=20 * SECOND)
    yield life
    life.kill()


def until(true: Callable[[], bool], *, within: float) -> float:
    """Seconds that it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within, "it took too long"
        time.sleep(0.1)
    return time.monotonic() - began


def public(office: Office) -> int:
    """How much the public sees."""
    return len(office.sandbox.objects())


@pytest.mark.slow
@pytest.mark.parametrize(("call", "fault"), FAULTS)
def test_what_is_due_while_the_disk_refuses_goes_out_after(
    office: Office, daemon: ProgramProcess, call: str, fault: str
) -> None:
    strace = injected(daemon.pid, call, fault)
    office.write("xx-001", "x")
    time.sleep(4)
    assert public(office) == 0, "sent without an intent on disk"
    strace.terminate()
    strace.wait()
    office.write("xx-002", "x")
    until(lambda: public(office) == 2, within=SOON)
    assert daemon.wait(0) is None, "it lives"
    daemon.kill()
    assert office.breaches(office.settle()).breaches == ()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "schedule"])
@pytest.mark.parametrize(("call", "fault"), FAULTS)
def test_a_sender_that_fails_to_start_reports_it_and_ends(
    office: Office, command: str, call: str, fault: str
) -> None:
    office.write("xx-001", "x")
    life = office.start(command, gated=True)
    strace = injected(life.pid, call, fault)
    life.resume()
    assert life.wait(SOON) == 74
    strace.wait()
    assert "disk I/O error" in office.output()
    assert public(office) == 0
    office.settle()
    assert public(office) == 1, "what was due is kept"


@pytest.mark.slow
@pytest.mark.parametrize(("call", "fault"), FAULTS)
def test_a_disk_that_refuses_in_mid_fan_out(
    office: Office, daemon: ProgramProcess, call: str, fault: str
) -> None:
    office.write("wa-001", "whatsapp")
    until(lambda: public(office) > 50, within=20 * SECOND)
    strace = injected(daemon.pid, call, fault)
    time.sleep(1)
    before = public(office)
    time.sleep(2)
    assert public(office) == before < 600, "sent without an intent on disk"
    strace.terminate()
    strace.wait()
    until(lambda: public(office) == 600, within=60 * SECOND)
    daemon.kill()
    verdict = office.breaches(office.settle())
    assert verdict.breaches == ()
    assert public(office) == 600


@pytest.mark.slow
def test_an_idle_daemon_hardly_uses_the_processor(office: Office, daemon: ProgramProcess) -> None:
    time.sleep(3)
    before, began = processor(daemon), time.monotonic()
    time.sleep(10)
    share = (processor(daemon) - before) / (time.monotonic() - began)
    assert share < 0.05


def processor(life: ProgramProcess) -> float:
    """Seconds of processor time that the process has used."""
    fields = Path(f"/proc/{life.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
