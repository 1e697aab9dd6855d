"""A running ``schedule`` reads config.toml, lists and secrets again, and keeps the last good version of each."""

import json
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.support.deadlines import SECOND
from tests.support.program import Process, expect
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow
FUTURE = "2099-02-03 08:30 WIB"


@contextmanager
def daemon(office: FakeOffice) -> Iterator[Process]:
    """A scheduler that has recorded which files it runs with."""
    running = Process("schedule", "--jsonl", cwd=office.folder)
    try:
        wait_until(lambda: recorded(office, "config_digest"), within=30 * SECOND)
        yield running
    finally:
        running.end(signal.SIGKILL)


def recorded(office: FakeOffice, column: str) -> str:
    """What the newest sender recorded of the files that it runs with; "" before it did."""
    try:
        address = f"file:{office.folder}/.humaspost/ledger.sqlite3?mode=ro"  # never makes the file
        with closing(sqlite3.connect(address, uri=True)) as db:
            query = f"SELECT {column} FROM sender ORDER BY started_at DESC LIMIT 1"
            row = db.execute(query).fetchone()
    except sqlite3.OperationalError:
        return ""
    return str(row[0]) if row else ""


def until(running: Process, kind: str) -> dict[str, Any]:
    """The next event of the kind."""
    event: dict[str, Any] = json.loads(running.next_line(lambda line: f'"kind": "{kind}"' in line))
    return event


def kinds(running: Process) -> list[str]:
    return [json.loads(line)["kind"] for line in running.lines]


def soon(seconds: float) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} UTC"


def save(office: FakeOffice, name: str, text: str) -> None:
    """Replace a file of the office in one step, as editors do."""
    path = office.folder / name
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text, "utf-8")
    beside.chmod(0o600)
    beside.replace(path)


def read(office: FakeOffice, name: str = "config.toml") -> str:
    return (office.folder / name).read_text("utf-8")


def table(config: str, name: str) -> str:
    """A table of config.toml with its heading."""
    found = re.search(rf"\[{re.escape(name)}\]\n(?:(?!\[)[^\n]*\n)*", config)
    assert found
    return found[0]


def test_a_new_account_and_a_new_audience_are_used_without_a_restart(office: FakeOffice) -> None:
    whole = read(office)
    save(office, "config.toml", whole.replace(table(whole, "accounts.x"), ""))
    office.write("far.md", post("far", FUTURE, channels="[instagram]"))
    with daemon(office) as running:
        until(running, "file-problem")  # an Instagram post needs a picture
        people = read(office, "audiences/masyarakat.csv").splitlines()
        save(office, "audiences/baru.csv", "\n".join(people[:3]) + "\n")
        save(office, "config.toml", whole + '\n[audiences.baru]\nfile = "audiences/baru.csv"\n')
        assert until(running, "reloaded")["detail"] == "config.toml"
        office.write("a.md", post("a", soon(1), channels="[x, whatsapp]", more="audiences: [baru]\n"))
        objects = office.sandbox.wait_for_objects(3)
        assert [one["channel"] for one in objects].count("whatsapp") == 2
        assert "Nothing needs you" not in expect(office.run("status")).out  # far.md
        assert running.end() == 0
    assert "stale-file" not in kinds(running)


def test_a_removed_account_sends_no_more(office: FakeOffice) -> None:
    whole = read(office)
    with daemon(office) as running:
        office.write("a.md", post("a", soon(6)))
        until(running, "new")
        save(office, "config.toml", whole.replace(table(whole, "accounts.x"), ""))
        until(running, "reloaded")
        until(running, "file-problem")
        office.write("b.md", post("b", soon(4), channels="[whatsapp]", more="audiences: [masyarakat]\n"))
        office.sandbox.wait_for_objects(3, "whatsapp")
        assert running.end() == 0
    assert office.sandbox.objects("x") == []


def test_a_fixed_key_is_used_at_once_and_its_posts_go_out(office: FakeOffice) -> None:
    good = read(office, "credentials.toml")
    save(office, "credentials.toml", re.sub(r'(\[x\]\n(?:.*\n)*?access_token = ")[^"]*', r"\1wrong", good))
    with daemon(office) as running:
        office.write("a.md", post("a", soon(1)))
        until(running, "login")
        wait_until(
            lambda: '"held"' in expect(office.run("status", "--all", "--json")).out, within=20 * SECOND
        )
        save(office, "credentials.toml", good)
        assert until(running, "reloaded")["detail"] == "credentials.toml"
        assert until(running, "published")["post"] == "a"
        assert "Nothing needs you." in expect(office.run("status", "--exit-code")).out
        assert running.end() == 0


