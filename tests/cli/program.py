"""The real program, as a process at width 80; and many of them, quickly, from one that is warm."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.shared import ROOT

#: What every test's program sees: no keys, no keyring, English, 80 columns, no colour.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "COLUMNS": "80",
    "LINES": "24",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "HUMASPOST_LANGUAGE": "en",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    "PYTHONPATH": str(ROOT),
}


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


def run(*args: str, cwd: Path, stdin: str = "", timeout: float = 60, **environ: str) -> Ran:
    """``humaspost ARGS`` has ended; its standard input is no terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "humaspost", *args],
        cwd=cwd,
        env=ENVIRONMENT | environ,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def ok(ran: Ran, code: int = 0) -> Ran:
    """The same, after showing what it said if it did not end with ``code``."""
    assert ran.code == code, f"exit {ran.code}\n{ran.out}\n{ran.err}"
    return ran


class Forks:
    """Runs many programs: each a fresh fork of one process that has imported everything already."""

    def __init__(self, **environ: str) -> None:
        self._environ = ENVIRONMENT | environ

    def __enter__(self) -> "Forks":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forks"],
            env=self._environ,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def run(self, *args: str, cwd: Path, **environ: str) -> Ran:
        """As ``run``, without the second that starting takes."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"args": args, "cwd": str(cwd), "environ": environ}) + "\n")
        self._process.stdin.flush()
        return Ran(**json.loads(self._process.stdout.readline()))
