"""Child processes that convert media: started, polled, and killed at a time limit."""

import errno
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from humaspost.media.video import job as video_job
from humaspost.media.video.plan import ConversionFailed
from humaspost.model.channel import MediaNotReady

#: Children at once: each may use a processor and a gigabyte.
MAX_CHILDREN = 4
#: Seconds until the next useful poll: of a running child, and of a full pool.
RETRY_SECONDS = 0.5
FULL_RETRY_SECONDS = 5.0
#: After these exit codes the cause was the computer, not the video: the conversion starts again.
_SIGNAL_EXIT_CODES = {
    -int(getattr(signal, name))
    for name in ("SIGTERM", "SIGKILL", "SIGINT", "SIGHUP")
    if hasattr(signal, name)
}


class ConversionTimeout(ConversionFailed):
    """The conversion exceeded its time limit and was killed."""

    code = "media-not-converted-in-time"


@dataclass
class _ConversionChild:
    job: video_job.ConversionJob
    process: "subprocess.Popen[bytes]"
    timeout: float
    timed_out: bool = False

    def __post_init__(self) -> None:
        self._timer = threading.Timer(self.timeout, self._kill)
        self._timer.daemon = True
        self._timer.start()

    def _kill(self) -> None:
        if self.process.poll() is None:
            self.timed_out = True
            self.process.kill()

    def collect(self) -> str:
        """Return the child's output after its end, and delete its draft."""
        self._timer.cancel()
        output, _no_stderr = self.process.communicate()
        Path(self.job.draft).unlink(missing_ok=True)
        return output.decode("utf-8", "replace").strip()


class ConversionPool:
    """One child for each target, for all threads; ``close`` ends them all.

    ``start`` waits ``wait_seconds`` for the child's end; None waits until it ends. ``max_seconds`` limits every job.
    """

    def __init__(
        self, *, wait_seconds: float | None = 0.0, max_seconds: float = video_job.MAX_SECONDS
    ) -> None:
        self._wait_seconds, self._max_seconds = wait_seconds, max_seconds
        self._children: dict[Path, _ConversionChild] = {}
        self._queued: set[Path] = set()
        self._lock = threading.Lock()

    def poll(self, target: Path) -> None:
        """Check the conversion of ``target``; return if it is done or not started.

        Raises MediaNotReady while it is running or waits for a free place. Raises the error of a failed conversion once:
        ConversionFailed, ConversionTimeout or InterruptedError.
        """
        with self._lock:
            child = self._children.get(target)
            if child is not None:
                self._check_child(target, child)
            elif target in self._queued:
                self._check_capacity()

    def start(self, conversion: video_job.ConversionJob, file: BinaryIO) -> None:
        """Start a child on the open file unless one is running, then poll as ``poll`` does.

        Raises MediaNotReady if the pool is full, and OSError.
        """
        target = video_job.target_path(conversion)
        with self._lock:
            if target not in self._children:
                self._queued.add(target)
                self._check_capacity()
                self._queued.remove(target)
                self._children[target] = _start_child(
                    conversion, file, timeout=min(conversion.timeout, self._max_seconds)
                )
            child = self._children[target]
        if self._wait_seconds != 0:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(self._wait_seconds)
        self.poll(target)

    def close(self) -> None:
        """Kill all children and delete their drafts."""
        with self._lock:
            for child in self._children.values():
                child.process.kill()
                child.collect()
            self._children.clear()

    def _check_capacity(self) -> None:
        if sum(one.process.poll() is None for one in self._children.values()) >= MAX_CHILDREN:
            raise MediaNotReady(FULL_RETRY_SECONDS)

    def _check_child(self, target: Path, child: _ConversionChild) -> None:
        code = child.process.poll()
        if code is None:
            raise MediaNotReady(RETRY_SECONDS)
        del self._children[target]
        output = child.collect()
        if child.timed_out:
            raise ConversionTimeout(f"not done in {child.timeout:.0f} s")
        if code in _SIGNAL_EXIT_CODES:
            raise InterruptedError(errno.EINTR, os.strerror(errno.EINTR))
        if code:
            raise ConversionFailed(output or f"FFmpeg broke off ({code})")


def _start_child(conversion: video_job.ConversionJob, file: BinaryIO, *, timeout: float) -> _ConversionChild:
    file.seek(0)
    process = subprocess.Popen(  # noqa: S603  our own interpreter, no shell
        # -P: a file named av.py in the office's folder is not imported.
        [sys.executable, "-P", "-m", "humaspost.media.video.ffmpeg_child", video_job.to_json(conversion)],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment_without_secrets(),
        # Ctrl-C is for the parent, which ends the child.
        start_new_session=True,
    )
    return _ConversionChild(conversion, process, timeout)


def _environment_without_secrets() -> dict[str, str]:
    """Return our environment without secrets: an attacker inside FFmpeg finds none."""
    hidden_prefix = "CREDENTIALS_DIRECTORY"
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HUMASPOST_", hidden_prefix))
    }
