"""``schedule`` as a process: it picks up files, sends on time, drains, is the only one; ``run`` beside it."""

import json
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.conftest import Town, post
from tests.cli.program import ENVIRONMENT, ok

pytestmark = pytest.mark.slow
FUTURE = "2099-02-03 08:30 WIB"


class Daemon:
    """A running ``humaspost schedule --jsonl`` and what it tells."""

    def __init__(self, town: Town, *args: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "humaspost", "schedule", *args],
            cwd=town.office,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.told: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line)

    def until(self, words: str, *, within: float = 20.0) -> str:
        """The first line from now on that has the words in it."""
        end = time.monotonic() + within
        while (left := end - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left)
            except queue.Empty:
                break
            self.told.append(line)
            if words in line:
                return line
        raise AssertionError(f"no {words!r} within {within} s in:\n{''.join(self.told)}")

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """The exit code after the signal, and how many seconds that took."""
        before = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(timeout=35), time.monotonic() - before


@contextmanager
def daemon(town: Town, *args: str) -> Iterator[Daemon]:
    running = Daemon(town, *args)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait()


def soon(seconds: float) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} UTC"


def test_a_file_saved_while_it_runs_is_published_on_time(town: Town) -> None:
    town.write("far.md", post("far", FUTURE))
    with daemon(town, "--jsonl") as running:
        running.until('"new"')
        saved = time.monotonic()
        due = datetime.now(UTC) + timedelta(seconds=5)
        town.write("near.md", post("near", f"{due:%Y-%m-%d %H:%M:%S} UTC", body="Segera."))
        running.until('"near"', within=5)
        assert time.monotonic() - saved < 3.5
        told: dict[str, Any] = json.loads(running.until('"published"'))
        assert (told["post"], told["account"]) == ("near", "x")
        created = datetime.fromisoformat(town.objects()[0]["created_at"])
        assert timedelta(seconds=-1.5) < created - due < timedelta(seconds=2)
        code, took = running.end()
        assert code == 0
        assert took < 10
    assert [one["text"] for one in town.objects()] == ["Segera."]


def test_a_second_sender_ends_with_75_and_names_the_first(town: Town) -> None:
    town.write("far.md", post("far", FUTURE))
    with daemon(town) as running:
        assert "new file posts/far.md: far, Tue 3 Feb 2099 08:30, x\n" in running.until("far")
        for command in (("schedule",), ("run",)):
            ran = ok(town.run(*command), 75)
            assert f"already running: pid {running.process.pid} on " in ran.err
            assert "humaspost status" in ran.err
        assert "scheduler: running on" in ok(town.run("status")).out
        assert "The scheduler is running on" in ok(town.run("plan")).out


def test_other_commands_work_while_it_runs_and_publish_is_sent_by_it(town: Town) -> None:
    town.write("far.md", post("far", FUTURE, channels="[x, whatsapp]", more="audiences: [masyarakat]\n"))
    with daemon(town) as running:
        running.until("far")
        ok(town.run("account", "check", "x"))
        ok(town.run("audience", "import", "--yes"))
        ran = ok(town.run("publish", "far", "--yes"))
        assert "https://x.com/i/status/" in ran.out
        assert "3 published" in ran.out
        running.until("3 of 3 accepted")
        assert "Nothing needs you." in ok(town.run("status")).out
    assert len(town.objects()) == 4


def test_ctrl_c_drains_and_is_130(town: Town) -> None:
    town.write("far.md", post("far", FUTURE))
    with daemon(town) as running:
        running.until("next: far")
        code, _took = running.end(signal.SIGINT)
        assert code == 130
        assert "Safe to close; nothing due was lost." in running.until("stopping")


def test_what_it_says_first_is_which_office_which_accounts_which_posts(town: Town) -> None:
    town.write("far.md", post("far", FUTURE))
    town.write("bad.md", post("bad", FUTURE, more="hashtag: [A]\n"))
    with daemon(town) as running:
        assert str(town.office) in running.until("humaspost ")
        assert "x @kotacontoh" in running.until("accounts")
        assert "posts/ watched: 2 files, 1 scheduled, 1 error" in running.until("posts ")
        running.until("error[unknown-key], not scheduled")


def test_run_sends_what_is_due_and_leaves_the_rest(town: Town) -> None:
    town.write("far.md", post("far", FUTURE))
    ok(town.run("run"))
    time.sleep(1.0)  # posts know seconds, and what was due before the ledger was made is never sent
    town.write("now.md", post("now", soon(0), body="Sekarang."))
    ran = ok(town.run("run", "--json"))
    assert ran.json["counts"] == {"published": 1}
    assert [one["text"] for one in town.objects()] == ["Sekarang."]
    again = ok(town.run("run", "--json"))
    assert again.json["counts"] == {}


def test_run_is_3_only_when_a_post_that_is_due_has_problems(town: Town) -> None:
    town.write("far.md", post("far", FUTURE, body="x" * 300))
    assert ok(town.run("run", "--json")).json["problem_count"] == 1
    town.write("now.md", post("now", soon(0), body="y" * 300))
    ok(town.run("run"), 3)


def test_posts_that_vanish_together_change_nothing_and_are_a_loud_problem(town: Town) -> None:
    """posts-vanished"""
    for number in range(4):
        town.write(f"{number}.md", post(f"p{number}", FUTURE, body=f"Loket {number}."))
    ok(town.run("run"))
    shutil.rmtree(town.office / "posts")
    ran = ok(town.run("run", "--json"), 3)
    assert ran.json["problem_count"] >= 1
    shown = ok(town.run("status", "--exit-code"), 3).out
    assert "posts-vanished" in shown
    assert "what was planned goes out" in shown
    assert town.run("status", "--json").json["counts"] == {"scheduled": 4}
    with daemon(town) as running:
        running.until("error[posts-vanished]")
