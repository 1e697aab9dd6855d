"""A ledger that a test version of humaspost made: every command that opens it says so, and changes nothing."""

from pathlib import Path

import pytest

from tests.support.program import Completed, expect, run
from tests.support.prototype_ledger import make_prototype_ledger

COMMANDS = (
    ("check",),
    ("plan",),
    ("status",),
    ("log",),
    ("run",),
    ("schedule",),
    ("pause", "--reason", "why"),
    ("resume",),
    ("resolve", "uji", "--cancel", "--yes"),
    ("account", "list"),
    ("audience", "list"),
    ("backup",),
    ("restore", "--adopt", "--yes"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    expect(run("init", cwd=tmp_path))
    make_prototype_ledger(tmp_path / ".humaspost" / "ledger.sqlite3", "0002")
    return tmp_path


def _expect_refusal(completed: Completed, folder: Path) -> None:
    text = " ".join(expect(completed, 78).err.split())
    state = folder / ".humaspost"
    path = state / "ledger.sqlite3"
    assert f"this ledger was made by a test version of humaspost and cannot be used: {path}" in text
    assert f"move the folder {state} away; the next run makes a new ledger." in text
    assert "Posts that were due before are not sent again by a new ledger." in text


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_explains_what_is_wrong_and_what_to_do(folder: Path, command: tuple[str, ...]) -> None:
    path = folder / ".humaspost" / "ledger.sqlite3"
    before = path.read_bytes()
    _expect_refusal(run(*command, cwd=folder), folder)
    assert path.read_bytes() == before


def test_its_sentences_fit_in_the_terminal(folder: Path) -> None:
    refused = run("status", cwd=folder).err
    _before, found = run("doctor", cwd=folder).out.split("!!  ledger")
    lines = (refused + found).splitlines()
    # A path has no place to break it.
    assert [line for line in lines if len(line) > 80 and len(line.split()) > 1] == []


def test_doctor_reports_the_same(folder: Path) -> None:
    text = " ".join(expect(run("doctor", cwd=folder), 78).out.split())
    assert "this ledger was made by a test version of humaspost and cannot be used:" in text
    findings = expect(run("doctor", "--json", cwd=folder), 78).json["findings"]
    (finding,) = [finding for finding in findings if finding["topic"] == "ledger"]
    assert (finding["level"], finding["remedy"].split(";")[0]) == (
        "bad",
        f"move the folder {folder / '.humaspost'} away",
    )


def test_the_next_step_succeeds(folder: Path) -> None:
    (folder / ".humaspost").rename(folder / "old")
    expect(run("run", cwd=folder))
    expect(run("status", cwd=folder))


def test_a_backup_of_such_a_ledger_is_never_restored(folder: Path) -> None:
    copy = folder / "copy.sqlite3"
    (folder / ".humaspost").rename(folder / "old")
    (folder / "old" / "ledger.sqlite3").rename(copy)
    error = " ".join(expect(run("restore", str(copy), "--yes", cwd=folder), 78).err.split())
    assert f"cannot be used: {copy}" in error
    assert "humaspost restore FILE" in error
