"""A project folder to put media into."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty project with a folder for posts and their media."""
    (tmp_path / "project" / "posts" / "media").mkdir(parents=True)
    return tmp_path / "project"


@pytest.fixture
def put(root: Path) -> Callable[[str, bytes], str]:
    """Write a file beside the posts; its path as a post names it."""

    def write(name: str, data: bytes) -> str:
        target = root / "posts" / "media" / name
        target.write_bytes(data)
        return f"media/{name}"

    return write
