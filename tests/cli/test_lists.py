"""Lists as people meet them: a file saved again by a spreadsheet, and what every command says of it."""

import json
import re
import shlex
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.support.program import expect

HEADER = "phone;name;basis;purpose;source;consented_at;opted_out_at"
SOON = "2031-02-03 08:30 WIB"


def row(number: int, *, date: str = "2021-01-01", opted_out_at: str = "") -> str:
    return f"+62812000000{number:02};Penerima {number};consent;informasi;formulir;{date};{opted_out_at}"


def save(office: FakeOffice, *rows: str, encoding: str = "utf-8", name: str = "masyarakat") -> Path:
    """Save the list as Excel does, long enough ago to have settled."""
    path = office.folder / "audiences" / f"{name}.csv"
    path.write_bytes("\r\n".join((HEADER, *rows, "")).encode(encoding))
    return path


@pytest.fixture
def listed(office: FakeOffice) -> FakeOffice:
    """An office with a list of six people and a post to them."""
    save(office, *map(row, range(1, 7)))
    office.write(
        "undangan.md", post("undangan", SOON, channels="[whatsapp]", more="audiences: [masyarakat]\n")
    )
    assert office.run("audience", "import", "--yes", "masyarakat").code == 0
    return office


def members(office: FakeOffice) -> tuple[int, int]:
    """Return how many people are on the list, and how many of them left."""
    lists = json.loads(office.run("audience", "list", "--json").out)["audiences"]
    [found] = [each for each in lists if each["name"] == "masyarakat"]
    return found["members"], found["opted_out"]


def test_dates_as_excel_writes_them_are_read(listed: FakeOffice) -> None:
    dates = ["01/03/2021", "2-Mar-21", "3 Mei 2021", "04.05.2021", "2021-05-06", "7/8/21"]
    save(listed, *(row(number, date=date) for number, date in enumerate(dates, 1)), encoding="utf-16")
    assert listed.run("check").code == 0
    assert listed.run("run").code == 0
    assert members(listed) == (6, 0)


def test_a_list_whose_every_row_is_refused_is_held_and_every_command_says_so(listed: FakeOffice) -> None:
    path = save(listed, *(row(number, date="01/13/2021") for number in range(1, 7)))
    place = "audiences/masyarakat.csv:2:"
    checked = listed.run("check")
    assert checked.code == 5
    assert f"{place}54: error[recipient-date]" in checked.out
    assert "write: 2021-01-13" in checked.out
    assert "1 post waits for its list." in checked.out
    assert "0 would be published" in checked.out
    for name in ("audiences/masyarakat.csv", "masyarakat", str(path)):
        of_list = listed.run("check", name)
        assert (of_list.code, "6 errors" in of_list.out) == (5, True)
    ran = listed.run("run")
    assert "list-unreadable" in ran.err
    for command in (("status",), ("plan",), ("doctor",)):
        assert f"{place}54" in listed.run(*command).out, command
    assert "list-unreadable" in listed.run("plan", "undangan").out
    assert listed.run("status", "--exit-code").code == 5
    assert listed.run("doctor").code == 5
    status = json.loads(listed.run("status", "--json").out)
    assert [(found["name"], found["hold"]) for found in status["lists"]] == [
        ("masyarakat", "list-unreadable")
    ]
    assert members(listed) == (6, 0)
    save(listed, *map(row, range(1, 7)))
    assert listed.run("run").code == 0
    assert "list-" not in listed.run("status").out


def test_a_list_that_lost_most_of_its_people_is_taken_over_by_hand_only(listed: FakeOffice) -> None:
    save(listed, row(1), row(2))
    assert "list-shrunk" in listed.run("run").err
    assert members(listed) == (6, 0)
    asked = listed.run("audience", "import", "masyarakat", "--yes")
    assert "lacks 4 of the 6 people on masyarakat" in " ".join(asked.err.split())
    assert members(listed) == (2, 0)
    assert listed.run("check").code == 0


