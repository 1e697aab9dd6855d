"""``humaspost publish`` that does not come to an end: who waits is told, who breaks off knows what goes out."""

import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import Town, post
from tests.cli.program import ENVIRONMENT, ok

pytestmark = pytest.mark.slow
FUTURE = "2099-02-03 08:30 WIB"


def broken_off(town: Town, *args: str, until: str) -> str:
    """What the program said on standard error that was ended with Ctrl-C once it had said ``until``."""
    with subprocess.Popen(
        [sys.executable, "-m", "humaspost", *args],
        cwd=town.office,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        said = ""
        while until not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        process.send_signal(signal.SIGINT)
        said += process.stderr.read()
        assert process.wait(30) == 130, said
    return said


def test_who_breaks_off_before_anything_was_sent_has_taken_it_back(town: Town) -> None:
    town.write("a.md", post("a", FUTURE))
    ok(town.run("account", "check", "x"))
    town.fault(channel="x", method="POST", path="/2/tweets$", fault="status", status=429, count=9)
    config = town.office / "config.toml"
    whole = config.read_text()
    config.write_text(whole.replace(town.url, "http://127.0.0.1:9"))
    said = broken_off(town, "publish", "a", "--yes", until="problem")
    assert "It is as before: it goes out at its date, Tue 3 Feb 2099 08:30 WIB." in said
    config.write_text(whole)
    ok(town.run("run"))
    assert town.objects() == []
    (row,) = town.run("status", "--json", "--all").json["deliveries"]
    assert (row["state"], row["due_at"][:10]) == ("scheduled", "2099-02-03")


def test_who_breaks_off_while_it_is_sent_is_told_what_became_of_it(town: Town) -> None:
    town.write("a.md", post("a", FUTURE, body="Satu.\n<!-- part -->\nDua."))
    ok(town.run("account", "check", "x"))
    # The second part answers a post that X does not show yet, which is tried again.
    body = {
        "status": 403,
        "detail": "You attempted to reply to a Tweet that is deleted or not visible to you.",
    }
    town.fault(
        channel="x", method="POST", path="/2/tweets$", fault="status", skip=1, status=403, body=body, count=9
    )
    said = broken_off(town, "publish", "a", "--yes", until="parent-not-visible")
    assert "part 1: published" in said
    assert "part 2: scheduled" in said
    assert "What waits goes out with the next sender. To stop everything: humaspost pause" in said


@pytest.mark.parametrize("channel", ["x", "whatsapp"])
def test_a_login_that_is_refused_is_said_each_time(town: Town, channel: str) -> None:
    """The second time nothing was touched, so nothing was told and the exit was 0."""
    town.write(
        "a.md",
        post(
            "a", FUTURE, channels=f"[{channel}]", more="audiences: [masyarakat]\n" if channel != "x" else ""
        ),
    )
    credentials = town.office / "credentials.toml"
    credentials.write_text(credentials.read_text().replace('access_token = "', 'access_token = "x'))
    for _time in range(2):
        ran = ok(town.run("publish", "a", "--yes"), 4)
        assert f"{channel} is held (login: " in ran.err
        assert f"humaspost account check {channel}" in ran.err
    assert town.objects() == []
