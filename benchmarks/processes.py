"""Programs as a user runs them, and the processor time that they need."""

import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.program import COMMAND, ENVIRONMENT

#: The program as a user runs it: in a new interpreter, whose start is part of the cost.
HUMASPOST = COMMAND
#: Without the modules of the tests: the measurement would include their network guard. Python keeps what it
#: compiled, as it does for a user, whatever the developer's own environment says.
_ENVIRONMENT = ENVIRONMENT | {"PYTHONPATH": ""}
_ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)
INSTALLED = Path(sys.executable).with_name("humaspost")


def run(command: Sequence[str | Path], *, cwd: Path, within: float = 600.0) -> str:
    """Return the output of the command; raise RuntimeError with its errors on a failure."""
    done = subprocess.run(
        command, cwd=cwd, env=_ENVIRONMENT, capture_output=True, text=True, timeout=within, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def run_for(command: Sequence[str | Path], *, cwd: Path, seconds: float) -> None:
    """Run the command, and end it after so many seconds."""
    with running(command, cwd=cwd):
        time.sleep(seconds)


@contextmanager
def running(command: Sequence[str | Path], *, cwd: Path) -> Iterator[None]:
    """Run the command meanwhile, and end it then."""
    process = subprocess.Popen(command, cwd=cwd, env=_ENVIRONMENT, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def cpu(work: Callable[[], object]) -> float:
    """Return the processor time in seconds of the processes that ``work`` starts and awaits."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


@contextmanager
def serving(command: Sequence[str], *, cwd: Path) -> Iterator[dict[str, Any]]:
    """Run a server and yield the JSON that it prints first."""
    process = subprocess.Popen(command, cwd=cwd, env=_ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        announced: dict[str, Any] = json.loads(process.stdout.readline())
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield announced
    finally:
        process.terminate()
        process.wait(timeout=30)
