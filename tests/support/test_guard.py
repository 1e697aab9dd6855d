"""What no test does is refused: each promise of ``tests.support.guard`` is broken here once, in a run of its own."""

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.deadlines import SECOND
from tests.support.guard import PURE, credentials
from tests.support.loopback import is_local
from tests.support.reference_data import ROOT

#: What its tests share is made once.
pytestmark = pytest.mark.xdist_group("guard")

_OUTSIDE = """
import contextlib, os, socket, subprocess, sys, threading, time

def test_connect():
    with contextlib.suppress(OSError), socket.socket() as sock:
        sock.settimeout(0.01)
        sock.connect(("192.0.2.1", 80))

def test_send():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"halo", ("192.0.2.1", 53))

def test_name():
    with contextlib.suppress(OSError):
        socket.getaddrinfo("humaspost.example", 443)

def test_thread():
    def ask():
        with contextlib.suppress(OSError):
            socket.create_connection(("2001:db8::1", 80))
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()

def test_child():
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=0.01)"
    subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
"""
_INSIDE = """
import socket

def test_loopback():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
        socket.create_connection(("localhost", server.getsockname()[1])).close()

def test_files():
    near, far = socket.socketpair()
    with near, far:
        near.send(b"halo")
"""
_SLEEPS = "import time\n\ndef test_sleep():\n    time.sleep(0)\n"
#: Packages that are given ``now``; their tests stand in the pure folders.
_PACKAGES = ("content", "model", "planning", "policy", "settings", "views")
_CLOCKS = {"now", "utcnow", "today", "time", "localtime", "gmtime", "time_ns"}


def _run(root: Path, *, sources: Mapping[str, str], **environ: str) -> str:
    """Return what pytest says of these tests, by their folder in tests/, under the guard alone."""
    for folder, source in sources.items():
        path = root / "tests" / folder / f"test_{folder}.py"
        path.parent.mkdir(parents=True)
        path.write_text(source, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.guard", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", str(root), "-rA", str(root)],
        cwd=root,
        env=os.environ | {"COLUMNS": "400", "PYTHONPATH": str(ROOT)} | environ,
        capture_output=True,
        text=True,
        timeout=60 * SECOND,
        check=False,
    )
    return ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of one test for each promise that is broken, and for each that is kept."""
    sources = {"web": _OUTSIDE, "media": _INSIDE, "delivery": _SLEEPS, "model": _SLEEPS, "property": _SLEEPS}
    return _run(tmp_path_factory.mktemp("guarded"), sources=sources)


@pytest.mark.parametrize("how", ["connect", "send", "name", "thread", "child"])
def test_a_connection_to_another_computer_is_refused_with_a_message(report: str, how: str) -> None:
    reason = next(
        line for line in report.splitlines() if line.startswith(f"tests/web/test_web.py::test_{how}: socket.")
    )
    address = {"name": "humaspost.example", "thread": "2001:db8::1"}.get(how, "192.0.2.1")
    assert reason.endswith(f" to '{address}'; tests speak to this computer only")
    assert f"ERROR tests/web/test_web.py::test_{how}" in report


@pytest.mark.parametrize("how", ["loopback", "files"])
def test_this_computer_can_be_connected_to(report: str, how: str) -> None:
    assert f"PASSED tests/media/test_media.py::test_{how}\n" in report
    assert f"ERROR tests/media/test_media.py::test_{how}" not in report


@pytest.mark.parametrize("folder", ["model", "property"])
def test_who_sleeps_in_a_pure_folder_fails(report: str, folder: str) -> None:
    reason = f"Failed: test_{folder} calls time.sleep(0) in a folder whose code is given its sleep"
    assert f"FAILED tests/{folder}/test_{folder}.py::test_sleep - {reason}" in report


def test_in_other_folders_a_test_can_sleep(report: str) -> None:
    assert "PASSED tests/delivery/test_delivery.py::test_sleep\n" in report


def test_no_test_runs_beside_real_credentials(tmp_path: Path) -> None:
    report = _run(tmp_path, sources={"media": _INSIDE}, HUMASPOST_X_API_KEY="rahasia-4711")
    assert "real credentials are in the environment; first: unset HUMASPOST_X_API_KEY\n" in report
    assert "passed" not in report
    assert "rahasia" not in report


def test_every_way_to_give_a_secret_is_listed() -> None:
    names = ["CREDENTIALS_DIRECTORY", "HUMASPOST_HUMAS_ACCESS_TOKEN", "HUMASPOST_MEDIA_ACCESS_KEY_ID_FILE"]
    assert credentials(dict.fromkeys([*names, "HOME"], "x")) == names


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", b"localhost", "", None]
)
def test_this_computer_has_many_addresses(host: str | bytes | None) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.1", "192.0.2.1", "::ffff:10.0.0.1", "graph.example"]
)
def test_everything_else_is_elsewhere(host: str) -> None:
    assert not is_local(host)


def test_the_options_of_humaspost_are_no_credentials() -> None:
    ours = "SHARED FULL CONFIG DEBUG LANGUAGE LOAD_PLUGINS TEST_SECOND TEST_REFUSED"
    assert credentials({f"HUMASPOST_{name}": "1" for name in ours.split()}) == []


def _clock_calls(path: Path) -> list[str]:
    """Return the calls in a file that ask the computer what time it is."""
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _CLOCKS
        and ast.unparse(node.func.value) in {"datetime", "date", "time", "datetime.datetime", "datetime.date"}
    ]


def test_pure_code_is_given_the_time() -> None:
    tests = [path for name in PURE for path in (ROOT / "tests" / name).rglob("*.py")]
    sources = [path for name in _PACKAGES for path in (ROOT / "src/humaspost" / name).rglob("*.py")]
    assert len(sources) > 50
    assert [call for path in [*tests, *sources] for call in _clock_calls(path)] == []


def test_a_clock_that_is_read_is_detected() -> None:
    assert _clock_calls(ROOT / "src/humaspost/sandbox/state.py")
