"""``schedule`` as a process: it picks up files, sends on time, drains, is the only one; ``run`` beside it."""

import json
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.support.deadlines import SECOND
from tests.support.program import Process, expect

pytestmark = pytest.mark.slow
FUTURE = "2099-02-03 08:30 WIB"


@contextmanager
def daemon(office: FakeOffice, *args: str) -> Iterator[Process]:
    running = Process("schedule", *args, cwd=office.folder)
    try:
        yield running
    finally:
        running.end(signal.SIGKILL)


def until(running: Process, words: str, **within: float) -> str:
    """The next line that has the words in it."""
    return running.next_line(lambda line: words in line, **within)


def soon(seconds: float) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} UTC"


def test_a_file_saved_while_it_runs_is_published_on_time(office: FakeOffice) -> None:
    office.write("far.md", post("far", FUTURE))
    with daemon(office, "--jsonl") as running:
        until(running, '"new"')
        due = datetime.now(UTC) + timedelta(seconds=5)
        office.write("near.md", post("near", f"{due:%Y-%m-%d %H:%M:%S} UTC", body="Segera."))
        until(running, '"near"', within=3.5 * SECOND)
        told: dict[str, Any] = json.loads(until(running, '"published"'))
        assert (told["post"], told["account"]) == ("near", "x")
        created = datetime.fromisoformat(office.objects()[0]["created_at"])
        assert timedelta(seconds=-1.5) < created - due < timedelta(seconds=2 * SECOND)
        assert running.end(within=10 * SECOND) == 0
    assert [one["text"] for one in office.objects()] == ["Segera."]


def test_a_second_sender_ends_with_75_and_names_the_first(office: FakeOffice) -> None:
    office.write("far.md", post("far", FUTURE))
    with daemon(office) as running:
        assert until(running, "far").endswith("new file posts/far.md: far, Tue 3 Feb 2099 08:30, x")
        for command in (("schedule",), ("run",)):
            ran = expect(office.run(*command), 75)
            assert f"already running: pid {running.pid} on " in ran.err
            assert "humaspost status" in ran.err
        assert "scheduler: running on" in expect(office.run("status")).out
        assert "The scheduler is running on" in expect(office.run("plan")).out


def test_other_commands_work_while_it_runs_and_publish_is_sent_by_it(office: FakeOffice) -> None:
    office.write("far.md", post("far", FUTURE, channels="[x, whatsapp]", more="audiences: [masyarakat]\n"))
    with daemon(office) as running:
        until(running, "far")
        expect(office.run("account", "check", "x"))
        expect(office.run("audience", "import", "--yes"))
        ran = expect(office.run("publish", "far", "--yes"))
        assert "https://x.com/i/status/" in ran.out
        assert "3 published" in ran.out
        until(running, "3 of 3 accepted")
        assert "Nothing needs you." in expect(office.run("status")).out
    assert len(office.objects()) == 4


def test_ctrl_c_drains_and_is_130(office: FakeOffice) -> None:
    office.write("far.md", post("far", FUTURE))
    with daemon(office) as running:
        until(running, "next: far")
        assert running.end(signal.SIGINT) == 130
        assert "Safe to close; what waits: humaspost status" in until(running, "stopping")


def test_it_prints_first_the_office_the_accounts_and_the_posts(office: FakeOffice) -> None:
    office.write("far.md", post("far", FUTURE))
    office.write("bad.md", post("bad", FUTURE, more="hashtag: [A]\n"))
    with daemon(office) as running:
        assert str(office.folder) in until(running, "humaspost ")
        assert "x @kotacontoh" in until(running, "accounts")
        assert "posts/ watched: 2 files, 1 scheduled, 1 error" in until(running, "posts ")
        until(running, "error[unknown-key], not scheduled")


def test_run_sends_what_is_due_and_keeps_the_rest(office: FakeOffice) -> None:
    office.write("far.md", post("far", FUTURE))
    expect(office.run("run"))
    time.sleep(1.0)  # posts know seconds, and what was due before the ledger was made is never sent
    office.write("now.md", post("now", soon(0), body="Sekarang."))
    ran = expect(office.run("run", "--json"))
    assert ran.json["counts"] == {"published": 1}
    assert [one["text"] for one in office.objects()] == ["Sekarang."]
    again = expect(office.run("run", "--json"))
    assert again.json["counts"] == {}


def test_run_is_3_only_when_a_post_that_is_due_has_problems(office: FakeOffice) -> None:
    office.write("far.md", post("far", FUTURE, body="x" * 300))
    assert expect(office.run("run", "--json")).json["problem_count"] == 1
    office.write("now.md", post("now", soon(0), body="y" * 300))
    expect(office.run("run"), 3)


def test_posts_that_vanish_at_once_change_nothing_and_are_a_loud_problem(office: FakeOffice) -> None:
    """posts-vanished"""
    for number in range(4):
        office.write(f"{number}.md", post(f"p{number}", FUTURE, body=f"Loket {number}."))
    expect(office.run("run"))
    shutil.rmtree(office.folder / "posts")
    ran = expect(office.run("run", "--json"), 3)
    assert ran.json["problem_count"] >= 1
    shown = expect(office.run("status", "--exit-code"), 5).out
    assert "posts-vanished" in shown
    assert "p0, p1, p2, p3" in shown
    assert "what was planned goes out" in shown
    status = office.run("status", "--json").json
    assert (status["counts"], status["vanished_posts"]) == ({"scheduled": 4}, ["p0", "p1", "p2", "p3"])
    with daemon(office) as running:
        until(running, "error[posts-vanished]")
