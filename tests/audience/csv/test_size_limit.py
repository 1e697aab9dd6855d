"""A list that is no list of people, by its size alone, is refused whole."""

import os
from datetime import UTC, datetime
from pathlib import Path

from humaspost.audience.csv import reader as reading
from humaspost.audience.csv.list_file import MAX_FILE_BYTES


def test_a_huge_file_is_one_problem_and_no_row(tmp_path: Path) -> None:
    path = tmp_path / "besar.csv"
    path.touch()
    os.truncate(path, MAX_FILE_BYTES + 1)  # sparse: no disk is used
    found = reading.read_audience(
        path, display_path="audiences/besar.csv", now=datetime.now(UTC), zone="Asia/Jakarta"
    )
    assert [problem.code for problem in found.problems] == ["audience-too-large"]
    assert not found.is_usable
    assert found.rows == ()
