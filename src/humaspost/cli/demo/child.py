"""Child processes that run humaspost; this process starts and always ends them."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any


class ChildFailed(Exception):
    """A child that ended or sent nothing in time; the message is its last output."""


def clean_environment() -> dict[str, str]:
    """Return the environment without the user's own keys, office and keyring."""
    # A demo must not touch any of them.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUMASPOST_")}
    for name in ("HUMASPOST_LANGUAGE", "HUMASPOST_DEBUG"):
        if name in os.environ:
            kept[name] = os.environ[name]
    kept.pop("CREDENTIALS_DIRECTORY", None)
    return kept | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "PYTHONUNBUFFERED": "1"}


class ChildProcess:
    """A process ``humaspost ARGS`` whose standard output is read as lines of JSON."""

    def __init__(self, *args: str, cwd: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter, no shell
            [sys.executable, "-m", "humaspost", *args],
            cwd=cwd,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._messages: queue.Queue[str | None] = queue.Queue()
        self._stderr_lines: deque[str] = deque(maxlen=6)
        self._reader = threading.Thread(target=self._read_messages, args=(self._process.stderr,), daemon=True)
        self._reader.start()
        threading.Thread(target=self._read_stderr, args=(self._process.stdout,), daemon=True).start()

    def _read_messages(self, stream: IO[str]) -> None:
        for line in stream:
            self._stderr_lines.append(line.rstrip())

    def _read_stderr(self, stream: IO[str]) -> None:
        for line in stream:
            self._messages.put(line)
        self._messages.put(None)

    def __enter__(self) -> "ChildProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.terminate()

    def read_next(self, *, timeout: float) -> Any:
        """Return the value of the next line; raise ChildFailed after the timeout or the child's end."""
        try:
            line = self._messages.get(timeout=max(0.0, timeout))
        except queue.Empty:
            raise ChildFailed(self.error_text() or f"no answer within {timeout:.0f} s") from None
        if line is None:
            self._messages.put(None)
            raise ChildFailed(self.error_text() or "it ended")
        return json.loads(line)

    def messages(self, *, until: float) -> Iterator[Any]:
        """Yield the values of lines until ``until`` (monotonic seconds) or the child's end."""
        while (remaining := until - time.monotonic()) > 0:
            try:
                line = self._messages.get(timeout=remaining)
            except queue.Empty:
                return
            if line is None:
                self._messages.put(None)
                return
            yield json.loads(line)

    @property
    def has_ended(self) -> bool:
        """Return True if the process ended."""
        return self._process.poll() is not None

    def error_text(self) -> str:
        """Return the last lines of its standard error."""
        if self.has_ended:
            self._reader.join(timeout=1)
        return "\n".join(self._stderr_lines)

    def terminate(self, *, timeout: float = 10.0) -> int:
        """Ask the process to end, kill it after the timeout, and return its exit code."""
        if not self.has_ended:
            self._process.terminate()
        try:
            return self._process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def read_json(*args: str, cwd: Path) -> Any:
    """Return the JSON document that ``humaspost ARGS`` prints; raise ChildFailed without one."""
    done = subprocess.run(  # noqa: S603  our own interpreter, no shell
        [sys.executable, "-m", "humaspost", *args],
        cwd=cwd,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ChildFailed(done.stderr.strip() or f"exit {done.returncode}") from None
