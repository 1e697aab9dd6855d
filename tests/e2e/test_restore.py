"""A backup put back with the real program: nothing goes out twice, and a person is told what to settle."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.support.deadlines import SECOND
from tests.support.office import Office
from tests.support.waiting import wait_until


def _state(office: Office) -> Path:
    return office.folder / ".humaspost"


def _counts(office: Office) -> dict[str, dict[str, int]]:
    return {post: dict(counts) for (post, _account), counts in office.states().items()}


def _sent(office: Office) -> list[str]:
    return sorted(item["text"] for item in office.sandbox.objects())


def test_after_a_restore_nothing_of_the_gap_goes_out_again(office: Office) -> None:
    office.run("run")
    time.sleep(1.0)  # posts know seconds, and what was due before the ledger was made is never sent
    office.post("lama", "Sebelum.", due=0)
    office.run("run")
    office.post("berubah", "Akan dimajukan.")
    office.run("run")
    office.run("backup", "salinan")
    assert (office.folder / "salinan").stat().st_mode & 0o077 == 0
    # In the gap: one that the backup does not have, one whose date it does not know.
    office.post("baru", "Sesudah.", due=0)
    office.post("berubah", "Dimajukan.", due=0)
    office.run("run")
    before = _sent(office)
    assert len(before) == 3
    done = office.run("restore", "salinan", "--yes")
    assert "Restored" in done.out
    office.run("run", exit_code=5)
    office.run("run")
    assert _sent(office) == before
    assert _counts(office) == {"lama": {"published": 1}, "baru": {"unknown": 1}, "berubah": {"unknown": 1}}
    office.run("status", "--exit-code", exit_code=5)
    # The person says what is true, or wants it once more.
    office.run("resolve", "baru", "--published", "--yes")
    office.run("resolve", "berubah", "--retry", "--yes")
    office.post("esok", "Hari biasa.", due=0)
    office.run(
        "run", exit_code=5
    )  # X itself refuses the same words once more, which tells that it may be live
    assert _sent(office) == sorted([*before, "Hari biasa."])


def test_a_manually_copied_ledger_is_refused_until_it_is_adopted(office: Office) -> None:
    office.run("run")
    time.sleep(1.0)
    ledger = _state(office) / "ledger.sqlite3"
    shutil.copy(ledger, office.folder / "salinan")
    office.post("kabar", "Satu kali.", due=0)
    office.run("run")
    shutil.copy(office.folder / "salinan", ledger)
    for command in (["run"], ["schedule"], ["publish", "kabar", "--yes"]):
        refused = office.run(*command, exit_code=74)
        assert "restore --adopt" in refused.err, refused.err
        assert "humaspost restore --adopt" in office.run("status", "--exit-code", exit_code=5).out
        assert "humaspost restore --adopt" in office.run("doctor", exit_code=5).out
    assert len(office.sandbox.objects()) == 1
    asked = office.run("restore", "--adopt", exit_code=2)
    assert "--yes" in asked.err
    office.run("restore", "--adopt", "--yes")
    office.run("run")
    assert len(office.sandbox.objects()) == 1
    assert _counts(office) == {"kabar": {"unknown": 1}}


def test_a_damaged_ledger_is_never_sent_from_and_explains_how_to_go_on(office: Office) -> None:
    office.run("run")
    time.sleep(1.0)
    office.post("kabar", "Satu kali.", due=0)
    office.run("run")
    office.run("backup")
    ledger = _state(office) / "ledger.sqlite3"
    whole = ledger.read_bytes()
    office.post("nanti", "Belum.", due=0)
    for broken in (
        b"\0" * 100 + whole[100:],
        whole[: len(whole) // 2],
        whole[:4096] + b"\xff" * 400 + whole[4496:],
    ):
        for beside in ("-wal", "-shm"):  # what the refused start before this one left would mend the damage
            ledger.with_name(ledger.name + beside).unlink(missing_ok=True)
        ledger.write_bytes(broken)
        refused = office.run("run", exit_code=74)
        assert "humaspost restore" in refused.err, refused.err
        assert "Traceback" not in refused.err
        looked = office.run("doctor", exit_code=5)
        assert "ok  config" in looked.out, looked
        assert "!!  ledger" in looked.out, looked
    assert _sent(office) == ["Satu kali."]
    office.run("restore", "--yes")
    office.run("run", exit_code=5)
    assert _sent(office) == ["Satu kali."]
    assert _counts(office) == {"kabar": {"published": 1}, "nanti": {"unknown": 1}}
    with closing(sqlite3.connect(ledger)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_restore_waits_for_the_sender_to_be_stopped_and_reports_what_is_missing(office: Office) -> None:
    office.run("restore", "--yes", exit_code=74)
    office.run("backup", exit_code=74)
    office.run("run")  # the ledger is made
    daemon = office.start("schedule")
    wait_until(lambda: "scheduler: running on" in office.run("status").out, within=30 * SECOND)
    office.run("backup", "salinan")
    refused = office.run("restore", "salinan", "--yes", exit_code=75)
    assert str(daemon.pid) in refused.err
    assert daemon.end() == 0
    office.run("restore", "salinan", "--yes")
    office.run("restore", "salinan", "--adopt", exit_code=2)
