"""Paths as users see and type them."""

from pathlib import Path


def display_path(path: Path, *folders: Path) -> str:
    """Return the path relative to the first of the folders that contains it, or the whole path."""
    for folder in folders:
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return str(path)
