"""The one way in which tests start the program: to its end (``run``) or in the background (``Process``).

By default it runs in a fork of a process that has imported it already. ``run_in_new_interpreter`` and ``server=None``
start a new interpreter: for tests about imports, start-up, or variables that Python reads when it starts.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.support import loopback
from tests.support.deadlines import SECOND
from tests.support.forks import ForkServer, Running
from tests.support.reference_data import ROOT

#: All that the program finds in its environment: no keys, no keyring, English, 80 columns, no colour.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "COLUMNS": "80",
    "LINES": "24",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "HUMASPOST_LANGUAGE": "en",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    "PYTHONFAULTHANDLER": "1",
    # Our own modules, and the guard that lets a program speak to this computer only.
    "PYTHONPATH": f"{ROOT}{os.pathsep}{loopback.CHILD}",
}
#: The program as it is typed, in a new interpreter.
COMMAND = (sys.executable, "-m", "humaspost")
SERVER = ForkServer(ENVIRONMENT)


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output; json.loads refuses anything beside it."""
        return json.loads(self.out)


def expect(completed: Completed, code: int = 0) -> Completed:
    """Return it; fail with all that it printed if it did not end with ``code``."""
    assert completed.code == code, f"exit {completed.code}\n{completed.out}\n{completed.err}"
    return completed


def start(
    *args: str,
    cwd: Path,
    stdin: int | IO[Any] = subprocess.DEVNULL,
    stdout: int | IO[Any] = subprocess.DEVNULL,
    stderr: int | IO[Any] = subprocess.DEVNULL,
    gate: int | None = None,
    server: ForkServer | None = SERVER,
    module: str = "humaspost",
    **environ: str,
) -> Running:
    """Start ``humaspost ARGS`` in a session of its own; ``server=None`` starts a new interpreter.

    With a ``gate`` (see ForkServer.start) the fork waits before the first line of the program.
    """
    if loopback.REPORT in os.environ:  # where the guard writes down what it refused
        environ = {loopback.REPORT: os.environ[loopback.REPORT], **environ}
    if server is None:
        assert gate is None, "only a fork can wait at a gate"
        return subprocess.Popen(
            [sys.executable, "-m", module, *args],
            cwd=cwd,
            env=ENVIRONMENT | environ,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    with Path(os.devnull).open("r+b") as null:
        streams = [null if stream == subprocess.DEVNULL else stream for stream in (stdin, stdout, stderr)]
        files = [stream if isinstance(stream, int) else stream.fileno() for stream in streams]
        files += [] if gate is None else [gate]
        return server.start(module, args, cwd=cwd, environ=server.environ | environ, files=files)


def run(
    *args: str,
    cwd: Path,
    stdin: str = "",
    within: float = 60 * SECOND,
    server: ForkServer | None = SERVER,
    module: str = "humaspost",
    **environ: str,
) -> Completed:
    """Run ``humaspost ARGS`` to its end; its standard input is no terminal."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        more: dict[str, Any] = {"server": server, "module": module, **environ}
        process = start(*args, cwd=cwd, stdin=given, stdout=out, stderr=err, **more)
        in_time = _wait(process, within)
        texts = [_text(file) for file in (out, err)]
    assert in_time, f"humaspost {' '.join(args)} did not end within {within} s:\n{texts[0]}\n{texts[1]}"
    return Completed(process.wait(), *texts)


def run_in_new_interpreter(*args: str, cwd: Path, **more: Any) -> Completed:
    """Run ``humaspost ARGS`` to its end in a new interpreter; ``more`` as of ``run``."""
    return run(*args, cwd=cwd, server=None, **more)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _wait(process: Running, within: float) -> bool:
    """Wait for the process; False = it had to be killed, after each of its threads printed where it is."""
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5 * SECOND)
        _kill_session(process)
        return False
    except BaseException:
        _kill_session(process)  # Ctrl-C ends the tests, and would leave it behind
        raise
    return True


def _kill_session(process: Running) -> None:
    """Kill the process and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Process:
    """``humaspost ARGS`` in the background; ``lines`` and ``errors`` are what it printed so far."""

    def __init__(
        self,
        *args: str,
        cwd: Path,
        transcript: list[str] | None = None,
        **more: Any,
    ) -> None:
        """Start it, and keep what it prints in the transcript too; ``more`` as of ``start``."""
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._transcript = [] if transcript is None else transcript
        self._new: queue.Queue[str] = queue.Queue()
        self._passed = 0
        pipes = [os.pipe(), os.pipe()]
        try:
            out, err = (writer for _reader, writer in pipes)
            self._process = start(*args, cwd=cwd, stdout=out, stderr=err, **more)
        finally:
            for _reader, writer in pipes:
                os.close(writer)
        self._readers = [
            threading.Thread(target=self._read, args=(reader, into), daemon=True)
            for (reader, _writer), into in zip(pipes, (self.lines, self.errors), strict=True)
        ]
        for thread in self._readers:
            thread.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit code; None while it runs."""
        return self._process.poll()

    def send_signal(self, number: int) -> None:
        """Send the signal, unless it has ended."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._process.kill()

    def _read(self, reader: int, into: list[str]) -> None:
        with open(reader, encoding="utf-8") as stream:
            for line in stream:
                into.append(line.rstrip("\n"))
                self._transcript.append(line)
                self._new.put(line)

    def line(self, fits: Callable[[str], bool] = bool, *, within: float = 30 * SECOND) -> str:
        """Return the first line on standard output, so far or from now on, that fits."""
        return self.lines[self._first(self.lines, fits, within)]

    def next_line(self, fits: Callable[[str], bool] = bool, *, within: float = 30 * SECOND) -> str:
        """Return the first line on standard output that fits after the one that this returned last."""
        number = self._first(self.lines, fits, within, start=self._passed)
        self._passed = number + 1
        return self.lines[number]

    def error(self, fits: Callable[[str], bool] = bool, *, within: float = 30 * SECOND) -> str:
        """Return the first line on standard error, so far or from now on, that fits."""
        return self.errors[self._first(self.errors, fits, within)]

    def _first(self, lines: list[str], fits: Callable[[str], bool], within: float, *, start: int = 0) -> int:
        end = time.monotonic() + within
        while True:
            # Asked before the lines are read: what a reader that is over has read stands in them.
            reading = any(thread.is_alive() for thread in self._readers)
            for number in range(start, len(lines)):
                if fits(lines[number]):
                    return number
            assert reading, f"it ended with {self.poll()}: {self.lines} {self.errors}"
            assert time.monotonic() < end, f"not printed within {within} s: {self.lines} {self.errors}"
            try:
                self._new.get(timeout=0.05)
            except queue.Empty:
                continue

    def end(self, number: int = signal.SIGTERM, *, within: float = 35 * SECOND) -> int:
        """Send the signal unless it has ended; return the exit code."""
        self.send_signal(number)
        return self.wait(within=within)

    def wait(self, *, within: float) -> int:
        """Return the exit code, once it has ended by itself."""
        in_time = _wait(self._process, within)
        for thread in self._readers:
            thread.join(5 * SECOND)
        printed = "\n".join([*self.lines, *self.errors])
        assert in_time, f"it did not end within {within} s:\n{printed}"
        return self._process.wait()