def test_publish_sends_to_those_in_both_lists_and_the_others_go_when_it_is_mended(listed: FakeOffice) -> None:
    listed.run("account", "check", "whatsapp")
    ledger = listed.folder / ".humaspost" / "ledger.sqlite3"
    with closing(sqlite3.connect(ledger)) as connection, connection:
        born = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        connection.execute("UPDATE meta SET value = ? WHERE key = 'created_at'", (born,))
    due = datetime.now(UTC) - timedelta(minutes=2)
    text = post(
        "undangan", f"{due:%Y-%m-%d %H:%M} UTC", channels="[whatsapp]", more="audiences: [masyarakat]\n"
    )
    listed.write("undangan.md", text)
    save(listed, row(1))
    checked = listed.run("check")
    assert (checked.code, "1 post waits for its list." in checked.out) == (5, True)
    ran = listed.run("run")
    assert (ran.code, "list-shrunk" in ran.err) == (5, True)
    assert "held: list" in listed.run("plan").out
    status = listed.run("status", "--exit-code")
    assert status.code == 5
    assert "its list masyarakat is held; was due" in status.out
    assert "humaspost publish undangan" in status.out
    assert listed.objects() == []
    published = listed.run("publish", "undangan", "--yes")
    assert published.code == 5  # the others wait for the list
    assert [each["to"] for each in listed.objects()] == ["+6281200000001"]
    assert listed.run("run").code == 5
    assert json.loads(listed.run("status", "--json").out)["counts"] == {"held": 5, "published": 1}
    save(listed, *map(row, range(1, 7)))
    assert listed.run("run").code == 0
    assert sorted(each["to"][-2:] for each in listed.objects()) == ["01", "02", "03", "04", "05", "06"]
    assert "Nothing needs you." in listed.run("status", "--exit-code").out


def test_cron_is_told_of_lists_also_where_it_wants_to_hear_nothing(listed: FakeOffice) -> None:
    config = listed.folder / "config.toml"
    config.write_text(config.read_text().replace("masyarakat.csv", "daftar warga.csv"))
    save(listed, *map(row, range(1, 7)), name="daftar warga")
    silent = listed.run("run", "--quiet")
    assert (silent.code, silent.out + silent.err) == (0, "")
    for rows, code, problem in ((5, 3, "list-rows"), (0, 5, "list-empty")):
        bad = [row(number, date="kapan" if number == rows else "2021-01-01") for number in range(1, rows + 1)]
        save(listed, *bad, name="daftar warga")
        told = listed.run("run", "--quiet")
        assert (told.code, told.out) == (code, "")
        assert f"audiences/daftar warga.csv: {problem}: " in told.err
        hint = re.search(r"humaspost (check .*)", told.err)
        assert hint is not None
        assert listed.run(*shlex.split(hint[1])).code == code
        assert listed.run("status", "--exit-code").code == code


def test_an_opt_out_in_windows_1252_counts(listed: FakeOffice) -> None:
    rows = [row(number).replace("Penerima", "Rêmiza") for number in range(1, 6)]
    save(listed, *rows, row(6, opted_out_at="29/11/2025"), encoding="cp1252")
    assert listed.run("run").code == 0
    assert members(listed) == (6, 1)


def test_an_opt_out_that_cannot_be_read_stops_every_list_and_is_told(listed: FakeOffice) -> None:
    save(listed, *map(row, range(1, 6)), row(6, opted_out_at="habis lebaran"))
    assert "list-rows" in listed.run("run").err
    assert members(listed) == (6, 1)
    assert listed.run("status", "--exit-code").code == 3
    told = listed.run("check", "masyarakat")
    assert "humaspost sends nothing to this person now" in " ".join(told.out.split())
    assert "+6281200000006" not in told.out
    save(listed, *map(row, range(1, 7)))
    listed.run("run")
    assert members(listed) == (6, 0)


def test_a_list_that_is_gone_or_empty_holds_its_posts(listed: FakeOffice) -> None:
    save(listed)
    assert "list-empty" in listed.run("run").err
    (listed.folder / "audiences" / "masyarakat.csv").unlink()
    assert "list-missing" in listed.run("run").err
    assert members(listed) == (6, 0)
    assert "audience-missing-file" in listed.run("check", "masyarakat").out
    assert listed.run("status", "--exit-code").code == 5


def test_a_spreadsheet_under_another_name_says_how_to_save_it(listed: FakeOffice) -> None:
    (listed.folder / "audiences" / "masyarakat.csv").write_bytes(b"PK\x03\x04" + bytes(60))
    checked = listed.run("check", "masyarakat")
    assert checked.code == 5
    assert "save as, CSV UTF-8" in checked.out


