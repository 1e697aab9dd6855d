"""Run ``python -m humaspost`` in forks of a process that has imported it: ``python -m tests.support.fork_server FD``.

A fork starts in milliseconds where a new interpreter takes a second. It leaves the loop of the server, runs the module
as the main program, and ends as the interpreter ends one.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

#: What third parties import on first use only; a name that is absent costs time, nothing else.
_LATE = (
    "humaspost.channels.instagram.session",
    "humaspost.channels.whatsapp.session",
    "humaspost.channels.x.session",
    "sqlalchemy.dialects.sqlite",
    "typer._adapters",
    "watchfiles",
)
_STREAMS = ("stdin", "stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Order:
    """A program to run: its module, words, folder and environment; its streams, then a gate if it has one."""

    module: str
    args: list[str]
    cwd: str
    environ: dict[str, str]
    files: list[int]


class Server:
    """Fork for each order from ``control``, and report on the order's own socket the pid, then how it ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._running: dict[int, socket.socket] = {}
        self._wakeup, self._waker = socket.socketpair()
        for end in (self._wakeup, self._waker):
            end.setblocking(False)

    def next_order(self) -> Order | None:
        """Return the order in the fork that is to run it; return None in the server when ``control`` is closed."""
        signal.set_wakeup_fd(self._waker.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as selector:
            for source in (self._control, self._wakeup):
                selector.register(source, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _events in selector.select()}
                if self._wakeup in ready:
                    self._report_ended()
                if self._control in ready:
                    data, files, _flags, _address = socket.recv_fds(self._control, 1, 5)
                    if not data:
                        self._kill_running()
                        return None
                    if order := self._fork(socket.socket(fileno=files[0]), files[1:]):
                        return order

    def _fork(self, reply: socket.socket, files: list[int]) -> Order | None:
        received = _receive_line(reply)
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for sock in (reply, self._control, self._wakeup, self._waker, *self._running.values()):
                sock.close()
            return Order(**received, files=files)
        for file in files:
            os.close(file)
        self._running[child] = reply
        _send(reply, child)
        return None

    def _report_ended(self) -> None:
        while self._wakeup_pending():
            pass
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                reply = self._running.pop(ended[0])
                _send(reply, os.waitstatus_to_exitcode(ended[1]))
                reply.close()

    def _wakeup_pending(self) -> bool:
        try:
            return bool(self._wakeup.recv(4096))
        except BlockingIOError:
            return False

    def _kill_running(self) -> None:
        """Kill what runs: the tests that started it are over, so nobody else would."""
        for child in self._running:
            with contextlib.suppress(OSError):
                os.killpg(child, signal.SIGKILL)


def _receive_line(reply: socket.socket) -> dict[str, Any]:
    data = b""
    while not data.endswith(b"\n"):
        data += reply.recv(1 << 16)
    received: dict[str, Any] = json.loads(data)
    return received


def _send(reply: socket.socket, number: int) -> None:
    # Who gave the order may be gone: nobody needs the answer then.
    with contextlib.suppress(OSError):
        reply.sendall(f"{number}\n".encode())


def preload() -> None:
    """Import every module of the program, so that no fork has to."""
    from humaspost.cli.language import from_environment

    # As the program does: texts of options are translated when their modules are imported.
    from_environment()
    package = importlib.import_module("humaspost")
    for module in pkgutil.walk_packages(package.__path__, "humaspost."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    for name in _LATE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # A fork has one thread only, and would wait for ever for a lock that another one held.
    tasks = Path("/proc/self/task")
    threads = len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()
    assert threads == 1, f"importing humaspost started {threads - 1} threads"
    gc.collect()
    gc.freeze()  # a collection in a fork would copy every page


def become(order: Order) -> None:
    """Make this process what ``python -m humaspost ARGS`` is before its first line, in a session of its own."""
    os.setsid()
    for number, file in enumerate(order.files[:3]):
        os.dup2(file, number)
    os.environ.clear()
    os.environ.update(order.environ)
    time.tzset()
    os.chdir(order.cwd)
    for number, name in enumerate(_STREAMS):
        _open_stream(number, name)
    sys.path[0] = order.cwd
    sys.argv = [order.module, *order.args]
    sys.orig_argv = [sys.executable, "-m", order.module, *order.args]
    for gate in order.files[3:]:
        os.read(gate, 1)
    for file in order.files:
        os.close(file)


def _open_stream(number: int, name: str) -> None:
    """Open the stream as the interpreter does; its encoding is chosen by variables that Python reads at its start."""
    previous = getattr(sys, name)
    unbuffered = number > 0 and bool(os.environ.get("PYTHONUNBUFFERED"))
    stream = open(  # noqa: SIM115  # it is open as long as the process
        number,
        "w" if number else "r",
        buffering=1 if number == 2 or os.isatty(number) else -1,
        encoding=previous.encoding,
        errors=previous.errors,
        newline="\n",
        closefd=False,
    )
    if unbuffered:
        stream.reconfigure(write_through=True)
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def end(ended: SystemExit) -> NoReturn:
    """End the process as the interpreter does after SystemExit, but leave its memory to the system.

    The interpreter would now take every module apart, which is most of the time that a fork takes.
    """
    code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    if not isinstance(ended.code, int | None):
        sys.stderr.write(f"{ended.code}\n")
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            code = 120
            with contextlib.suppress(OSError):
                sys.stderr.write(f"Exception ignored in: {stream!r}\n{type(error).__name__}: {error}\n")
    os._exit(code & 0xFF)


if __name__ == "__main__":
    preload()
    if (order := Server(socket.socket(fileno=int(sys.argv[1]))).next_order()) is not None:
        become(order)
        # Every other exception than SystemExit is left to the interpreter: a trace, or death by SIGINT.
        try:
            runpy.run_module(order.module, run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            end(ended)
        end(SystemExit())
