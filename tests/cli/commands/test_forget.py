"""``humaspost audience forget``: no byte of the person stays in the state folder, also while `schedule` runs."""

import sqlite3
from contextlib import closing
from pathlib import Path

from humaspost.base.personal_data import number_forms
from tests.cli.conftest import FakeOffice, post
from tests.support.program import Process, expect

PHONE, NAME = "+6281200000001", "Penerima 1"
PEOPLE = {"channels": "[whatsapp]", "more": "audiences: [masyarakat]\n"}
DUE = "2099-01-01 10:00 WIB"


def traces(office: FakeOffice) -> list[Path]:
    """Return the files of the state folder in which the number or the name stands."""
    texts = [text.encode() for text in (*number_forms(PHONE), "081200000001", NAME)]
    files = [path for path in (office.folder / ".humaspost").rglob("*") if path.is_file()]
    return [path for path in files if any(text in path.read_bytes() for text in texts)]


def stored_detail(office: FakeOffice) -> str:
    """Return the platform's text that the ledger keeps."""
    with closing(sqlite3.connect(office.folder / ".humaspost" / "ledger.sqlite3")) as ledger:
        return str(ledger.execute("SELECT detail FROM attempt WHERE detail <> ''").fetchone()[0])


def without_person(office: FakeOffice) -> None:
    """Delete the person's row of the list."""
    path = office.folder / "audiences" / "masyarakat.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if PHONE not in line))


def test_nothing_of_the_person_stays_and_no_list_brings_them_back(office: FakeOffice) -> None:
    office.write("a.md", post("a", DUE, **PEOPLE))
    expect(office.run("run"))
    expect(office.run("publish", "a", "--yes"))
    expect(office.run("backup"))
    assert len(traces(office)) > 1
    refused = expect(office.run("audience", "forget", "0812 0000 0001"), 2)
    assert "audience forget asks first; in a script add --yes" in refused.err
    done = expect(office.run("audience", "forget", "0812-0000-0001", "--yes"), 5)
    assert "Forget +62 812-**-01" in done.err
    assert "Lists: masyarakat" in done.err
    assert "Record without number and name: 1 message" in done.err
    assert "audiences/masyarakat.csv, row 2 still has the number: delete the row" in done.out
    assert traces(office) == []
    assert "1 whom you forgot" in expect(office.run("audience", "import", "--yes")).err
    expect(office.run("run"))
    assert traces(office) == []
    without_person(office)
    again = expect(office.run("audience", "forget", PHONE, "--yes", "--json"))
    assert (again.json["registered"], again.json["remaining"], again.json["list_rows"]) == (False, [], [])
    for args in (("status",), ("log",), ("status", "--json", "--all"), ("log", "--csv")):
        shown = expect(office.run(*args))
        assert NAME not in shown.out
    assert traces(office) == []


def test_it_works_while_schedule_runs(office: FakeOffice) -> None:
    office.write("a.md", post("a", DUE, **PEOPLE))
    process = Process("schedule", cwd=office.folder)
    try:
        process.line(lambda line: "a" in line)
        without_person(office)
        expect(office.run("audience", "forget", PHONE, "--yes"))
        assert traces(office) == []
    finally:
        assert process.end() == 0
    assert traces(office) == []


def test_a_number_that_is_none_is_refused(office: FakeOffice) -> None:
    assert "no telephone has this number" in expect(office.run("audience", "forget", "+620", "--yes"), 2).err


def test_numbers_and_names_in_a_platforms_answer_are_shown_nowhere(office: FakeOffice) -> None:
    body = {
        "error": {
            "message": "(#131026) Message undeliverable",
            "code": 131026,
            "error_data": {"details": f"Recipient phone number {PHONE[1:]} of PENERIMA 1 cannot get it."},
        }
    }
    office.fault(
        channel="whatsapp", method="POST", path="/messages", fault="status", status=400, body=body, count=1
    )
    path = office.folder / "audiences" / "masyarakat.csv"
    path.write_text("".join(path.read_text().splitlines(True)[:2]))
    office.write("a.md", post("a", DUE, **PEOPLE))
    expect(office.run("run"))
    sent = office.run("publish", "a", "--yes")
    printed = [sent.out, sent.err]
    for args in (("status",), ("log",), ("status", "--json", "--all"), ("log", "--csv"), ("log", "--json")):
        shown = office.run(*args)
        printed += [shown.out, shown.err]
    assert "Recipient phone number *** of *** cannot get it" in stored_detail(office)
    assert PHONE[1:] not in "".join(printed)
    assert "PENERIMA" not in "".join(printed)
    state = office.folder / ".humaspost"
    assert not any(b"PENERIMA" in path.read_bytes() for path in state.rglob("*") if path.is_file())


def test_each_row_and_each_list_that_is_not_cleaned_is_named(office: FakeOffice) -> None:
    lists = office.folder / "audiences"
    first = (lists / "masyarakat.csv").read_text().splitlines(True)
    again = next(line for line in first if PHONE in line)
    (lists / "masyarakat.csv").write_text("".join([*first, again]))
    config = office.folder / "config.toml"
    for name, content in {"rusak": b'phone,name\n"' + again.encode(), "tabel": b"PK\x03\x04"}.items():
        (lists / f"{name}.csv").write_bytes(content)
        config.write_text(config.read_text() + f'\n[audiences.{name}]\nfile = "audiences/{name}.csv"\n')
    done = expect(office.run("audience", "forget", PHONE, "--yes"), 5)
    told = " ".join(done.out.split())
    for place in ("masyarakat.csv, row 2", f"masyarakat.csv, row {len(first) + 1}", "rusak.csv, row 2"):
        assert f"audiences/{place} still has the number" in told
    assert "humaspost cannot read audiences/tabel.csv: look in it for the number" in told
    assert expect(office.run("audience", "forget", PHONE, "--yes", "--json"), 5).json["unread_lists"] == [
        "tabel"
    ]