def test_no_command_prints_a_number_or_a_name(listed: FakeOffice) -> None:
    save(listed, *(row(number, date="kapan", opted_out_at="+6281200000099") for number in range(1, 7)))
    for command in (("check",), ("run",), ("status",), ("plan",), ("doctor",), ("check", "--json")):
        ran = listed.run(*command)
        assert "1200000" not in ran.out + ran.err, command
        assert "Penerima" not in ran.out + ran.err, command


def test_after_a_publish_to_those_in_both_every_command_says_that_the_rest_waits(listed: FakeOffice) -> None:
    listed.write(
        "undangan.md",
        post("undangan", "2026-01-01 08:30 WIB", channels="[whatsapp]", more="audiences: [masyarakat]\n"),
    )
    save(listed, row(1), row(2))
    listed.run("run")
    expect(listed.run("publish", "undangan", "--yes"), 5)
    assert len(listed.objects()) == 2
    for _again in range(2):
        again = expect(listed.run("publish", "undangan", "--yes"), 5)
        said = " ".join(again.err.split())
        assert (
            "Nothing of it is to be sent. its list masyarakat is held; what is left of the post waits" in said
        )
        assert "humaspost audience import masyarakat or give up what waits: humaspost cancel undangan" in said
        assert "Published already, left alone: whatsapp (2 of 6)" in said
    shown = " ".join(expect(listed.run("status", "--exit-code"), 5).out.split())
    assert "its list masyarakat is held; was due" in shown
    assert "humaspost publish undangan" not in shown
    assert "humaspost cancel undangan" in shown
    for command in ("plan", "preview", "explain"):
        told = " ".join(listed.run(command, "undangan").out.split())
        assert "no person on its lists" not in told, command
        assert "humaspost does not use the new file of its list: humaspost check" in told, command
    assert "is partly published: 2 of 6; humaspost does not use" in " ".join(
        listed.run("preview", "undangan").out.split()
    )
    expect(listed.run("audience", "import", "masyarakat", "--yes"))
    assert "Nothing needs you." in listed.run("status").out


@pytest.mark.parametrize("content", [None, b"", HEADER.encode() + b"\r\n", bytes(range(256)) * 8])
def test_where_nobody_can_be_reached_no_publish_is_offered(listed: FakeOffice, content: bytes | None) -> None:
    listed.write(
        "undangan.md",
        post("undangan", "2026-01-01 08:30 WIB", channels="[whatsapp]", more="audiences: [masyarakat]\n"),
    )
    path = listed.folder / "audiences" / "masyarakat.csv"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    listed.run("run")
    listed.age_ledger()
    shown = " ".join(listed.run("status").out.split())
    assert "its list masyarakat is held" in shown
    assert "humaspost publish undangan" not in shown
    said = " ".join(expect(listed.run("publish", "undangan", "--yes"), 5).err.split())
    assert "Nothing of it is to be sent. its list masyarakat is held" in said
    assert listed.objects() == []


def test_a_partly_sent_post_that_was_cancelled_is_not_called_published(listed: FakeOffice) -> None:
    save(listed, row(1), row(2))
    listed.run("run")
    expect(listed.run("publish", "undangan", "--yes"), 5)
    expect(listed.run("cancel", "undangan", "--yes"))
    shown = " ".join(listed.run("preview", "undangan").out.split())
    assert "whatsapp is partly published: 2 of 6; cancelled by a person" in shown
    assert "Published already, left alone: whatsapp (2 of 6)" in listed.run("publish", "undangan").err


def test_check_counts_as_plan_does(listed: FakeOffice) -> None:
    save(listed)
    assert listed.run("audience", "import", "--yes", "masyarakat").code == 0
    listed.write("nanti.md", post("nanti", SOON, channels="[x]"))
    listed.write("lama.md", post("lama", "2021-02-03 08:30 WIB", channels="[x]"))
    assert "1 post, 1 delivery to come." in listed.run("plan").out
    checked = listed.run("check").out
    assert " 1 would be published." in checked
    assert "warning[date-past]" in listed.run("preview", "lama").out
