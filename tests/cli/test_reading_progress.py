"""The first reading has a bar on a terminal once it lasts; nothing else of the output changes."""

import io

import pytest

from humaspost.cli.options import current_options
from humaspost.cli.reading_progress import DELAY, ReadingProgress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Reading:
    """A reading of 100 steps, each of which lasts as long as told."""

    def __init__(self, stream: io.StringIO, *, seconds: float) -> None:
        self.now, self.seconds = 0.0, seconds
        self.progress = ReadingProgress(stream, clock=lambda: self.now)

    def run(self, *, until: int = 100) -> None:
        for step in range(until):
            self.progress.report(step, 100)
            self.now += self.seconds / 100
        if until == 100:
            self.progress.report(100, 100)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_a_long_reading_has_a_bar_that_goes_away(terminal: Terminal) -> None:
    reading = Reading(terminal, seconds=10)
    reading.run()
    drawn = terminal.getvalue()
    assert "Reading the posts" in drawn
    assert "50%" in drawn
    assert drawn.endswith("\x1b[2K"), "the line is empty again"
    assert drawn.count("\x1b[?25l") == drawn.count("\x1b[?25h") == 1, "the cursor is back"


def test_a_second_reading_has_none(terminal: Terminal) -> None:
    reading = Reading(terminal, seconds=10)
    reading.run()
    drawn = terminal.getvalue()
    reading.run()
    assert terminal.getvalue() == drawn


def test_a_short_reading_has_none(terminal: Terminal) -> None:
    Reading(terminal, seconds=DELAY * 0.9).run()
    assert terminal.getvalue() == ""


def test_a_reading_that_fails_gives_the_cursor_back(terminal: Terminal) -> None:
    reading = Reading(terminal, seconds=10)
    reading.run(until=50)
    reading.progress.close()
    drawn = terminal.getvalue()
    assert drawn.count("\x1b[?25l") == drawn.count("\x1b[?25h") == 1


def test_a_file_or_a_dumb_terminal_or_quiet_gets_none(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    Reading(terminal, seconds=10).run()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(current_options, "quiet", True)
    Reading(terminal, seconds=10).run()
    assert terminal.getvalue() == ""
    monkeypatch.setattr(current_options, "quiet", False)
    stream = io.StringIO()
    Reading(stream, seconds=10).run()
    assert stream.getvalue() == ""
