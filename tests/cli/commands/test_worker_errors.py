"""A worker that cannot go on needs a person, wherever a monitor asks."""

import json
import sqlite3

import pytest

from tests.cli.conftest import FakeOffice
from tests.support.program import expect

pytestmark = pytest.mark.slow


def test_a_worker_that_cannot_go_on_needs_you_until_the_sender_starts_again(office: FakeOffice) -> None:
    expect(office.run("run"))
    entries = [["x", "KeyError at channels/x/client.py:12", "2027-02-03T01:30:00+00:00"]]
    with sqlite3.connect(office.folder / ".humaspost" / "ledger.sqlite3") as db:
        db.execute("INSERT INTO meta VALUES ('worker_errors', ?)", [json.dumps(entries)])
    shown = expect(office.run("status", "--exit-code"), 5).out
    assert "NEEDS YOU (1)" in shown
    assert "KeyError at channels/x/client.py:12" in shown
    assert "x: nothing goes out there" in " ".join(office.run("doctor").out.split())
    expect(office.run("run"))
    assert "Nothing needs you." in expect(office.run("status", "--exit-code")).out
