"""Whose account it is, is asked before anything is sent under another handle or by other keys."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.cli.conftest import Town, post
from tests.cli.program import ok

pytestmark = pytest.mark.slow
FUTURE = "2099-02-03 08:30 WIB"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def asked(town: Town, path: str) -> int:
    with urlopen(f"{town.url}/_sandbox/requests", timeout=5) as answer:
        return sum(one["path"].endswith(path) for one in json.load(answer)["requests"])


def spoil(town: Town) -> tuple[str, str]:
    """The keys of X are wrong; what was there and what is there now."""
    keys = town.office / "credentials.toml"
    line = next(
        line for line in keys.read_text("utf-8").splitlines() if line.startswith("access_token_secret")
    )
    return line, 'access_token_secret = "of-somebody-else"'


def test_nothing_goes_out_on_an_account_that_the_config_does_not_name(town: Town) -> None:
    """It was posted on @kotacontoh, after "Send NOW to the public: x @lain"."""
    town.write("a.md", post("a", FUTURE))
    ok(town.run("publish", "a", "--yes"))
    change(town.office / "config.toml", 'handle = "@kotacontoh"', 'handle = "@lain"')
    town.write("b.md", post("b", FUTURE, body="Lain."))
    ran = ok(town.run("publish", "b", "--yes"), 4)
    assert "held" in ran.out
    assert [one["text"] for one in town.objects()] == ["Loket buka malam."]
    assert "@lain" in town.run("status").out


def test_other_keys_are_asked_whose_they_are(town: Town) -> None:
    town.write("a.md", post("a", FUTURE))
    ok(town.run("publish", "a", "--yes"))
    before = asked(town, "/2/users/me")
    change(town.office / "credentials.toml", *spoil(town))
    town.write("b.md", post("b", FUTURE, body="Lain."))
    ok(town.run("publish", "b", "--yes"), 4)
    assert asked(town, "/2/users/me") == before + 1
    assert asked(town, "/2/tweets") == 1, "it was not even tried"


def test_what_is_due_while_the_login_is_refused_says_so_and_goes_out_after(town: Town) -> None:
    """`publish` called it scheduled and ended with 0, and so did `run` under cron."""
    old, new = spoil(town)
    change(town.office / "credentials.toml", old, new)
    ok(town.run("account", "check", "x"), 4)
    due = datetime.now(UTC) + timedelta(seconds=1)
    town.write("a.md", post("a", FUTURE))
    assert "held" in ok(town.run("publish", "a", "--yes"), 4).out
    town.write("b.md", post("b", due.isoformat(timespec="seconds"), body="Lain."))
    while datetime.now(UTC) < due + timedelta(seconds=1):
        town.run("explain", "hold")
    ok(town.run("run"), 4)
    assert town.objects() == []
    change(town.office / "credentials.toml", new, old)
    ok(town.run("account", "check", "x"))
    ok(town.run("run"))
    assert sorted(one["text"] for one in town.objects()) == ["Lain.", "Loket buka malam."]
