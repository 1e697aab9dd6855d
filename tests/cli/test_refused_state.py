"""A state folder that this user may not use: which path, why, a command that mends it, and 78; never a trace."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.program import ENVIRONMENT

#: Root without the rights by which no file mode stops it.
_DROPPED = "-dac_override,-dac_read_search"
_SETPRIV = ["setpriv", f"--inh-caps={_DROPPED}", f"--bounding-set={_DROPPED}"]
_IS_ROOT = os.name == "posix" and os.geteuid() == 0
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.name != "posix" or (_IS_ROOT and shutil.which("setpriv") is None),
        reason="needs file modes that count",
    ),
]
CONFIG = '[accounts.x]\nchannel = "x"\nhandle = "@kotacontoh"\n'


class Office:
    """An office of a user whom file modes stop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / ".humaspost"

    def run(self, *args: str) -> tuple[int, str]:
        """Run the program as that user; return its exit code and all that it printed."""
        command = [*(_SETPRIV if _IS_ROOT else []), sys.executable, "-m", "humaspost", *args]
        ran = subprocess.run(
            command, cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "posts").mkdir()
    one = Office(tmp_path)
    assert one.run("run")[0] == 0
    yield one
    one.state.chmod(0o700)


def replace_by_file(office: Office) -> None:
    shutil.rmtree(office.state)
    office.state.touch()


CASES: dict[str, tuple[Callable[[Office], object], str]] = {
    "folder": (lambda office: office.state.chmod(0), ".humaspost"),
    "read-only folder": (lambda office: office.state.chmod(0o500), ".humaspost"),
    "lock": (lambda office: (office.state / "sender.lock").chmod(0), ".humaspost/sender.lock"),
    "ledger": (lambda office: (office.state / "ledger.sqlite3").chmod(0), ".humaspost/ledger.sqlite3"),
    "read-only ledger": (
        lambda office: (office.state / "ledger.sqlite3").chmod(0o400),
        ".humaspost/ledger.sqlite3",
    ),
    "file": (replace_by_file, ".humaspost"),
}


@pytest.mark.parametrize(
    ("case", "command"), [*((case, "run") for case in CASES), ("folder", "status"), ("lock", "schedule")]
)
def test_what_is_refused_is_named_with_a_command_that_mends_it(
    office: Office, case: str, command: str
) -> None:
    spoil, path = CASES[case]
    spoil(office)
    code, text = office.run(command)
    assert (code, f"{office.folder / path} is " in text) == (78, True), text
    assert "Traceback" not in text
    assert re.search(r"(chmod -R u\+rwX|mv) \S+\.humaspost", text)
    if command == "run" and case != "file":
        office.state.chmod(0o700)
        for each in office.state.iterdir():
            each.chmod(0o700)
        assert office.run(command)[0] == 0


@pytest.mark.parametrize("command", ["status", "run"])
def test_a_broken_config_beside_it_is_told_without_a_trace(office: Office, command: str) -> None:
    """The search for a running scheduler ended with a trace."""
    (office.folder / "config.toml").write_text(CONFIG + "broken\n")
    office.state.chmod(0)
    code, text = office.run(command)
    assert (code, "error[config-syntax]" in text, "Traceback" in text) == (78, True, False), text


def test_doctor_names_the_path_and_the_same_remedy(office: Office) -> None:
    (office.state / "ledger.sqlite3").chmod(0o400)
    code, text = office.run("doctor")
    assert code == 5
    assert f"{office.state / 'ledger.sqlite3'} cannot be read and written by you" in " ".join(text.split())
    assert f"chmod -R u+rwX {office.state}" in text