def test_a_broken_config_is_a_need_and_the_last_good_one_counts(office: FakeOffice) -> None:
    whole = read(office)
    with daemon(office) as running:
        save(office, "config.toml", whole + "[accounts.x\n")
        told = until(running, "stale-file")["detail"]
        assert re.match(r"config\.toml:\d+:\d+: error\[config-syntax\] this is not TOML", told)
        office.write("a.md", post("a", soon(1)))
        until(running, "published")
        stated = expect(office.run("status"), 78)
        assert "config-syntax" in stated.err
        assert "still uses the last good config.toml" in stated.err
        save(office, "config.toml", whole)
        wait_until(lambda: recorded(office, "stale_files") == "{}", within=20 * SECOND)
        assert running.end() == 0
    assert kinds(running).count("stale-file") == 1


def test_another_state_folder_is_not_followed(office: FakeOffice) -> None:
    whole = read(office)
    with daemon(office) as running:
        save(office, "config.toml", whole.replace('state = ".humaspost"', 'state = "lain"'))
        until(running, "stale-file")
        assert '"reason":"restart"' in recorded(office, "stale_files")
        assert running.end() == 0
    assert not (office.folder / "lain").exists()


def test_broken_credentials_are_a_need_and_the_last_good_ones_count(office: FakeOffice) -> None:
    good = read(office, "credentials.toml")
    office.write("far.md", post("far", FUTURE))
    with daemon(office) as running:
        until(running, "new")
        save(office, "credentials.toml", good + "[x\n")
        until(running, "stale-file")
        office.write("a.md", post("a", soon(1)))
        until(running, "published")
        assert "credentials.toml, not in use" in expect(office.run("status", "--exit-code"), 5).out
        assert "does not use the newest credentials.toml" in expect(office.run("plan")).out
        assert "does not use the newest credentials.toml" in expect(office.run("check")).err
        assert "does not use the newest credentials.toml" in office.run("doctor").out
        save(office, "credentials.toml", good)
        wait_until(lambda: recorded(office, "stale_files") == "{}", within=20 * SECOND)
        assert "not in use" not in expect(office.run("status", "--exit-code")).out
        assert running.end() == 0


def test_files_that_are_still_being_written_are_never_read(office: FakeOffice) -> None:
    """A save of several steps: every step alone is broken, or without accounts or people."""
    office.write("far.md", post("far", FUTURE, channels="[x, whatsapp]", more="audiences: [masyarakat]\n"))
    names = ("config.toml", "credentials.toml", "audiences/masyarakat.csv")
    whole = {name: read(office, name) for name in names}
    with daemon(office) as running:
        until(running, "new")
        for share in (0.2, 0.4, 0.6, 0.8, 1):
            for name, text in whole.items():
                (office.folder / name).write_text(text[: int(len(text) * share)], "utf-8")
            turns = len(running.lines)
            office.run("status") if share == 1 else None
            assert len(running.lines) == turns or share == 1
        office.write("a.md", post("a", soon(1), channels="[whatsapp]", more="audiences: [masyarakat]\n"))
        office.sandbox.wait_for_objects(3, "whatsapp")
        assert running.end() == 0
    assert not {"stale-file", "file-problem", "login", "problem"} & set(kinds(running))


def test_a_new_name_of_an_account_is_told_with_steps_that_work(office: FakeOffice) -> None:
    """The scheduler tried the new config again every ten seconds, also after the old one was put back."""
    whole = read(office)
    renamed = whole.replace("[accounts.x]", "[accounts.kota]")
    office.write("a.md", post("a", FUTURE))
    expect(office.run("publish", "a", "--yes"))
    with daemon(office) as running:
        save(office, "config.toml", renamed)
        told = until(running, "stale-file")["detail"]
        assert "stop the scheduler if it is running, then type: humaspost account rename x kota" in told
        shown = expect(office.run("status", "--exit-code"), 5).out
        assert "then start it again: humaspost schedule" in shown
        busy = expect(office.run("account", "rename", "x", "kota"), 75).err
        assert "already running" in busy
        assert "nothing was changed; stop it first, then type the same again" in busy
        save(office, "config.toml", whole)
        wait_until(lambda: recorded(office, "stale_files") == "{}", within=20 * SECOND)
        save(office, "config.toml", renamed)
        until(running, "stale-file")
        assert running.end() == 0
    assert "reloaded" not in kinds(running)
    expect(office.run("account", "rename", "x", "kota"))
    save(office, "credentials.toml", read(office, "credentials.toml").replace("[x]", "[kota]"))
    with daemon(office) as running:
        office.write("b.md", post("b", soon(1), channels="[kota]", body="Lain."))
        until(running, "published")
        assert running.end() == 0
    assert [one["text"] for one in office.objects()] == ["Loket buka malam.", "Lain."]


def test_a_posts_folder_of_a_user_that_nobody_is_ends_nothing(office: FakeOffice) -> None:
    whole = read(office)
    lines = [line for line in whole.splitlines() if not line.startswith("posts ")]
    with daemon(office) as running:
        save(office, "config.toml", "\n".join(['posts = "~nobody-of-that-name/a"', *lines, ""]))
        assert "config.toml:1:9: error[config-path]" in until(running, "stale-file")["detail"]
        assert "error[config-path]" in expect(office.run("check"), 78).err
        office.write("a.md", post("a", soon(1)))
        until(running, "published")
        assert running.end() == 0
