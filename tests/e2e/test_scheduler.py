"""The same with the daemon running, and how it comes, goes and stays alone."""

import json
import os
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.deadlines import SECOND
from tests.support.office import Office
from tests.support.program import Process
from tests.support.waiting import wait_until


def started(office: Office) -> Process:
    """A scheduler that owns the ledger and has read the folder: it told of a first, far post."""
    office.post("jauh", "Masih jauh.")
    daemon = office.start("schedule", "--jsonl")
    daemon.line(lambda line: json.loads(line)["post"] == "jauh", within=30 * SECOND)
    return daemon


def kinds(daemon: Process, post: str) -> list[str]:
    """What the daemon told of a post."""
    told = [json.loads(line) for line in daemon.lines]
    return [one["kind"] for one in told if one["post"] == post]


def test_the_main_job_while_the_scheduler_runs(office: Office) -> None:
    daemon = started(office)
    office.run("account", "check", "instagram")
    office.run("audience", "import", "wartawan", "--yes")
    office.post("kabar", "Loket malam buka.", channels="[x, whatsapp]", audiences="[wartawan]")
    sent = office.json("publish", "kabar", "--yes")
    assert sent["counts"] == {"published": 6}
    assert office.states()["kabar", "x"] == {"published": 1}
    assert len(office.sandbox.objects()) == 6
    assert "published" in kinds(daemon, "kabar"), "the owner sent it, not the command"
    assert daemon.end() == 0


def test_a_file_saved_in_one_step_is_out_within_two_seconds(office: Office) -> None:
    daemon = started(office)
    office.run("account", "check", "x")
    office.post("kabar", "Baru disimpan.", due=0.5)
    office.sandbox.wait_for_objects(1, within=2 * SECOND)
    assert daemon.end() == 0


def test_what_is_due_goes_out_at_its_second_and_never_before(office: Office) -> None:
    daemon = started(office)
    office.run("account", "check", "x")
    office.post("nanti", "Sebentar lagi.", due=5)
    (published,) = office.sandbox.wait_for_objects(1)
    (post,) = [p for p in office.json("status")["posts"] if p["id"] == "nanti"]
    late = datetime.fromisoformat(published["created_at"]) - datetime.fromisoformat(post["due_at"])
    assert timedelta(0) <= late < timedelta(seconds=1 * SECOND)
    assert daemon.end() == 0


def test_what_is_edited_before_its_time_goes_out_as_edited(office: Office) -> None:
    daemon = started(office)
    office.post("kabar", "Yang pertama.", due=4)
    daemon.line(lambda line: '"kabar"' in line)
    office.post("kabar", "Yang kedua.", due=4)
    objects = office.sandbox.wait_for_objects(1)
    assert [o["text"] for o in objects] == ["Yang kedua."]
    office.post("kabar", "Yang ketiga.", due=0)
    daemon.line(lambda line: "changed" in line and "kabar" in line)
    assert len(office.sandbox.objects()) == 1
    assert daemon.end() == 0


def test_sigterm_lets_what_is_in_flight_land(office: Office) -> None:
    daemon = started(office)
    office.run("account", "check", "x")
    office.sandbox.fault(channel="x", method="POST", path="/2/tweets", fault="slow", seconds=2)
    office.post("kabar", "Di udara.", due=1.5)
    wait_until(lambda: office.states().get(("kabar", "x")) == {"sending": 1}, within=15 * SECOND)
    assert daemon.end(within=30 * SECOND) == 0
    assert office.states()["kabar", "x"] == {"published": 1}
    assert len(office.sandbox.objects()) == 1


@pytest.mark.parametrize("command", ["schedule", "run"])
def test_a_second_sender_is_refused_and_names_the_first(office: Office, command: str) -> None:
    daemon = started(office)
    refused = office.run(command, exit_code=75, within=2 * SECOND)
    assert str(daemon.pid) in refused.err, refused.err
    assert os.uname().nodename in refused.err, refused.err
    assert refused.out == ""
    assert daemon.end() == 0


def test_killed_in_the_middle_no_duplicate_is_sent(office: Office) -> None:
    daemon = started(office)
    office.run("account", "check", "x")
    office.sandbox.fault(channel="x", method="POST", path="/2/tweets", fault="hang-after", seconds=20)
    office.post("kabar", "Satu kali saja.", due=1)
    office.sandbox.wait_for_objects(1)
    daemon.kill()
    assert daemon.wait(within=5 * SECOND) == -9
    office.run("run", exit_code=5)
    wait_until(
        lambda: office.run("run") and office.states()["kabar", "x"] == {"published": 1}, within=30 * SECOND
    )
    assert len(office.sandbox.objects()) == 1


def test_a_pause_reaches_a_scheduler_that_runs(office: Office) -> None:
    daemon = started(office)
    office.run("pause", "--reason", "masa berkabung")
    office.post("kabar", "Belum.", due=0.5)
    wait_until(lambda: office.states().get(("kabar", "x")) == {"held": 1}, within=15 * SECOND)
    assert office.sandbox.objects() == []
    office.run("resume")
    office.sandbox.wait_for_objects(1)
    assert daemon.end() == 0


def test_schedule_with_a_post_is_refused_kindly(office: Office) -> None:
    done = office.run("schedule", "kabar", exit_code=2)
    assert "humaspost publish kabar" in done.err


@pytest.mark.slow
def test_a_folder_that_goes_and_comes_back_loses_nothing(office: Office) -> None:
    daemon = started(office)
    posts: Path = office.folder / "posts"
    office.post("kabar", "Tetap ada.", due=8)
    daemon.line(lambda line: '"kabar"' in line)
    posts.rename(office.folder / "pindah")
    time.sleep(1.5)  # the daemon may see the absence; there is nothing to poll for
    (office.folder / "pindah").rename(posts)
    assert [o["text"] for o in office.sandbox.wait_for_objects(1, within=25 * SECOND)] == ["Tetap ada."]
    assert daemon.end() == 0
