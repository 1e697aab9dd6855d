"""The daemon's own jobs: what goes wrong in one is told in words, and nothing else stops for it."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from humaspost.delivery.daemon import Daemon
from humaspost.delivery.deliver import Engine
from humaspost.delivery.happened import trouble
from tests.delivery.conftest import Town


class Blind(Engine):
    """Cannot look."""

    def look(self) -> int:
        raise OSError("the disk is gone")


def test_what_a_database_says_is_told_without_the_statement_and_its_values() -> None:
    error = OperationalError(
        "INSERT ... VALUES (?)", ("+6281200000001",), sqlite3.OperationalError("disk is full")
    )
    assert trouble(error) == "ledger: disk is full"
    assert trouble(OSError("gone")) == "gone"


def test_a_job_that_fails_is_told_without_a_trace_and_posts_still_go_out(
    town: Town, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    town.post("a")
    town.schedule()
    whole = town.engine()
    daemon = Daemon(Blind(whole.lines, whole.sender), tmp_path, lambda: None, threading.Event())
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        for _ in range(400):
            kinds = {what.kind for what in town.told}
            if {"problem", "published"} <= kinds:
                break
            daemon.stop.wait(0.05)
    finally:
        daemon.stop.set()
        thread.join(30)
    assert [what.detail for what in town.told if what.kind == "problem"][:1] == ["the disk is gone"]
    assert town.states() == {"a": "published"}
    assert capfd.readouterr().err == ""
