"""Processes of the real program: each is a fork (see tests.support.program), so that thousands can be ended by SIGKILL."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.program import start


class ProgramProcess:
    """``humaspost ARGS`` from now on, its output at the end of ``log``; ``gated`` = only after ``resume``."""

    def __init__(
        self, args: Sequence[str], *, folder: Path, log: Path, errors: Path | None = None, gated: bool = False
    ) -> None:
        waits, self._gate = os.pipe()
        with log.open("ab") as out, (errors or log).open("ab") as err:
            # Unbuffered: what it printed before it was killed is in the log.
            self._process = start(*args, cwd=folder, stdout=out, stderr=err, gate=waits, PYTHONUNBUFFERED="1")
        os.close(waits)
        if not gated:
            self.resume()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def resume(self) -> None:
        """It runs."""
        os.close(self._gate)

    def wait(self, within: float) -> int | None:
        """Its exit code, negative for a signal; None where it still lives after so many seconds."""
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> int:
        """It is over, by SIGKILL if it still lived; its exit code."""
        self._process.kill()
        return self._process.wait()
