"""Whose account it is, is asked before anything is sent under another handle or by other keys."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.support.program import expect

pytestmark = pytest.mark.slow
FUTURE = "2099-02-03 08:30 WIB"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def identity_requests(office: FakeOffice, path: str) -> int:
    return sum(one["path"].endswith(path) for one in office.sandbox.requests())


def invalidate_key(office: FakeOffice) -> tuple[str, str]:
    """The keys of X are wrong; what was there and what is there now."""
    keys = office.folder / "credentials.toml"
    line = next(
        line for line in keys.read_text("utf-8").splitlines() if line.startswith("access_token_secret")
    )
    return line, 'access_token_secret = "of-somebody-else"'


def test_nothing_goes_out_on_an_account_that_the_config_does_not_name(office: FakeOffice) -> None:
    """It was posted on @kotacontoh, after "Send NOW to the public: x @lain"."""
    office.write("a.md", post("a", FUTURE))
    expect(office.run("publish", "a", "--yes"))
    change(office.folder / "config.toml", 'handle = "@kotacontoh"', 'handle = "@lain"')
    office.write("b.md", post("b", FUTURE, body="Lain."))
    ran = expect(office.run("publish", "b", "--yes"), 4)
    assert "held" in ran.out
    assert [one["text"] for one in office.objects()] == ["Loket buka malam."]
    assert "@lain" in office.run("status").out


def test_other_keys_are_checked_for_their_account(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    expect(office.run("publish", "a", "--yes"))
    before = identity_requests(office, "/2/users/me")
    change(office.folder / "credentials.toml", *invalidate_key(office))
    office.write("b.md", post("b", FUTURE, body="Lain."))
    expect(office.run("publish", "b", "--yes"), 4)
    assert identity_requests(office, "/2/users/me") == before + 1
    assert identity_requests(office, "/2/tweets") == 1, "it was not even tried"


def test_a_post_due_while_the_login_is_refused_is_reported_and_goes_out_after(office: FakeOffice) -> None:
    """`publish` called it scheduled and ended with 0, and so did `run` under cron."""
    old, new = invalidate_key(office)
    change(office.folder / "credentials.toml", old, new)
    expect(office.run("account", "check", "x"), 4)
    due = datetime.now(UTC) + timedelta(seconds=1)
    office.write("a.md", post("a", FUTURE))
    assert "held" in expect(office.run("publish", "a", "--yes"), 4).out
    office.write("b.md", post("b", due.isoformat(timespec="seconds"), body="Lain."))
    while datetime.now(UTC) < due + timedelta(seconds=1):
        office.run("explain", "hold")
    expect(office.run("run"), 4)
    assert office.objects() == []
    change(office.folder / "credentials.toml", new, old)
    expect(office.run("account", "check", "x"))
    expect(office.run("run"))
    assert sorted(one["text"] for one in office.objects()) == ["Lain.", "Loket buka malam."]
