"""``humaspost publish`` that does not come to an end: who waits is told, who breaks off knows what goes out."""

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.support.deadlines import SECOND
from tests.support.program import Process, expect
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow
FUTURE = "2099-02-03 08:30 WIB"


def interrupt_publish(
    office: FakeOffice, *args: str, until: str, ready: Callable[[], bool] = lambda: True
) -> str:
    """What the program said on standard error that was ended with Ctrl-C once it had said ``until``, and ``ready``."""
    process = Process(*args, cwd=office.folder)
    process.error(lambda line: until in line)
    while not ready():
        assert process.poll() is None, process.errors
    assert process.end(signal.SIGINT, within=30 * SECOND) == 130, process.errors
    return "\n".join(process.errors)


def test_who_breaks_off_before_anything_was_sent_has_taken_it_back(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    expect(office.run("account", "check", "x"))
    office.fault(channel="x", method="POST", path="/2/tweets$", fault="status", status=429, count=9)
    config = office.folder / "config.toml"
    whole = config.read_text()
    config.write_text(whole.replace(office.url, "http://127.0.0.1:9"))
    said = interrupt_publish(office, "publish", "a", "--yes", until="problem")
    assert "It is as before: it goes out at its date, Tue 3 Feb 2099 08:30 WIB." in said
    config.write_text(whole)
    expect(office.run("run"))
    assert office.objects() == []
    (row,) = office.run("status", "--json", "--all").json["deliveries"]
    assert (row["state"], row["due_at"][:10]) == ("scheduled", "2099-02-03")


def test_an_interrupted_publish_reports_the_outcome(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, body="Satu.\n<!-- part -->\nDua."))
    expect(office.run("account", "check", "x"))
    # The second part answers a post that X does not show yet, which is tried again.
    body = {
        "status": 403,
        "detail": "You attempted to reply to a Tweet that is deleted or not visible to you.",
    }
    office.fault(
        channel="x", method="POST", path="/2/tweets$", fault="status", skip=1, status=403, body=body, count=9
    )
    said = interrupt_publish(office, "publish", "a", "--yes", until="parent-not-visible")
    assert "part 1: published" in said
    assert "part 2: scheduled" in said
    assert (
        "What waits goes out with the next sender. To stop everything: humaspost pause --reason WHY" in said
    )


@pytest.mark.parametrize("channel", ["x", "whatsapp"])
def test_a_refused_login_is_reported_each_time(office: FakeOffice, channel: str) -> None:
    """The second time nothing was touched, so nothing was told and the exit was 0."""
    office.write(
        "a.md",
        post(
            "a", FUTURE, channels=f"[{channel}]", more="audiences: [masyarakat]\n" if channel != "x" else ""
        ),
    )
    credentials = office.folder / "credentials.toml"
    credentials.write_text(credentials.read_text().replace('access_token = "', 'access_token = "x'))
    for _time in range(2):
        ran = expect(office.run("publish", "a", "--yes"), 4)
        assert f"{channel} is held (login: " in ran.err
        assert f"humaspost account check {channel}" in ran.err
    assert office.objects() == []


def deliveries(office: FakeOffice) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = office.run("status", "--json", "--all").json["deliveries"]
    return rows


def stopped(sender: Process, office: FakeOffice) -> bool:
    """Stop the process; false = it was writing, goes on, and would have locked everybody out."""
    sender.send_signal(signal.SIGSTOP)
    ledger = sqlite3.connect(office.folder / ".humaspost" / "ledger.sqlite3", timeout=0, isolation_level=None)
    with closing(ledger):
        try:
            ledger.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            sender.send_signal(signal.SIGCONT)
            return False
        ledger.execute("ROLLBACK")
    return True


@pytest.mark.parametrize("state", ["missed", "failed"])
def test_what_needed_a_person_still_does_after_publish_was_broken_off(office: FakeOffice, state: str) -> None:
    """A sender that stands still has it from now on; who gives up waiting must not lose what was told before."""
    if state == "missed":
        office.write("a.md", post("a", "2021-02-03 08:30 WIB"))
    else:
        office.write("a.md", post("a", FUTURE))
        refused = {"title": "Invalid Request", "type": "https://api.twitter.com/2/problems/invalid-request"}
        office.fault(channel="x", method="POST", path="/2/tweets$", fault="status", status=400, body=refused)
        expect(office.run("publish", "a", "--yes"), 1)
    sender = Process("schedule", cwd=office.folder)
    try:
        wait_until(lambda: "scheduler: running on" in office.run("status").out, within=15 * SECOND)
        wait_until(lambda: deliveries(office), within=15 * SECOND)
        wait_until(lambda: stopped(sender, office), within=15 * SECOND)
        before = deliveries(office)
        assert before[0]["state"] == state

        def is_scheduled() -> bool:
            return bool(deliveries(office)[0]["state"] == "scheduled")

        said = interrupt_publish(office, "publish", "a", "--yes", until="Its date", ready=is_scheduled)
        after = deliveries(office)
        shown = office.run("status", "--exit-code")
    finally:
        sender.end(signal.SIGKILL)
    assert "It is as before" in said
    same = ("state", "reason", "due_at", "attempts", "code")
    assert [after[0][name] for name in same] == [before[0][name] for name in same]
    assert (shown.code, f"  {state} " in shown.out) == (5, True)
    assert office.objects() == []
