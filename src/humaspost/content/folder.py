"""The scan of the posts folder: files that are posts, and files that are probably mistakes."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from humaspost.base.file_stamp import FileStamp
from humaspost.base.i18n import _
from humaspost.content.conflict_names import Evidence, match_copies
from humaspost.model.problem import Position, Problem, Severity

_POST_SUFFIXES = (".md", ".markdown")
_IGNORED_PREFIXES = (".", "#", "~")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class PostFile:
    """A file whose name makes it a post, with the ``stamp`` of its last scan.

    ``file`` is relative to the project and ``path`` is absolute. ``real_path`` is ``path`` with links resolved.
    Paths of media are relative to ``folder``.
    """

    file: str
    path: str
    real_path: str
    folder: Path
    stamp: FileStamp


def scan_folder(folder: Path, root: Path) -> tuple[list[PostFile], list[Problem]]:
    """Return every post file below ``folder``, sorted by path, and the problems of other files."""
    return _FolderScan(folder, root).result()


def find_post_file(path: str, *, root: Path) -> PostFile | None:
    """Return the plain file whose name makes it a post for ``scan_folder``, or None."""
    folder, name = os.path.split(path)
    if not name.lower().endswith(_POST_SUFFIXES) or _name_problem(name, folder=folder):
        return None
    try:
        status = os.lstat(path)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    file = os.path.relpath(folder, root).replace(os.sep, "/") + "/" + name
    return PostFile(file, path, path, Path(folder), FileStamp.of(status))


class _FolderScan:
    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root
        self.real_root = os.path.realpath(root)
        self.relative: dict[str, str] = {}
        self.visited_folders: set[tuple[int, int]] = set()
        self.files: list[PostFile] = []
        self.problems: list[Problem] = []

    def result(self) -> tuple[list[PostFile], list[Problem]]:
        """Return the post files and the problems, both sorted by path."""
        pending = [str(self.folder)]
        while pending:
            pending.extend(self._scan_folder(pending.pop()))
        self.files.sort(key=lambda found: found.file)
        self.problems.sort(key=lambda problem: problem.file)
        return self.files, self.problems

    def _scan_folder(self, path: str) -> Iterator[str]:
        folder = Path(path)
        try:
            status = folder.stat()
            entries = list(os.scandir(path))
        except OSError as error:
            self._report_unlistable(path, error)
            return
        if (status.st_dev, status.st_ino) in self.visited_folders:
            return
        self.visited_folders.add((status.st_dev, status.st_ino))
        for entry in entries:
            if not entry.name.startswith(_IGNORED_PREFIXES):
                yield from self._scan_entry(entry, folder)

    def _scan_entry(self, entry: "os.DirEntry[str]", folder: Path) -> Iterator[str]:
        name = entry.name.lower()
        try:
            if entry.is_dir():
                if not entry.is_symlink() or self._resolve_inside(entry):
                    yield entry.path
            elif name.endswith(_POST_SUFFIXES):
                self._add_post(entry, folder)
            elif name.endswith((".md.txt", ".markdown.txt")):
                self._add_problem(_hidden_extension(entry.name), entry.path)
        except OSError as error:
            self._add_problem(unreadable_message(error), entry.path)

    def _add_post(self, entry: "os.DirEntry[str]", folder: Path) -> None:
        problem = _name_problem(entry.name, folder=self._relative_path(str(folder)))
        if problem:
            self._add_problem(problem, entry.path)
            return
        linked = entry.is_symlink()
        if linked and not self._resolve_inside(entry):
            return
        real_path = os.path.realpath(entry.path) if linked else entry.path
        file = self._relative_path(str(folder)) + "/" + entry.name
        self.files.append(PostFile(file, entry.path, real_path, folder, FileStamp.of(entry.stat())))

    def _resolve_inside(self, entry: "os.DirEntry[str]") -> bool:
        real = os.path.realpath(entry.path)
        if real.startswith(self.real_root + os.sep):
            return True
        message = _("this is a link to something outside the project")
        hint = _("put the file itself here")
        self._add_problem(Problem("post-outside-project", message, hint), entry.path)
        return False

    def _relative_path(self, path: str) -> str:
        if path not in self.relative:
            self.relative[path] = os.path.relpath(path, self.root).replace(os.sep, "/")
        return self.relative[path]

    def _add_problem(self, problem: Problem, path: str) -> None:
        display_path = _UNPRINTABLE.sub("\ufffd", self._relative_path(path))
        self.problems.append(problem.with_position(display_path, Position(1, 1)))

    def _report_unlistable(self, path: str, error: OSError) -> None:
        if path == str(self.folder) and isinstance(error, FileNotFoundError):
            message = _("the folder of the posts is not there")
            hint = _("make it, or correct `posts` in config.toml")
            self._add_problem(Problem("posts-folder-missing", message, hint), path)
        else:
            self._add_problem(unreadable_message(error), path)


def _name_problem(name: str, *, folder: str) -> Problem | None:
    stem = name.rpartition(".")[0]
    if _UNPRINTABLE.search(name):
        message = _("the file's name holds characters that cannot be shown")
        return Problem("file-name", message, _("rename the file"))
    copies = [copy for copy in match_copies(stem) if copy.evidence is Evidence.NAME]
    if not copies:
        return None
    original = copies[0].original
    return conflict_copy_problem(f"{folder}/{original}{name[len(stem) :]}" if original else "")


def conflict_copy_problem(original: str = "") -> Problem:
    """Return the problem of a copy, of the file ``original`` if that is known."""
    if original:
        message = _("this looks like a copy of {file} that a sync program or a file manager made")
        message = message.format(file=original)
    else:
        message = _("this looks like a copy that a sync program or a file manager made")
    return Problem("conflict-copy", message, _("compare it with the original, then rename or delete it"))


def _hidden_extension(name: str) -> Problem:
    message = _("the file ends in .txt, so it is not a post")
    hint = _("rename it to {name}").format(name=_UNPRINTABLE.sub("\ufffd", name[:-4]))
    return Problem("hidden-extension", message, hint, severity=Severity.WARNING)


def unreadable_message(error: OSError) -> Problem:
    """Return the problem of a file or folder that the system does not let us read."""
    message = _("it cannot be read: {reason}").format(reason=error.strerror or type(error).__name__)
    return Problem("unreadable-file", message, _("look at its owner and permissions, or save it again"))


def read_bytes(file: PostFile, *, limit: int) -> tuple[bytes, FileStamp]:
    """Read at most ``limit`` + 1 bytes and return them with the stamp of the file read.

    Raises OSError.
    """
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    handle = os.open(file.real_path, flags | getattr(os, "O_CLOEXEC", 0))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, _("it is not a file"))
        raw = _read_up_to(handle, min(status.st_size, limit) + 1)
        return raw, FileStamp.of(os.fstat(handle))
    finally:
        os.close(handle)


def _read_up_to(handle: int, limit: int) -> bytes:
    """Read up to ``limit`` bytes, even if the system returns fewer at a time."""
    raw = os.read(handle, limit)
    while raw and len(raw) < limit:
        chunk = os.read(handle, limit - len(raw))
        if not chunk:
            break
        raw += chunk
    return raw
