"""A pytest plugin: what no test does, whoever wrote it.

No test speaks to another computer, none runs where real credentials are, and none sleeps in the folders whose
code is pure. That those folders do not read the clock either is a test: ``tests/support/test_guard.py``.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support import loopback

#: Folders of tests/ whose code is given everything as an argument: it neither waits nor reads the clock.
PURE = ("content", "golden", "model", "planning", "policy", "property", "settings", "views")
#: Variables of two words that name no account's field.
_OPTIONS = {"HUMASPOST_LOAD_PLUGINS", "HUMASPOST_TEST_SECOND", loopback.REPORT}
#: The file in which every address that was refused is written down, by this process and by its children.
_REPORT = pytest.StashKey[Path]()
_FIELD = re.compile(r"HUMASPOST_[A-Z0-9]+_[A-Z0-9_]+")


def credentials(environ: Mapping[str, str]) -> list[str]:
    """Return the variables from which humaspost would take a real account's secret."""
    return sorted(
        name
        for name in environ
        if name == "CREDENTIALS_DIRECTORY" or (_FIELD.fullmatch(name.upper()) and name not in _OPTIONS)
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run beside real credentials; from here on nobody speaks to another computer."""
    if found := credentials(os.environ):
        names = " ".join(found)
        pytest.exit(f"real credentials are in the environment; first: unset {names}", returncode=4)
    descriptor, path = tempfile.mkstemp(prefix="humaspost-refused-")
    os.close(descriptor)
    config.stash[_REPORT] = Path(path)
    os.environ[loopback.REPORT] = path
    given = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    if str(loopback.CHILD) not in given:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(loopback.CHILD), *given])
    loopback.install()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the report of what was refused."""
    if report := config.stash.get(_REPORT, None):
        report.unlink()


@pytest.fixture(autouse=True)
def _speaks_to_this_computer_only(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test after which an address was refused, though its code may have swallowed the error."""
    yield
    report = request.config.stash[_REPORT]
    if found := report.read_text("utf-8"):
        report.write_text("", "utf-8")
        pytest.fail(found, pytrace=False)


@pytest.fixture(autouse=True)
def _never_sleeps(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test of a pure folder whose code, or which itself, sleeps."""
    folders = Path(request.node.path).parts
    if "tests" in folders and folders[folders.index("tests") + 1] in PURE:
        monkeypatch.setattr(time, "sleep", _refuse_to_sleep)


def _refuse_to_sleep(seconds: float, *, really: Callable[[float], None] = time.sleep) -> None:
    """Sleep for a library that waits for a lock or a child; our own code and our tests may not."""
    caller = str(sys._getframe(1).f_globals.get("__name__"))
    if caller.startswith(("humaspost.", "tests.", "test_")):
        pytest.fail(f"{caller} calls time.sleep({seconds}) in a folder whose code is given its sleep")
    really(seconds)
