"""The wall clock jumps under a live ``schedule`` (libfaketime): nothing twice, nothing lost, the late policy holds."""

import signal
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.deadlines import SECOND
from tests.support.office import Office
from tests.support.program import Process
from tests.support.reference_data import absent
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.full, pytest.mark.xdist_group("timing")]

#: The one for threads: the other shows them the true time now and then, once in some thousand questions.
_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
HOUR, DAY = 3600, 86400
#: People on a list, and messages that may leave in a second.
PEOPLE, RATE = 40, 10
HEAD = "phone,name,basis,purpose,source,consented_at\n"


class Clock:
    """The clock that the program sees; only the wall clock, as when a person sets it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set("+0")

    def set(self, when: str) -> None:
        """From now on it is so late: an offset in seconds, or ``@`` and a date."""
        draft = self.file.with_suffix(".new")
        draft.write_text(when + "\n", "ascii")
        draft.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to see this clock."""
        return {
            "LD_PRELOAD": str(_LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": str(Path(__file__).with_name("shim")),
        }


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    if not _LIBRARIES:
        absent("libfaketime is missing: apt-get install faketime")
    return Clock(tmp_path / "clock")


@pytest.fixture
def daemon(office: Office, clock: Clock) -> Iterator[Process]:
    office.run("run")
    office.run("account", "check", "x")
    # X itself would refuse what is signed by a clock that is a day off.
    office.sandbox.control("settings", {"x.clock_skew": 10**10})
    time.sleep(1.0)  # posts know seconds, and what was due before the ledger was made is never sent
    # What stands before every call of the system library is loaded when a process starts.
    process = office.start("schedule", server=None, **clock.environment)
    # A heartbeat some seconds after its start is one of a daemon that watches the clock; it prints before.
    wait_until(lambda: _heartbeat_age(office) > timedelta(seconds=3), within=30 * SECOND)
    yield process
    assert process.end() == 0


def _heartbeat_age(office: Office) -> timedelta:
    sender = office.json("status")["sender"]
    if not sender["running"] or sender["command"] != "schedule":
        return timedelta()
    return datetime.fromisoformat(sender["heartbeat_at"]) - datetime.fromisoformat(sender["started_at"])


def jump(clock: Clock, daemon: Process, when: str) -> None:
    """The clock has jumped and the daemon has said so."""
    before = sum("the clock" in line for line in daemon.lines)
    clock.set(when)
    wait_until(lambda: sum("the clock" in line for line in daemon.lines) > before, within=10 * SECOND)


def sent(office: Office) -> Counter[str]:
    return Counter(item["text"] for item in office.sandbox.objects())


def state(office: Office, post: str) -> dict[str, int]:
    return dict(office.states().get((post, "x"), {}))


@pytest.mark.slow
def test_no_jump_sends_a_duplicate_or_loses(office: Office, clock: Clock, daemon: Process) -> None:
    office.post("satu", "Satu.", due=1)
    office.post("setengah-jam", "Setengah jam.", due=HOUR / 2)
    office.post("dua-puluh-jam", "Dua puluh jam.", due=20 * HOUR)
    office.post("tiga-hari", "Tiga hari.", due=3 * DAY, late="publish", expires="2099-01-01 00:00 WIB")
    office.post("setahun", "Setahun.", due=365 * DAY)
    office.sandbox.wait_for_objects(1)
    wait_until(lambda: len(office.states()) == 5, within=15 * SECOND)

    for back in (f"-{HOUR}", f"-{DAY}", "@1970-01-01 00:00:10"):
        jump(clock, daemon, back)
        time.sleep(0.7)  # it may do something; there is nothing to poll for
        assert sent(office) == {"Satu.": 1}
    jump(clock, daemon, "+0")
    office.post("dua", "Dua.", due=0)
    office.sandbox.wait_for_objects(2)

    jump(clock, daemon, f"+{HOUR}")
    assert [item["text"] for item in office.sandbox.wait_for_objects(3)][2:] == ["Setengah jam."]
    jump(clock, daemon, f"+{DAY}")
    wait_until(lambda: state(office, "dua-puluh-jam") == {"missed": 1}, within=15 * SECOND)
    jump(clock, daemon, "@2038-01-19 03:14:05")
    wait_until(lambda: state(office, "setahun") == {"missed": 1}, within=15 * SECOND)
    assert [item["text"] for item in office.sandbox.wait_for_objects(4)][3:] == ["Tiga hari."]
    jump(clock, daemon, "+0")
    office.post("tiga", "Tiga.", due=0)
    office.sandbox.wait_for_objects(5)
    wanted = ("Satu.", "Dua.", "Setengah jam.", "Tiga hari.", "Tiga.")
    assert sent(office) == dict.fromkeys(wanted, 1)


@pytest.mark.slow
def test_after_a_jump_back_unknown_outcomes_are_still_checked(
    office: Office, clock: Clock, daemon: Process
) -> None:
    office.post("satu", "Satu.", due=1)
    office.sandbox.wait_for_objects(1)
    jump(clock, daemon, f"+{DAY}")
    jump(clock, daemon, "+0")
    office.sandbox.fault(channel="x", method="POST", path="/2/tweets", fault="drop-after")
    office.post("ragu", "Ragu.", due=0)
    office.sandbox.wait_for_objects(2)
    wait_until(lambda: state(office, "ragu") == {"published": 1}, within=25 * SECOND)
    assert sent(office) == {"Satu.": 1, "Ragu.": 1}


@pytest.mark.slow
def test_after_a_jump_back_nothing_waits_for_the_clock_to_catch_up(
    office: Office, clock: Clock, daemon: Process
) -> None:
    """As when a computer starts with a clock that is ahead, and the network corrects it."""
    late = {"late": "publish", "expires": "2099-01-01 00:00 WIB"}
    jump(clock, daemon, f"+{DAY}")
    office.sandbox.fault(channel="x", method="POST", path="/2/tweets", fault="drop-after")
    office.sandbox.fault(channel="x", method="GET", path="/tweets$", fault="status", status=503)
    office.post("ragu", "Ragu.", due=0, **late)
    wait_until(lambda: not office.sandbox.control("faults")["faults"], within=20 * SECOND)
    assert state(office, "ragu") == {"unknown": 1}
    jump(clock, daemon, "+0")
    wait_until(lambda: state(office, "ragu") == {"published": 1}, within=50 * SECOND)
    assert sent(office) == {"Ragu.": 1}


@pytest.fixture
def crowds(office: Office) -> None:
    """Two lists of PEOPLE, and a number that may write to RATE people a second."""
    config = office.folder / "config.toml"
    words = config.read_text("utf-8").replace(
        "\nbusiness_account_id", f"\nrate = {RATE}\nbusiness_account_id"
    )
    for number, name in enumerate(("satu", "dua")):
        rows = [f"+62812{number}{n:07},A,consent,informasi,formulir,2021-01-01\n" for n in range(PEOPLE)]
        (office.folder / "audiences" / f"{name}.csv").write_text(HEAD + "".join(rows), "utf-8")
        words += f'\n[audiences.{name}]\nfile = "audiences/{name}.csv"\n'
    config.write_text(words, "utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("crowds")
def test_what_a_jump_makes_due_at_once_is_spread_by_the_limits(
    office: Office, clock: Clock, request: pytest.FixtureRequest
) -> None:
    office.run("account", "check", "whatsapp")
    daemon: Process = request.getfixturevalue("daemon")
    late = {"channels": "[whatsapp]", "late": "publish", "expires": "2099-01-01 00:00 WIB"}
    office.post("kemarin", "Kabar kemarin.", due=HOUR, audiences="[satu]", **late)
    office.post("besok", "Kabar besok.", due=20 * HOUR, audiences="[dua]", **late)
    wait_until(lambda: len(office.states()) == 2, within=15 * SECOND)
    jump(clock, daemon, f"+{DAY}")
    objects = office.sandbox.wait_for_objects(2 * PEOPLE, "whatsapp", within=60 * SECOND)
    moments = sorted(datetime.fromisoformat(item["created_at"]).timestamp() for item in objects)
    fullest = max(bisect_left(moments, moment + 1.0) - at for at, moment in enumerate(moments))
    assert fullest <= 1.5 * RATE, "a burst"
    assert moments[-1] - moments[0] > 0.8 * 2 * PEOPLE / RATE
    assert len({item["to"] for item in objects}) == len(objects) == 2 * PEOPLE


def test_stopped_for_longer_than_the_grace(office: Office, clock: Clock, daemon: Process) -> None:
    office.post("setengah-jam", "Setengah jam.", due=HOUR / 2)
    office.post("dua-jam", "Dua jam.", due=2 * HOUR)
    wait_until(lambda: len(office.states()) == 2, within=15 * SECOND)
    daemon.send_signal(signal.SIGSTOP)
    clock.set(f"+{2 * HOUR + 60}")
    daemon.send_signal(signal.SIGCONT)
    office.sandbox.wait_for_objects(1)
    wait_until(lambda: state(office, "setengah-jam") == {"missed": 1}, within=15 * SECOND)
    assert sent(office) == {"Dua jam.": 1}
