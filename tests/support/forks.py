"""The test's side of the fork server: ``ForkServer.start`` gives a process that answers as ``subprocess.Popen`` does."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tests.support.reference_data import ROOT

#: Variables that only the start of an interpreter, or the first import of the program, takes notice of.
_START_UP = ("PYTHON", "LANG", "LC_", "LD_", "DYLD_", "HUMASPOST_LANGUAGE")
#: Of those, what a fork can still obey.
_LATER = ("PYTHONUNBUFFERED", "PYTHON_KEYRING_BACKEND")


class Running(Protocol):
    """A process: what ``subprocess.Popen`` and ``ForkedProcess`` have in common."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def kill(self) -> None: ...


class ForkedProcess:
    """A program in a fork of the server, which is its parent; how it ended is told by the server."""

    def __init__(self, reply: socket.socket) -> None:
        self._reply = reply
        self._received = b""
        self.returncode: int | None = None
        self.pid = self._next_number()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0.0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._reply.settimeout(timeout)
            try:
                self.returncode = self._next_number()
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("humaspost", timeout or 0.0) from None
            self._reply.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send the signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def _next_number(self) -> int:
        while b"\n" not in self._received:
            data = self._reply.recv(64)
            if not data:
                raise RuntimeError("the fork server has ended")
            self._received += data
        number, _, self._received = self._received.partition(b"\n")
        return int(number)


class ForkServer:
    """A process that has imported the program, started at the first use; each start is a fork of it.

    ``environ`` is what it was started with, and what its forks find unless they are given more.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = dict(environ)
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def start(
        self, module: str, args: Sequence[str], *, cwd: Path, environ: Mapping[str, str], files: Sequence[int]
    ) -> ForkedProcess:
        """Run ``python -m MODULE ARGS`` with exactly this environment and these streams: stdin, stdout, stderr, and maybe a gate to wait at.

        At a gate, the reading end of a pipe, it waits for a byte or for the writing end to be closed.
        """
        different = {
            name
            for name in {*environ, *self.environ}
            if name.startswith(_START_UP) and environ.get(name) != self.environ.get(name)
        }
        if different - set(_LATER):
            raise ValueError(
                f"a fork cannot obey {sorted(different)}: use run_in_new_interpreter, or a ForkServer of its own"
            )
        reply, theirs = socket.socketpair()
        with self._lock, theirs:
            socket.send_fds(self._connected(), [b"!"], [theirs.fileno(), *files])
        order = {"module": module, "args": list(args), "cwd": str(cwd), "environ": dict(environ)}
        reply.sendall(json.dumps(order).encode() + b"\n")
        return ForkedProcess(reply)

    def close(self) -> None:
        """End the server, and every program of it that still runs."""
        if self._server and self._control:
            self._control.close()
            self._server.wait()
            self._server = self._control = None

    def _connected(self) -> socket.socket:
        if self._control is None:
            self._control, theirs = socket.socketpair()
            with theirs:
                self._server = subprocess.Popen(
                    [sys.executable, "-m", "tests.support.fork_server", str(theirs.fileno())],
                    cwd=ROOT,
                    env=self.environ,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            atexit.register(self.close)
        return self._control
