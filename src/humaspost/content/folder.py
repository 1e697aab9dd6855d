"""Which files in the posts folder are posts, and what else lies there that somebody meant as one."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from humaspost.base.i18n import _
from humaspost.model.problem import Place, Problem, Severity

Stamp = tuple[int, int, int, int]

_POST = (".md", ".markdown")
_IGNORED = (".", "#", "~")
#: What Drive, Dropbox, OneDrive, Syncthing and two Explorers call a copy.
_COPY = re.compile(
    r"\s?\(\d+\)$| -? ?(?:salinan|copy)(?: ?\(\d+\)| \d+)?$|^(?:salinan dari|copy of) "
    r"|\.sync-conflict-|conflicted copy|\([^()]*conflict[^()]*\)$|\([^()]*konflik[^()]*\)$",
    re.IGNORECASE,
)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is a post by its name; ``stamp`` is how it looked.

    ``file`` is relative to the project, ``path`` absolute, ``real`` the same behind any link, ``folder``
    what the post's media are relative to.
    """

    file: str
    path: str
    real: str
    folder: Path
    stamp: Stamp


def stamp(status: os.stat_result) -> Stamp:
    """What changes when a file does: device, inode, size and time of change in nanoseconds."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def scan(folder: Path, root: Path) -> tuple[list[Found], list[Problem]]:
    """Every post file below ``folder`` by path, and problems with what cannot be one."""
    return _Scan(folder, root).result()


class _Scan:
    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root
        self.real = os.path.realpath(root)
        self.relative: dict[str, str] = {}
        self.seen: set[tuple[int, int]] = set()
        self.found: list[Found] = []
        self.problems: list[Problem] = []

    def result(self) -> tuple[list[Found], list[Problem]]:
        """Both lists, in the order of the paths."""
        pending = [str(self.folder)]
        while pending:
            pending.extend(self._folder(pending.pop()))
        self.found.sort(key=lambda found: found.file)
        self.problems.sort(key=lambda problem: problem.file)
        return self.found, self.problems

    def _folder(self, path: str) -> Iterator[str]:
        here = Path(path)
        try:
            status = here.stat()
            entries = list(os.scandir(path))
        except OSError as error:
            self._unlisted(path, error)
            return
        if (status.st_dev, status.st_ino) in self.seen:
            return
        self.seen.add((status.st_dev, status.st_ino))
        for entry in entries:
            if not entry.name.startswith(_IGNORED):
                yield from self._entry(entry, here)

    def _entry(self, entry: "os.DirEntry[str]", here: Path) -> Iterator[str]:
        name = entry.name.lower()
        try:
            if entry.is_dir():
                if not entry.is_symlink() or self._inside(entry):
                    yield entry.path
            elif name.endswith(_POST):
                self._post(entry, here)
            elif name.endswith((".md.txt", ".markdown.txt")):
                self._tell(_hidden_extension(entry.name), entry.path)
        except OSError as error:
            self._tell(unreadable(error), entry.path)

    def _post(self, entry: "os.DirEntry[str]", here: Path) -> None:
        problem = _name_problem(entry.name)
        if problem:
            self._tell(problem, entry.path)
            return
        linked = entry.is_symlink()
        if linked and not self._inside(entry):
            return
        real = os.path.realpath(entry.path) if linked else entry.path
        file = self._relative(str(here)) + "/" + entry.name
        self.found.append(Found(file, entry.path, real, here, stamp(entry.stat())))

    def _inside(self, entry: "os.DirEntry[str]") -> bool:
        real = os.path.realpath(entry.path)
        if real.startswith(self.real + os.sep):
            return True
        message = _("this is a link to something outside the project")
        hint = _("put the file itself here")
        self._tell(Problem("post-outside-project", message, hint), entry.path)
        return False

    def _relative(self, path: str) -> str:
        if path not in self.relative:
            self.relative[path] = os.path.relpath(path, self.root).replace(os.sep, "/")
        return self.relative[path]

    def _tell(self, problem: Problem, path: str) -> None:
        shown = _UNPRINTABLE.sub("\ufffd", self._relative(path))
        self.problems.append(problem.at(shown, Place(1, 1)))

    def _unlisted(self, path: str, error: OSError) -> None:
        if path == str(self.folder) and isinstance(error, FileNotFoundError):
            message = _("the folder of the posts is not there")
            hint = _("make it, or correct `posts` in config.toml")
            self._tell(Problem("posts-folder-missing", message, hint), path)
        else:
            self._tell(unreadable(error), path)


def _name_problem(name: str) -> Problem | None:
    stem = name.rpartition(".")[0]
    if _UNPRINTABLE.search(name):
        message = _("the file's name holds characters that cannot be shown")
        return Problem("file-name", message, _("rename the file"))
    if _COPY.search(stem):
        message = _("this looks like a copy that a sync program or a file manager made")
        return Problem("conflict-copy", message, _("compare it with the original, then rename or delete it"))
    return None


def _hidden_extension(name: str) -> Problem:
    message = _("the file ends in .txt, so it is not a post")
    hint = _("rename it to {name}").format(name=_UNPRINTABLE.sub("\ufffd", name[:-4]))
    return Problem("hidden-extension", message, hint, severity=Severity.WARNING)


def unreadable(error: OSError) -> Problem:
    """The problem of a file or folder that the system does not let us read."""
    message = _("it cannot be read: {reason}").format(reason=error.strerror or type(error).__name__)
    return Problem("unreadable-file", message, _("look at its owner and permissions, or save it again"))


def read_bytes(found: Found, *, limit: int) -> tuple[bytes, Stamp]:
    """At most ``limit`` + 1 bytes, and the stamp of exactly what was read. Raises OSError."""
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    handle = os.open(found.real, flags | getattr(os, "O_CLOEXEC", 0))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, _("it is not a file"))
        raw = _read(handle, min(status.st_size, limit) + 1)
        return raw, stamp(os.fstat(handle))
    finally:
        os.close(handle)


def _read(handle: int, most: int) -> bytes:
    """Up to ``most`` bytes, however few the system hands over at a time."""
    raw = os.read(handle, most)
    while raw and len(raw) < most:
        more = os.read(handle, most - len(raw))
        if not more:
            break
        raw += more
    return raw
