"""The wheel, as somebody installs it: in a fresh environment, with no repository around it."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.support.deadlines import SECOND
from tests.support.program import ENVIRONMENT
from tests.support.reference_data import ROOT

#: What its tests share is made once.
pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``humaspost`` of a fresh environment; its dependencies are this one's, so nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, *build, str(ROOT)], check=True, timeout=120 * SECOND)
    (wheel,) = folder.glob("humaspost-*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    site = _site(python)
    install = ["-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([sys.executable, *install, str(wheel)], check=True, timeout=120 * SECOND)
    # Only the packages' folder, not their .pth files: the editable install of the source stays out of sight.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "env" / "bin" / "humaspost"


def _site(python: Path) -> Path:
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(
        subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    )


def run(program: Path, *args: str, cwd: Path) -> str:
    """What the program said, ending with 0."""
    clean = {name: value for name, value in ENVIRONMENT.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [program, *args],
        cwd=cwd,
        env=clean,
        capture_output=True,
        text=True,
        timeout=120 * SECOND,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_brings_all_it_needs(installed: Path, tmp_path: Path) -> None:
    assert "Start with: humaspost demo" in run(installed, "--help", cwd=tmp_path)
    where = "import humaspost; print(humaspost.__file__)"
    python = installed.with_name("python")
    home = subprocess.run([python, "-c", where], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert home.stdout.startswith(str(installed.parents[1])), "the wheel's own, not the source"
    run(installed, "init", "kantor", cwd=tmp_path)
    run(installed, "check", cwd=tmp_path / "kantor")


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    said = run(installed, "demo", cwd=tmp_path)
    assert ", 0 failed, 0 unknown, " in said
    assert list(tmp_path.iterdir()) == []
