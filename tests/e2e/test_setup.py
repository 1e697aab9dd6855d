"""Set-up, as a stranger's computer meets it: the real scripts, in a copy, with real (but empty) packages."""

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.deadlines import SECOND

ROOT = Path(__file__).resolve().parents[2]

#: Builds an installable nothing, so that no test needs a registry.
BACKEND = """
import zipfile
def get_requires_for_build_editable(config_settings=None):
    return []
def build_editable(folder, config_settings=None, metadata_directory=None):
    info = "humaspost-0.dist-info/"
    with zipfile.ZipFile(folder + "/humaspost-0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: humaspost\\nVersion: 0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return "humaspost-0-py3-none-any.whl"
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
#: Says that it is Python 3.9.2; otherwise the one that runs the tests.
OLD_PYTHON = """#!/bin/sh
script=$1; shift
[ "$script" = -c ] && {{ exec {real} -c "import sys; sys.version_info = (3, 9, 2); $1"; }}
exec {real} -c "import runpy, sys; sys.version_info = (3, 9, 2); sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')" "$script" "$@"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the real set-up scripts and nothing to download."""
    clone = tmp_path / "a clone"
    (clone / "requirements").mkdir(parents=True)
    shutil.copytree(ROOT / "tools", clone / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("run", "build", "test"):
        (clone / "requirements" / f"{name}.txt").touch()
    (clone / "backend.py").write_text(BACKEND)
    (clone / "pyproject.toml").write_text(PYPROJECT)
    return clone


def environment(**more: str) -> dict[str, str]:
    """This one, without what a developer told pip or make."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "PYTHON": sys.executable, **more}


def set_up(clone: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """What ``make demo`` runs first."""
    command = ["/bin/sh", str(clone / "tools" / "setup.sh"), "run", "make demo"]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(**more), timeout=120 * SECOND, check=False
    )


def only(tmp_path: Path, *programs: str) -> str:
    """A PATH with nothing but these programs of this computer."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in programs:
        found = shutil.which(program)
        assert found
        (folder / program).symlink_to(found)
    return str(folder)


def fake_old(folder: str, name: str = "python3") -> str:
    """A Python in that folder that says it is 3.9.2."""
    path = Path(folder) / name
    path.write_text(OLD_PYTHON.format(real=sys.executable))
    path.chmod(0o755)
    return str(path)


def refused(done: subprocess.CompletedProcess[str], line: str) -> None:
    """It said that one line and nothing else, and ended with 1."""
    assert (done.stderr, done.stdout, done.returncode) == (line + "\n", "", 1)


def test_no_python_at_all(clone: Path, tmp_path: Path) -> None:
    done = set_up(clone, PATH=only(tmp_path, "dirname"), PYTHON="")
    refused(done, "setup: needs Python 3.11 or newer; found none. Install it, then: make demo")


def test_a_python_that_is_too_old(clone: Path, tmp_path: Path) -> None:
    folder = only(tmp_path, "dirname")
    fake_old(folder)
    done = set_up(clone, PATH=folder, PYTHON="")
    refused(done, "setup: needs Python 3.11 or newer; found 3.9.2. Install it, then: make demo")


def test_a_chosen_python_is_taken_at_its_word(clone: Path, tmp_path: Path) -> None:
    done = set_up(clone, PYTHON=fake_old(only(tmp_path, "dirname"), "mine"))
    refused(done, "setup: needs Python 3.11 or newer; found 3.9.2. Install it, then: make demo")
    assert not (clone / ".venv").exists()


def test_a_chosen_python_that_does_not_run(clone: Path) -> None:
    done = set_up(clone, PYTHON="python-of-nobody")
    refused(done, "setup: PYTHON=python-of-nobody does not run. Name another, then: make demo")
    assert not (clone / ".venv").exists()


def test_old_pythons_can_read_the_script() -> None:
    source = (ROOT / "tools" / "setup.py").read_text(encoding="ascii")
    ast.parse(source, feature_version=(3, 4))
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.NamedExpr | ast.Starred), node.lineno
        assert not (isinstance(node, ast.arguments) and node.kwonlyargs), "Python 2 has no keyword-only"


def test_a_venv_of_another_person_is_kept(clone: Path) -> None:
    (clone / ".venv").mkdir()
    (clone / ".venv" / "precious").write_text("mine")
    refused(
        set_up(clone), "setup: there is a .venv here that make did not make. Move it away, then: make demo"
    )
    assert (clone / ".venv" / "precious").read_text() == "mine"


@pytest.mark.slow
def test_packages_without_a_download(clone: Path) -> None:
    pin = "certifi==2026.10.18 --hash=sha256:" + "0" * 64
    (clone / "requirements" / "run.txt").write_text(pin)
    done = set_up(clone, PIP_INDEX_URL="http://127.0.0.1:9/", PIP_RETRIES="0", NO_PROXY="127.0.0.1")
    assert done.stderr == "setup: cannot download packages (proxy?). Set HTTPS_PROXY, then: make demo\n"
    assert done.returncode == 1
    assert not (clone / ".venv" / "humaspost-setup.json").exists()


@pytest.mark.slow
def test_interrupted_redone_then_silent_then_brought_up_to_date(clone: Path) -> None:
    interrupt(clone)
    assert (clone / ".venv").exists()
    first = set_up(clone)
    assert (first.stderr, first.returncode) == ("", 0)
    lines = first.stdout.splitlines()
    assert lines[0].startswith("setup: Python 3.")
    assert lines[-1].startswith("setup: done in ")

    again = set_up(clone)
    assert (again.stdout, again.stderr, again.returncode) == ("", "", 0)

    (clone / "requirements" / "run.txt").write_text("# another pin\n")
    changed = set_up(clone)
    assert changed.stdout.splitlines()[0] == "setup: bringing .venv up to date"
    assert set_up(clone).stdout == ""


def interrupt(clone: Path) -> None:
    """A set-up was killed as soon as .venv appeared."""
    command = ["/bin/sh", str(clone / "tools" / "setup.sh"), "run"]
    running = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 30 * SECOND
    while not (clone / ".venv" / "pyvenv.cfg").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not (clone / ".venv" / "humaspost-setup.json").exists()


@pytest.mark.slow
def test_a_slow_set_up_prints_its_progress(clone: Path) -> None:
    script = clone / "tools" / "setup.py"
    script.write_text(script.read_text().replace("STEP = 3.0", "STEP = 0.02"))
    done = set_up(clone)  # without a terminal
    assert done.returncode == 0
    steps = done.stdout.splitlines()[1:-1]
    assert any(line.startswith("setup: still at it, ") for line in steps)
    assert any(line.startswith("setup: 0 of 0 packages ") for line in steps)
