"""A real file system that is full, or read-only: nothing is sent without an intent, and what was due goes out after."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.sandbox_office import Office, SandboxProcess, phones
from tests.crash.test_disk_errors import SOON, daemon, public, until
from tests.support.deadlines import SECOND
from tests.support.reference_data import absent

#: Only root may mount a file system.
pytestmark = [pytest.mark.full, pytest.mark.xdist_group("timing")]

__all__ = ["daemon"]
PEOPLE = 600
SIZE = "24m"


class SmallFileSystem:
    """A file system in memory; ``fill`` takes all its room, ``free`` gives it back."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._ballast = folder, folder / "ballast"
        folder.mkdir(parents=True)
        self._mount("-t", "tmpfs", "-o", f"size={SIZE},mode=700", "humaspost")

    def _mount(self, *args: str) -> None:
        done = subprocess.run(["mount", *args, self.folder], capture_output=True, text=True, check=False)
        if done.returncode:
            absent(f"a file system of its own cannot be mounted here: {done.stderr.strip()}")

    def fill(self) -> None:
        """Not one byte more fits."""
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)

    def free(self) -> None:
        """There is room again."""
        self._ballast.unlink(missing_ok=True)

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """Nothing can be written within."""
        self._mount("-o", "remount,ro")
        yield
        self._mount("-o", "remount,rw")

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallFileSystem]:
    if os.geteuid():
        absent("only root may mount a file system")
    made = SmallFileSystem(tmp_path / "kantor" / ".humaspost")
    yield made
    made.unmount()


@pytest.fixture
def office(tmp_path: Path, disk: SmallFileSystem) -> Iterator[Office]:
    """Its state folder lies on the disk."""
    with SandboxProcess() as world:
        world.raise_limits()
        yield Office(tmp_path / "kantor", world, people=phones(PEOPLE))


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "schedule"])
def test_a_sender_on_a_full_disk_reports_it_and_ends(
    office: Office, disk: SmallFileSystem, command: str
) -> None:
    office.write("xx-001", "x")
    disk.fill()
    assert office.call(command, within=SOON) == 74
    assert "No space left on device\nmake some room on the disk" in office.output()
    assert public(office) == 0
    disk.free()
    office.settle()
    assert public(office) == 1, "what was due is kept"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "schedule"])
def test_a_sender_without_write_permission_reports_it_and_ends(
    office: Office, disk: SmallFileSystem, command: str
) -> None:
    office.write("xx-001", "x")
    with disk.read_only():
        assert office.call(command, within=SOON) == 74
    assert public(office) == 0
    assert "read-only" in office.output().lower()
    office.settle()
    assert public(office) == 1


@pytest.mark.slow
def test_a_disk_that_is_full_again_and_again_in_mid_fan_out(
    office: Office, disk: SmallFileSystem, daemon: object
) -> None:
    office.write("wa-001", "whatsapp")
    until(lambda: public(office) > 20, within=20 * SECOND)
    for number in range(5):
        disk.fill()
        office.write(f"xx-{number:03}", "x")
        time.sleep(1.0)
        disk.free()
        time.sleep(0.3)
    until(lambda: sum(one["channel"] == "x" for one in office.sandbox.objects()) == 5, within=SOON)
    until(lambda: public(office) == PEOPLE + 5, within=60 * SECOND)
    assert 1 <= office.output().count("database or disk is full") <= 3, (
        "told, and not every second by every lane"
    )
    daemon.kill()
    verdict = office.breaches(office.settle())
    assert verdict.breaches == ()
    assert public(office) == PEOPLE + 5
