"""Programs as they are typed, and the processor time that they cost."""

import json
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.program import COMMAND, ENVIRONMENT

#: The program as it is typed: always in a new interpreter, whose start is part of what it costs.
HUMASPOST = COMMAND
#: Without the modules of the tests: their guard would be measured too.
_ENVIRONMENT = ENVIRONMENT | {"PYTHONPATH": ""}
INSTALLED = Path(sys.executable).with_name("humaspost")


def run(command: Sequence[str | Path], *, cwd: Path, within: float = 600.0) -> str:
    """What the command said. Raises RuntimeError with its errors where it did not end with 0."""
    done = subprocess.run(
        command, cwd=cwd, env=_ENVIRONMENT, capture_output=True, text=True, timeout=within, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def cpu(work: Callable[[], object]) -> float:
    """Seconds of processor time of the processes that ``work`` starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


@contextmanager
def serving(command: Sequence[str], *, cwd: Path) -> Iterator[dict[str, Any]]:
    """A server runs; what it printed first, in JSON."""
    process = subprocess.Popen(command, cwd=cwd, env=_ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        told: dict[str, Any] = json.loads(process.stdout.readline())
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield told
    finally:
        process.terminate()
        process.wait(timeout=30)
