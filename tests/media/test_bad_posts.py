"""Every bad post about media gives the one problem that it is named by, at its line and column."""

import shutil
from pathlib import Path

import pytest

from humaspost.content.reader import read_posts
from humaspost.media import codes
from humaspost.media.probe import MediaProbe
from tests.media.bad_posts import CASES, stage

#: What is seen only when a file is made fit or shown: test_fit, test_convert, test_host.
_LATER = ("media-changed", "media-not-converted", "media-host")
PROBED = {code for code in codes.CODES if not code.startswith(_LATER)}
NAMES = sorted(path.name for path in CASES.glob("media-*.md") if path.name.split(".")[0] in PROBED)


def test_every_code_of_a_file_has_a_case() -> None:
    assert {name.split(".")[0] for name in NAMES} == PROBED


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_post_gives_its_problem(tmp_path: Path, name: str) -> None:
    project = stage(tmp_path / "project")
    shutil.copy(CASES / name, project / "posts")
    found, problems = read_posts(
        project / "posts", root=project, zone="Asia/Jakarta", owners={"x": {}}, channel_names={"x"}
    )
    assert problems == []
    post, problems = MediaProbe(project).probe_post(found[0])
    assert [problem.code for problem in problems] == [name.split(".")[0]]
    problem = problems[0]
    assert problem.hint
    assert problem.file == f"posts/{name}"
    last = post.media[-1]
    assert (problem.position.line, problem.position.column) == (7 + 2 * last.index, 11)
    assert problem.text == f"  - file: {last.file}"
