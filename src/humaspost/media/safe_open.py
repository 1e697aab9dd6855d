"""Opening the very file that was looked at: inside the project, regular, by no link that was put there since."""

import os
import stat
from io import BufferedReader
from pathlib import Path

from humaspost.media import problems

_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
# A pipe that stands where a file should must not hang the daemon: O_NONBLOCK.
_FILE = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def inside(root: Path, file: str, path: Path) -> Path:
    """Where the file really lies, relative to ``root``; raises Flaw if that is not in the project.

    ``root`` is absolute and resolved, ``file`` is as written in the post, ``path`` the same made absolute.
    """
    if Path(file).is_absolute() or file[1:3] in (":\\", ":/") or file.startswith("\\"):
        raise problems.outside(file, absolute=True)
    try:
        relative = path.resolve().relative_to(root)
    except ValueError as error:
        # A NUL in the name says ValueError too, and names no file anywhere.
        raise (problems.missing(file, path) if "\0" in file else problems.outside(file)) from error
    except (OSError, RuntimeError) as error:  # a link to itself
        raise problems.missing(file, path) from error
    if any(part.startswith(".") for part in relative.parts[:-1]):
        raise problems.outside(file)
    return relative


def open_inside(root: Path, relative: Path) -> BufferedReader:
    """The regular file at ``relative``, no step of which is a link; raises OSError.

    A link that is put in place of a folder after ``inside`` looked is refused here (ELOOP or ENOTDIR).
    """
    if os.open not in os.supports_dir_fd:
        return open_regular(root / relative)
    folder = os.open(root, _DIRECTORY)
    try:
        for part in relative.parts[:-1]:
            below = os.open(part, _DIRECTORY | _NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        return _regular(os.open(relative.name, _FILE | _BINARY, dir_fd=folder))
    finally:
        os.close(folder)


def open_regular(path: Path) -> BufferedReader:
    """The file itself, never what a link points to; raises OSError, IsADirectoryError if it is no file."""
    return _regular(os.open(path, _FILE | _BINARY))


def _regular(descriptor: int) -> BufferedReader:
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise IsADirectoryError
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
