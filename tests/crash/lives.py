"""Lives of the real program: each is a process of its own, forked where its modules are already imported.

A life begins in a tenth of a second instead of one and a half, so that thousands can be ended by SIGKILL.
"""

import io
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_PRELOAD = (
    "tests.crash.lives",
    "humaspost.app",
    "humaspost.app.scan",
    "humaspost.cli.console",
    "humaspost.cli.run",
    "humaspost.cli.schedule",
    "humaspost.cli.session",
    "humaspost.cli.status",
    "humaspost.cli.telling",
    "humaspost.delivery.daemon",
    "humaspost.settings.accounts",
    "humaspost.settings.read",
    "humaspost.channels.x.api",
    "humaspost.channels.instagram.api",
    "humaspost.channels.whatsapp.api",
    "humaspost.views.status",
    "sqlalchemy.dialects.sqlite",
    "typer._adapters",
    "watchfiles",
)
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(list(_PRELOAD))


def environment() -> dict[str, str]:
    """This one, without a developer's own keys."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUMASPOST_")}
    return kept | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "HUMASPOST_LANGUAGE": "en"}


class Life:
    """``humaspost ARGS`` from now on, its output at the end of ``log``; ``gated`` = only once it is told to ``go``."""

    def __init__(
        self, args: Sequence[str], *, folder: Path, log: Path, errors: Path | None = None, gated: bool = False
    ) -> None:
        hears, self._tell = _context.Pipe(duplex=False)
        given = (tuple(args), str(folder), str(log), str(errors or log), hears)
        self._process: ForkServerProcess = _context.Process(target=_live, args=given, daemon=True)
        self._process.start()
        hears.close()
        if not gated:
            self.go()

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process.pid
        return self._process.pid

    def go(self) -> None:
        """It runs."""
        self._tell.send(None)
        self._tell.close()

    def wait(self, within: float) -> int | None:
        """Its exit code, negative for a signal; None where it still lives after so many seconds."""
        self._process.join(within)
        return self._process.exitcode

    def kill(self) -> int:
        """It is over, by SIGKILL if it still lived; its exit code."""
        self._process.kill()
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode


def _live(args: Sequence[str], folder: str, log: str, errors: str, hears: Connection) -> None:
    hears.recv()
    hears.close()
    os.setsid()
    os.chdir(folder)
    for number, path in ((1, log), (2, errors)):
        sink = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(sink, number)
        os.close(sink)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", closefd=False), encoding="utf-8", write_through=True)
    os.environ.clear()
    os.environ.update(environment())
    sys.argv = ["humaspost", *args]
    from humaspost.__main__ import main

    main()
