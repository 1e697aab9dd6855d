"""Paths as people see and type them."""

from pathlib import Path


def shown(path: Path, *folders: Path) -> str:
    """Return the path counted from the first of the folders that holds it, else the whole path."""
    for folder in folders:
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return str(path)
