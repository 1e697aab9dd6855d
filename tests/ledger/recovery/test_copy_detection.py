"""A ledger that is not the one that sent last is noticed, and a crash between the two writes locks nobody out."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from humaspost.ledger.database import FILE, Ledger, LedgerError, open_ledger
from humaspost.ledger.recovery import copy_detection

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def opened(state: Path) -> Ledger:
    return open_ledger(state, now=NOW, create=True)


def start_generation(state: Path) -> None:
    ledger = opened(state)
    copy_detection.start_generation(ledger, state)
    ledger.close()


def test_it_is_another_one_at_every_start(tmp_path):
    seen = set()
    for _ in range(3):
        start_generation(tmp_path)
        seen.add((tmp_path / copy_detection.FILE).read_text())
    assert len(seen) == 3
    assert all(len(text.split()) == 1 for text in seen)


def test_a_copy_put_back_after_a_later_start_is_refused(tmp_path):
    start_generation(tmp_path)
    shutil.copy(tmp_path / FILE, tmp_path / "copy")
    start_generation(tmp_path)
    shutil.copy(tmp_path / "copy", tmp_path / FILE)
    with pytest.raises(LedgerError) as caught:
        start_generation(tmp_path)
    assert "restore --adopt" in caught.value.hint


@pytest.mark.parametrize("lost", [FILE, copy_detection.FILE])
def test_half_of_the_pair_is_refused(tmp_path, lost):
    start_generation(tmp_path)
    (tmp_path / lost).unlink()
    with pytest.raises(LedgerError):
        start_generation(tmp_path)


def test_a_ledger_cut_to_nothing_is_not_taken_for_a_new_one(tmp_path):
    start_generation(tmp_path)
    (tmp_path / FILE).write_bytes(b"")
    with pytest.raises(LedgerError):
        start_generation(tmp_path)


class PowerCut(Exception):
    """The machine went away before the n-th write to disk."""


@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("survives", [0, 1, 2])
def test_a_crash_before_any_of_the_three_writes_locks_no_office_out(tmp_path, monkeypatch, before, survives):
    for _ in range(before):
        start_generation(tmp_path)
    left = iter(range(survives))
    write, save = copy_detection._write_accepted, copy_detection.set_generation

    def counted(real):
        def one(*args):
            if next(left, None) is None:
                raise PowerCut
            real(*args)

        return one

    monkeypatch.setattr(copy_detection, "_write_accepted", counted(write))
    monkeypatch.setattr(copy_detection, "set_generation", counted(save))
    ledger = opened(tmp_path)
    with pytest.raises(PowerCut):
        copy_detection.start_generation(ledger, tmp_path)
    ledger.close()
    monkeypatch.undo()
    start_generation(tmp_path)
    start_generation(tmp_path)


def test_the_file_is_private_and_no_draft_remains(tmp_path):
    start_generation(tmp_path)
    assert (tmp_path / copy_detection.FILE).stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []
