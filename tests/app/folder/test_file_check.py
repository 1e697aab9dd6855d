"""A post's file at the last moment: present, changed or absent, by its stamp alone."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from humaspost.app.folder.file_check import create_file_check
from humaspost.base.file_stamp import FileStamp
from humaspost.model.decision import CheckFile, FileState

FILE = "posts/a.md"


@pytest.fixture
def check_file(tmp_path: Path) -> CheckFile:
    (tmp_path / "posts").mkdir()
    (tmp_path / FILE).write_text("Rapat besok.")
    return create_file_check(SimpleNamespace(root=tmp_path, posts=tmp_path / "posts"))


def stamp(folder: Path) -> str:
    return FileStamp.of((folder / FILE).stat()).text()


def test_a_file_as_it_was_read_is_present(tmp_path: Path, check_file: CheckFile) -> None:
    assert check_file(FILE, stamp(tmp_path)) is FileState.PRESENT


def test_a_file_of_the_same_size_and_time_with_other_words_has_changed(
    tmp_path: Path, check_file: CheckFile
) -> None:
    path, read = tmp_path / FILE, stamp(tmp_path)
    status = path.stat()
    path.write_text("Rapat lusa..")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    assert check_file(FILE, read) is FileState.CHANGED


def test_a_file_without_a_stamp_counts_as_unchanged(check_file: CheckFile) -> None:
    assert check_file(FILE, None) is FileState.PRESENT


def test_a_file_that_is_gone_is_absent_and_a_folder_that_is_away_proves_nothing(
    tmp_path: Path, check_file: CheckFile
) -> None:
    read = stamp(tmp_path)
    (tmp_path / FILE).unlink()
    assert check_file(FILE, read) is FileState.ABSENT
    (tmp_path / "posts").rename(tmp_path / "away")
    assert check_file(FILE, read) is FileState.PRESENT
