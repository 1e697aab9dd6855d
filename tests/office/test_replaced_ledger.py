"""The ledger is moved, replaced, restored or changed under running processes: each notices, or is asked to end first."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.deadlines import SECOND
from tests.support.office import Office
from tests.support.program import Process
from tests.support.served_office import ServedOffice

pytestmark = pytest.mark.slow
NOBODY = 65534


def state(office: Office) -> Path:
    return office.folder / ".humaspost"


def names(folder: Path) -> set[str]:
    """Return the files of the state folder, without the locks, which come and go."""
    return {path.name for path in folder.rglob("*") if path.suffix != ".lock" and path.name != "in-use"}


def started(office: Office) -> Process:
    """A scheduler that owns the ledger and has read the folder."""
    office.post("jauh", "Masih jauh.")
    daemon = office.start("schedule")
    daemon.line(lambda line: "new file" in line)
    return daemon


def execute(office: Office, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(state(office) / "ledger.sqlite3")) as db:
        db.execute(statement, values)
        db.commit()


def test_a_scheduler_whose_ledger_is_moved_away_ends_and_sends_nothing_again(office: Office) -> None:
    office.run("run")
    daemon = started(office)
    office.post("kabar", "Satu kali.", due=3600)
    state(office).rename(office.folder / "lama")
    assert daemon.wait(within=10 * SECOND) == 75
    assert daemon.errors[0].startswith(f"the ledger {state(office)}/ledger.sqlite3 was moved away"), (
        daemon.errors
    )
    assert len(daemon.errors) == 2
    assert not state(office).exists(), "it made no other one"
    # A new ledger, by which somebody sends at once what the old one has at a later date.
    office.run("publish", "kabar", "--yes")
    (office.folder / ".humaspost").rename(office.folder / "baru")
    (office.folder / "lama").rename(state(office))
    office.run("status")
    assert len(office.sandbox.objects()) == 1


def test_a_restore_asks_for_serve_to_be_stopped_before_it_changes_anything(
    served_office: ServedOffice,
) -> None:
    served_office.run("run")
    served_office.run("backup", "salinan")
    serve = served_office.serve()
    before = names(state(served_office))
    refused = served_office.run("restore", "salinan", "--yes", exit_code=75)
    assert f"the ledger is in use: `humaspost serve`, pid {serve.pid}, since " in refused.err
    assert names(state(served_office)) == before
    served_office.set_options(callback_url=served_office.callback)
    assert serve.end() == 0
    served_office.run("restore", "salinan", "--yes")


def test_serve_ends_when_its_ledger_is_replaced(served_office: ServedOffice) -> None:
    served_office.run("run")
    serve = served_office.serve()
    state(served_office).rename(served_office.folder / "lama")
    served_office.run("run")
    assert serve.wait(within=10 * SECOND) == 75
    assert "was replaced" in " ".join(serve.errors) or "was moved away" in " ".join(serve.errors)


def test_a_sender_that_must_migrate_names_who_uses_the_ledger(served_office: ServedOffice) -> None:
    served_office.run("run")
    serve = served_office.serve()
    execute(served_office, "UPDATE alembic_version SET version_num = '0001'")
    for command in ("run", "schedule"):
        refused = served_office.run(command, exit_code=75)
        assert f"`humaspost serve`, pid {serve.pid}" in refused.err
    assert not list(state(served_office).glob("ledger-before-*"))


def rename_in_config(office: Office) -> None:
    for name in ("config.toml", "credentials.toml"):
        path = office.folder / name
        path.write_text(
            path.read_text("utf-8").replace("[accounts.x]", "[accounts.kota]").replace("[x]", "[kota]")
        )


def test_an_account_is_renamed_while_nobody_sends(office: Office) -> None:
    office.run("run")
    office.run("account", "check", "x")
    daemon = started(office)
    config = (office.folder / "config.toml").read_text("utf-8")
    rename_in_config(office)
    refused = office.run("account", "rename", "x", "kota", exit_code=75)
    assert str(daemon.pid) in refused.err
    assert daemon.end() in (0, 78)
    # A sender that reads the new name does not take it for another account.
    told = office.run("run", exit_code=78)
    assert "humaspost account rename x kota" in told.err
    listed = office.run("account", "list").out
    assert "humaspost account rename x NEW" in listed
    office.run("account", "rename", "x", "kota")
    (office.folder / "posts" / "jauh.md").unlink()
    office.post("dekat", "Sekarang.", channels="[kota]", due=1)
    office.sandbox.wait_for_objects(0)
    office.run("publish", "dekat", "--yes")
    assert {account for _post, account in office.states()} == {"kota"}
    assert "rename" not in office.run("account", "list").out
    assert config  # what it was


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can be root in somebody's office"
)
def test_root_sends_nothing_in_somebodys_office(office: Office) -> None:
    office.run("run")
    office.post("kabar", "Satu kali.", due=3600)
    for path in [office.folder, *office.folder.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)

    def stamps() -> dict[str, tuple[int, int]]:
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_uid) for path in state(office).rglob("*")}

    before = stamps()
    for command in (["run"], ["schedule"], ["publish", "kabar", "--yes"], ["restore", "--yes"]):
        refused = office.run(*command, exit_code=78)
        assert f"sudo -u nobody humaspost {' '.join(command)}" in refused.err, refused.err
        assert stamps() == before
    for command in (
        ["status"],
        ["plan"],
        ["doctor"],
        ["log"],
        ["pause", "--reason", "uji"],
        ["resume"],
        ["backup"],
    ):
        office.run(*command, exit_code=5 if command == ["doctor"] else 0)
    assert {uid for _mtime, uid in stamps().values()} == {NOBODY}


def test_a_ledger_made_by_a_clock_ahead_is_told_and_corrected(office: Office) -> None:
    office.run("run")
    office.run("account", "check", "x")
    ahead = datetime.now(UTC) + timedelta(days=365)
    execute(office, "UPDATE meta SET value = ? WHERE key = 'created_at'", ahead.isoformat())
    assert "made by a clock that was ahead" in office.run("status", "--exit-code", exit_code=5).out
    assert "humaspost run" in office.run("doctor", exit_code=5).out
    daemon = office.start("schedule")
    daemon.line(lambda line: "clock that was ahead" in line)
    office.post("kabar", "Satu kali.", due=3)
    office.sandbox.wait_for_objects(1)
    assert daemon.end() == 0
    assert "clock that was ahead" not in office.run("status").out
