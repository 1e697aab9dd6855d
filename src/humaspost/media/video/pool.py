"""Children that convert: begun, asked after, and killed when their time is up; no thread waits for one."""

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
from humaspost.media.video.plan import CannotConvert
from humaspost.model.channel import NotFitYet

#: So many at once: each may fill a processor and a gigabyte.
AT_ONCE = 4
#: Seconds until it is worth asking again: for one that runs, and where there is no room to begin.
SOON = 0.5
LATER = 5.0
#: Ended so, it was the computer, not the film: it is begun again.
_STOPPED = {
    -int(getattr(signal, name))
    for name in ("SIGTERM", "SIGKILL", "SIGINT", "SIGHUP")
    if hasattr(signal, name)
}


class TooSlow(CannotConvert):
    """It was not done in its time, and was killed."""

    code = "media-not-converted-in-time"


@dataclass
class _Child:
    job: video_job.Job
    process: "subprocess.Popen[bytes]"
    seconds: float
    late: bool = False

    def __post_init__(self) -> None:
        self._alarm = threading.Timer(self.seconds, self._kill)
        self._alarm.daemon = True
        self._alarm.start()

    def _kill(self) -> None:
        if self.process.poll() is None:
            self.late = True
            self.process.kill()

    def bury(self) -> str:
        """What it said at its end; its draft is gone."""
        self._alarm.cancel()
        said, _nothing = self.process.communicate()
        Path(self.job.draft).unlink(missing_ok=True)
        return said.decode("utf-8", "replace").strip()


class Conversions:
    """One child for each target, for all threads; ``close`` ends them all.

    ``patience`` = ``begin`` waits so many seconds for the end, None = as long as it takes. ``most`` seconds
    are given to any.
    """

    def __init__(self, *, patience: float | None = 0.0, most: float = video_job.MOST) -> None:
        self._patience, self._most = patience, most
        self._children: dict[Path, _Child] = {}
        self._waiting: set[Path] = set()
        self._lock = threading.Lock()

    def look(self, target: Path) -> None:
        """There may be a result at ``target``; or it was never begun, and only ``begin`` knows whether it must be.

        Raises NotFitYet while it is being made or waits for room, and what kept it from being made, once:
        CannotConvert, TooSlow, InterruptedError.
        """
        with self._lock:
            child = self._children.get(target)
            if child is not None:
                self._ended(target, child)
            elif target in self._waiting:
                self._demand_room()

    def begin(self, job: video_job.Job, file: BinaryIO) -> None:
        """A child is at work on the open file; where it ended within our patience, as ``look``. Raises OSError.

        Raises NotFitYet where there is no room for one more.
        """
        target = video_job.target_of(job)
        with self._lock:
            if target not in self._children:
                self._waiting.add(target)
                self._demand_room()
                self._waiting.remove(target)
                self._children[target] = _started(job, file, seconds=min(job.seconds, self._most))
            child = self._children[target]
        if self._patience != 0:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(self._patience)
        self.look(target)

    def close(self) -> None:
        """None is at work any more, and nothing of theirs lies about."""
        with self._lock:
            for child in self._children.values():
                child.process.kill()
                child.bury()
            self._children.clear()

    def _demand_room(self) -> None:
        if sum(one.process.poll() is None for one in self._children.values()) >= AT_ONCE:
            raise NotFitYet(LATER)

    def _ended(self, target: Path, child: _Child) -> None:
        code = child.process.poll()
        if code is None:
            raise NotFitYet(SOON)
        del self._children[target]
        said = child.bury()
        if child.late:
            raise TooSlow(f"not done in {child.seconds:.0f} s")
        if code in _STOPPED:
            raise InterruptedError(errno.EINTR, os.strerror(errno.EINTR))
        if code:
            raise CannotConvert(said or f"FFmpeg broke off ({code})")


def _started(job: video_job.Job, file: BinaryIO, *, seconds: float) -> _Child:
    file.seek(0)
    process = subprocess.Popen(  # noqa: S603  our own interpreter, no shell
        # -P: a file named av.py in the office's folder is not imported.
        [sys.executable, "-P", "-m", "humaspost.media.video.ffmpeg_child", video_job.written(job)],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        # Ctrl-C is for us; we end it.
        start_new_session=True,
    )
    return _Child(job, process, seconds)


def _environment() -> dict[str, str]:
    """Ours without secrets: whoever breaks into FFmpeg finds none."""
    hidden = "CREDENTIALS_DIRECTORY"
    return {name: value for name, value in os.environ.items() if not name.startswith(("HUMASPOST_", hidden))}
