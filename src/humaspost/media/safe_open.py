"""Safe opening of a checked file: inside the project, regular, and not through a new link."""

import os
import stat
from io import BufferedReader
from pathlib import Path

from humaspost.media import problems

_DIRECTORY_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
# O_NONBLOCK: a pipe in place of a file must not block the daemon.
_FILE_FLAGS = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def resolve_inside(root: Path, file: str, path: Path) -> Path:
    """Return the file's real path relative to ``root``; raise MediaProblem if it is outside.

    ``root`` is absolute and resolved, ``file`` is as written in the post, and ``path`` is the same made absolute.
    """
    if Path(file).is_absolute() or file[1:3] in (":\\", ":/") or file.startswith("\\"):
        raise problems.outside_project(file, is_absolute=True)
    try:
        relative = path.resolve().relative_to(root)
    except ValueError as error:
        # A NUL in the name raises ValueError too, and no file can have such a name.
        raise (
            problems.missing_file(file, path) if "\0" in file else problems.outside_project(file)
        ) from error
    except (OSError, RuntimeError) as error:  # a link to itself
        raise problems.missing_file(file, path) from error
    if any(component.startswith(".") for component in relative.parts[:-1]):
        raise problems.outside_project(file)
    return relative


def open_inside(root: Path, relative: Path) -> BufferedReader:
    """Open the regular file at ``relative``, following no links; raise OSError.

    A link that replaced a folder after ``resolve_inside`` is refused here (ELOOP or ENOTDIR).
    """
    if os.open not in os.supports_dir_fd:
        return open_regular(root / relative)
    folder = os.open(root, _DIRECTORY_FLAGS)
    try:
        for part in relative.parts[:-1]:
            below = os.open(part, _DIRECTORY_FLAGS | _NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        return _open_regular_descriptor(os.open(relative.name, _FILE_FLAGS | _BINARY, dir_fd=folder))
    finally:
        os.close(folder)


def open_regular(path: Path) -> BufferedReader:
    """Open the file itself, never the target of a link; raise OSError.

    Raises IsADirectoryError if the path is not a regular file.
    """
    return _open_regular_descriptor(os.open(path, _FILE_FLAGS | _BINARY))


def _open_regular_descriptor(descriptor: int) -> BufferedReader:
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise IsADirectoryError
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
