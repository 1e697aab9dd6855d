"""The bad posts about media, in a project where they are as bad as they look."""

import os
import shutil
from pathlib import Path

from humaspost.media.probe import MAX_FILE_BYTES
from tests.support.reference_data import ROOT

CASES = ROOT / "tests" / "cli" / "bad"


def stage(project: Path) -> Path:
    """``project/posts/media`` holds what the cases name, with what a repository cannot hold: a huge file, a link out."""
    media = project / "posts" / "media"
    shutil.copytree(CASES / "media", media)
    outside = project.parent / "rahasia.jpg"
    shutil.copy(media / "loket.jpg", outside)
    (media / "link.jpg").symlink_to(outside)
    (media / "huge.mp4").touch()
    os.truncate(media / "huge.mp4", MAX_FILE_BYTES + 1)  # sparse: no disk is used
    return project
