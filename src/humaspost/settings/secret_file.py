"""A file that holds a secret, with its last good content."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from humaspost.base.file_stamp import FileStamp, StampHistory
from humaspost.model.problem import Problem
from humaspost.settings.problems import ConfigError

T = TypeVar("T")


class SecretFile(Generic[T]):
    """A file that is read again once its stamp changed and it is settled.

    ``problem`` is why its newest version is not in use, or None. ``read`` gets the last good content, or None.
    """

    def __init__(self, path: Path, read: Callable[[Path, T | None], T], history: StampHistory) -> None:
        self.path = path
        self.problem: Problem | None = None
        self._read = read
        self._history = history
        self._stamp: FileStamp | None = None
        self._good: tuple[T] | None = None
        self._lock = threading.Lock()

    def content(self) -> T:
        """Return the content; raise ConfigError if the file cannot be used and never could."""
        with self._lock:
            stamp, is_settled = self._history.observe(self.path)
            if self._good is not None and (stamp == self._stamp or not is_settled):
                return self._good[0]
            try:
                content, problem = self._read(self.path, self._good[0] if self._good else None), None
            except ConfigError as error:
                if self._good is None:
                    raise
                content, problem = self._good[0], error.problems[0]
            self._stamp, self._good, self.problem = stamp, (content,), problem
            return content
