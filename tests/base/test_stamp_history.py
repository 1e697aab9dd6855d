"""When a file has changed, and when nobody is writing it any more."""

import os
from pathlib import Path

from humaspost.base.file_stamp import ABSENT, FileStamp, StampHistory, read_stamp

NOW = 1_800_000_000.0


class Clock:
    """The time that a test sets."""

    now = NOW

    def __call__(self) -> float:
        return self.now


def write(path: Path, text: str, *, at: float) -> None:
    path.write_text(text)
    os.utime(path, (at, at))


def test_a_missing_file_has_a_stamp_and_every_stamp_can_be_stored(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    write(file, "one", at=NOW)
    before = read_stamp(file)
    os.utime(file, (NOW, NOW))
    assert read_stamp(file) != before
    assert FileStamp.from_text(before.text()) == before
    assert read_stamp(tmp_path / "missing") == ABSENT


def test_the_first_observation_counts_only_the_time_of_the_file(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "config.toml"
    write(file, "one", at=NOW - 1)
    assert StampHistory(clock=clock).observe(file)[1]
    write(file, "one", at=NOW - 0.9)
    assert not StampHistory(clock=clock).observe(file)[1]
    assert StampHistory(clock=clock).observe(tmp_path / "missing") == (ABSENT, True)


def test_a_changed_file_is_settled_when_two_observations_agree(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "config.toml"
    history = StampHistory(clock=clock)
    write(file, "one", at=NOW - 60)
    assert history.observe(file)[1]
    write(file, "three", at=NOW - 60)  # an old file was moved here, perhaps in two steps
    clock.now += 0.25
    assert not history.observe(file)[1]
    clock.now += 0.25
    assert history.observe(file)[1]


def test_a_missing_file_and_one_from_the_future_are_settled_by_our_own_clock(tmp_path: Path) -> None:
    clock = Clock()
    history = StampHistory(clock=clock)
    missing, ahead = tmp_path / "missing", tmp_path / "ahead"
    write(missing, "one", at=NOW - 60)
    write(ahead, "one", at=NOW + 3600)
    assert [history.observe(path)[1] for path in (missing, ahead)] == [True, False]
    missing.unlink()
    for seconds, settled in ((0.5, [False, False]), (0.6, [False, True]), (0.5, [True, True])):
        clock.now += seconds
        assert [history.observe(path)[1] for path in (missing, ahead)] == settled


def test_a_clock_that_is_set_back_does_not_keep_a_file_unsettled(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "config.toml"
    history = StampHistory(clock=clock)
    write(file, "one", at=NOW - 7200)
    history.observe(file)
    clock.now -= 3600
    history.observe(file)
    clock.now += 0.25
    assert history.observe(file)[1]
