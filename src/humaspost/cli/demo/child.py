"""Other humaspost processes, started and always ended by this one."""

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
    """A child ended or did not speak in time; the message is what it said last."""


def environment() -> dict[str, str]:
    """The environment without this person's own keys, office and keyring: a demo touches none of them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUMASPOST_")}
    for name in ("HUMASPOST_LANGUAGE", "HUMASPOST_DEBUG"):
        if name in os.environ:
            kept[name] = os.environ[name]
    kept.pop("CREDENTIALS_DIRECTORY", None)
    return kept | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "PYTHONUNBUFFERED": "1"}


class Child:
    """``humaspost ARGS`` as a process whose standard output is read as lines of JSON."""

    def __init__(self, *args: str, cwd: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter, no shell
            [sys.executable, "-m", "humaspost", *args],
            cwd=cwd,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._said: deque[str] = deque(maxlen=6)
        self._listener = threading.Thread(target=self._listen, args=(self._process.stderr,), daemon=True)
        self._listener.start()
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()

    def _listen(self, stream: IO[str]) -> None:
        for line in stream:
            self._said.append(line.rstrip())

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def next(self, *, within: float) -> Any:
        """The next line's value. Raises ChildFailed after so many seconds, or when the child ended."""
        try:
            line = self._lines.get(timeout=max(0.0, within))
        except queue.Empty:
            raise ChildFailed(self.said() or f"no answer within {within:.0f} s") from None
        if line is None:
            self._lines.put(None)
            raise ChildFailed(self.said() or "it ended")
        return json.loads(line)

    def lines(self, *, until: float) -> Iterator[Any]:
        """The values of the lines that come before ``until`` (monotonic seconds) or the child's end."""
        while (left := until - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                return
            if line is None:
                self._lines.put(None)
                return
            yield json.loads(line)

    @property
    def ended(self) -> bool:
        """Whether the process is over."""
        return self._process.poll() is not None

    def said(self) -> str:
        """What is on its standard error, its last lines."""
        if self.ended:
            self._listener.join(timeout=1)
        return "\n".join(self._said)

    def end(self, *, patience: float = 10.0) -> int:
        """The process is over, asked first; its exit code."""
        if not self.ended:
            self._process.terminate()
        try:
            return self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def ask(*args: str, cwd: Path) -> Any:
    """The JSON document that ``humaspost ARGS`` prints. Raises ChildFailed where there is none."""
    done = subprocess.run(  # noqa: S603  our own interpreter, no shell
        [sys.executable, "-m", "humaspost", *args],
        cwd=cwd,
        env=environment(),
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
