"""Every bad file gives exactly the problems written down for it, and hides no other post.

A case is a file ``tests/cli/bad/<code>[.<variant>].md``, or a folder ``<code>`` where it takes several.
After a deliberate change: ``python -m tests.content.test_bad_files > tests/content/bad.golden``, and read the diff.
"""

import sys
import tempfile
from pathlib import Path

import pytest

from humaspost.content.codes import CODES
from humaspost.model.problem import Problem
from tests.support.content_files import GOOD, reading_of

BAD = Path(__file__).parents[1] / "cli" / "bad"
GOLDEN = Path(__file__).with_name("bad.golden")
#: Codes that no committed file can show; each has a test of its own in test_folder.py.
NOT_FILES = {"unreadable-file", "post-outside-project", "posts-folder-missing", "file-name"}


def code_of(case: Path) -> str:
    """The code that a case is named by."""
    return case.name.split(".")[0]


CASES = [case for case in sorted(BAD.iterdir()) if case.suffix in ("", ".md") and code_of(case) in CODES]


def _problems_of(case: Path, root: Path) -> list[Problem]:
    return list(reading_of(root, [case]).problems)


def _format_problems(case: Path, problems: list[Problem]) -> str:
    lines = [f"# {case.name}"]
    for problem in problems:
        place = problem.position
        assert place
        lines.append(
            f"{problem.file}:{place.line}:{place.column}+{place.length} {problem.code}: {problem.hint}"
        )
    return "\n".join(lines) + "\n"


def _golden() -> dict[str, str]:
    sections = GOLDEN.read_text(encoding="utf-8").split("# ")[1:]
    return {section.partition("\n")[0]: f"# {section}" for section in sections}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_file_gives_its_problem_and_hint(case: Path, tmp_path: Path) -> None:
    found = _problems_of(case, tmp_path)
    assert code_of(case) in {problem.code for problem in found}
    assert _format_problems(case, found) == _golden()[case.name]


def test_every_code_has_a_case() -> None:
    assert {code_of(case) for case in CASES} | NOT_FILES == set(CODES)


def test_every_problem_has_a_message_a_hint_and_the_line_it_points_into(tmp_path: Path) -> None:
    for number, case in enumerate(CASES):
        for problem in _problems_of(case, tmp_path / str(number)):
            assert problem.message, case
            assert problem.hint, case
            assert problem.position, case
            assert problem.position.column <= len(problem.text) + 1, case


def test_no_bad_file_hides_a_good_one(tmp_path: Path) -> None:
    files = [case for case in CASES if case.is_file()]
    (tmp_path / "good.md").write_text(GOOD.replace("sp-2027-014", "good-1"), encoding="utf-8")
    reading = reading_of(tmp_path / "office", [*files, tmp_path / "good.md"])
    assert "good-1" in {post.id for post in reading.posts}
    assert len(reading.files) == len(files) + 1


def _write() -> None:
    for case in CASES:
        with tempfile.TemporaryDirectory() as root:
            sys.stdout.write(_format_problems(case, _problems_of(case, Path(root))))


if __name__ == "__main__":
    _write()
