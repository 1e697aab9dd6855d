"""What is left alone for its errors is told by every command that a monitor asks, before it is due and after."""

import sqlite3
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.support.program import expect

pytestmark = pytest.mark.slow
FUTURE = "2099-02-03 08:30 WIB"


def _ago(minutes: int) -> str:
    at = datetime.now(ZoneInfo("Asia/Jakarta")) - timedelta(minutes=minutes)
    return at.strftime("%Y-%m-%d %H:%M WIB")


BROKEN = {
    "unknown-key": "channel: [x]\n",
    "yaml": "tags: [a\n",
}


@pytest.mark.parametrize("more", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("due", [True, False])
def test_a_post_that_was_never_good_needs_you(office: FakeOffice, more: str, due: bool) -> None:
    office.write("galat jam.md", post("galat", _ago(1) if due else FUTURE, more=more))
    unread = "tags" in more  # when it is due cannot be read either
    ran = expect(office.run("run"), 3 if due or unread else 0)
    assert "1 error in a post" in ran.err
    shown = expect(office.run("status", "--exit-code"), 3).out
    assert "NEEDS YOU (1)" in shown
    assert "humaspost check 'posts/galat jam.md'" in shown
    assert "1 file is left alone for its errors" in office.run("doctor").out
    (office.folder / "posts" / "galat jam.md").unlink()
    expect(office.run("run"))
    assert "Nothing needs you." in expect(office.run("status", "--exit-code")).out


def test_a_draft_needs_no_person(office: FakeOffice) -> None:
    office.write("a.md", post("a", _ago(1), more="hashtag: [A]\ndraft: true\n"))
    expect(office.run("run"))
    assert "Nothing needs you." in expect(office.run("status", "--exit-code")).out


def test_an_error_of_one_channel_needs_you_too(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, channels="[x, instagram]"))
    expect(office.run("run"))
    assert "media-missing" in expect(office.run("status", "--exit-code"), 3).out


def test_cron_reports_what_was_due_and_not_sent(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, more="hashtag: [A]\n"))
    silent = expect(office.run("run", "--quiet"))
    assert silent.out + silent.err == ""
    office.write("b.md", post("b", _ago(1), more="hashtag: [A]\n"))
    told = expect(office.run("run", "--quiet"), 3)
    assert told.out == ""
    assert "Due and not sent, for its errors: posts/b.md. humaspost check" in told.err


def test_a_backup_is_written_over_nothing_but_a_backup(office: FakeOffice) -> None:
    path = office.write("a.md", post("a", FUTURE))
    expect(office.run("run"))
    for name in ("posts/a.md", "posts"):
        refused = expect(office.run("backup", name), 74)
        assert "is there already, and is no backup" in refused.err
    assert path.read_text().startswith("---")
    for _again in range(2):
        expect(office.run("backup", "salinan"))


def test_only_who_writes_to_people_has_templates(office: FakeOffice) -> None:
    assert "x is public and sends no templates" in expect(office.run("account", "templates", "x"), 2).err


def test_publishing_nothing_is_one_document_too(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    expect(office.run("publish", "a", "--yes"))
    assert expect(office.run("publish", "a", "--yes", "--json")).json["deliveries"] == []


def test_cron_reports_what_was_missed(office: FakeOffice) -> None:
    office.write("a.md", post("a", _ago(90)))
    told = expect(office.run("run", "--quiet"), 5)
    assert told.err == "1 missed.\nWhat needs you: humaspost status\n"


def test_a_post_without_file_when_it_is_due_needs_you(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    office.write("b.md", post("b", FUTURE, body="Lain."))
    expect(office.run("run"))
    (office.folder / "posts" / "a.md").unlink()
    expect(office.run("run"))
    assert "Nothing needs you." in expect(office.run("status", "--exit-code")).out, (
        "a person may have wanted that"
    )
    with sqlite3.connect(office.folder / ".humaspost" / "ledger.sqlite3") as ledger:
        due = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
        assert ledger.execute("UPDATE delivery SET due_at = ? WHERE post = 'a'", (due,)).rowcount == 1
        ledger.execute("UPDATE plan_row SET due_at = ? WHERE post = 'a'", (due,))
    shown = expect(office.run("status", "--exit-code"), 5).out
    assert "its file is gone; was due" in shown
    assert "NEXT 24 HOURS (0)" in shown
    assert "bring the file back, or: humaspost cancel a" in shown
    expect(office.run("cancel", "a", "--yes"))
    assert "Nothing needs you." in expect(office.run("status", "--exit-code")).out


def test_plan_detects_by_itself_what_was_edited_and_what_was_deleted(office: FakeOffice) -> None:
    """An office that only ever publishes has no sender that reads the folder."""
    office.write("a.md", post("a", FUTURE))
    office.write("b.md", post("b", FUTURE, body="Lain."))
    office.write("c.md", post("c", FUTURE, body="Lagi."))
    expect(office.run("publish", "a", "--yes"))
    before = expect(office.run("plan")).out
    assert "changed" not in before
    office.write("a.md", post("a", FUTURE, body="Lain sama sekali."))
    (office.folder / "posts" / "b.md").unlink()
    shown = expect(office.run("plan")).out
    assert "changed  a" in shown
    assert "edited after it was published; the live text stays" in shown
    assert "its file posts/b.md is gone" in shown
    assert "bring it back, or: humaspost cancel b" in shown
    assert "1 post, 1 delivery to come" in shown
    expect(office.run("resolve", "b", "--cancel", "--yes"))
    assert "is gone" not in expect(office.run("plan")).out


def test_plan_counts_people_when_their_list_is_still_to_be_imported(office: FakeOffice) -> None:
    """A list that had grown from 3 to 40 was told as 40 people, under a limit that 3 of them would meet."""
    config = office.folder / "config.toml"
    config.write_text(config.read_text().replace("daily_recipients = 1000", "daily_recipients = 20"))
    expect(office.run("audience", "import", "--yes"))
    people = office.folder / "audiences" / "masyarakat.csv"
    more = "".join(
        f"+62812000001{n:02},Penerima {n},consent,informasi layanan publik,formulir,2021-01-01\n"
        for n in range(37)
    )
    office.write("a.md", post("a", FUTURE, channels="[whatsapp]", more="audiences: [masyarakat]\n"))
    assert "limit" not in expect(office.run("plan")).out
    people.write_text(people.read_text() + more)
    shown = expect(office.run("plan")).out
    assert "40 people" in shown
    assert "limit 20 people in 24 h" in shown
    expect(office.run("audience", "import", "--yes"))
    assert expect(office.run("plan")).out.split("Nobody is")[0] == shown.split("Nobody is")[0]


def test_plan_reports_no_unreadable_file_as_deleted(office: FakeOffice) -> None:
    path = office.write("b.md", post("b", FUTURE))
    expect(office.run("run"))
    path.write_text(path.read_text().replace("title:", "tags: [a\ntitle:"))
    for _turn in range(2):
        shown = expect(office.run("plan")).out
        assert "error" in shown
        assert "is gone" not in shown
        office.run("run")


def test_plan_reports_no_file_as_deleted_while_the_folder_is_away(office: FakeOffice) -> None:
    for number in range(4):
        office.write(f"{number}.md", post(f"p{number}", FUTURE, body=f"Loket {number}."))
    expect(office.run("run"))
    folder = office.folder / "posts"
    folder.rename(office.folder / "lain")
    assert "is gone" not in office.run("plan").out
    (office.folder / "lain").rename(folder)
    for number in range(3):
        (folder / f"{number}.md").unlink()
    assert "is gone" not in office.run("plan").out, "so many at once are believed by nobody"


def test_an_error_in_the_file_of_a_post_that_is_out_keeps_nothing_back(office: FakeOffice) -> None:
    path = office.write("a.md", post("a", _ago(1)))
    expect(office.run("publish", "a", "--yes"))
    path.write_text(path.read_text().replace("title:", "hashtag: [A]\ntitle:"))
    silent = expect(office.run("run", "--quiet"))
    assert silent.out + silent.err == ""
    assert "Nothing needs you." in expect(office.run("status", "--exit-code")).out
    (office.folder / "posts" / "README.md").write_text("Simpan unggahan di sini.\n")
    expect(office.run("run", "--quiet"))
    assert "front-matter-missing" in expect(office.run("status", "--exit-code"), 3).out


def test_the_rest_of_a_thread_and_a_list_of_people_need_you_too_when_their_file_is_deleted(
    office: FakeOffice,
) -> None:
    office.write("a.md", post("a", FUTURE, body="Satu.\n<!-- part -->\nDua.\n<!-- part -->\nTiga."))
    office.write("w.md", post("w", FUTURE, channels="[whatsapp]", more="audiences: [masyarakat]\n"))
    office.write("c.md", post("c", FUTURE, body="Lain."))
    office.fault(channel="x", method="POST", path="/2/tweets$", fault="status", status=429, skip=1, count=9)
    expect(office.run("audience", "import", "--yes"))
    expect(office.run("publish", "a", "--yes"), 75)
    office.run("run")
    for name in ("a.md", "w.md"):
        (office.folder / "posts" / name).unlink()
    office.run("run")
    with sqlite3.connect(office.folder / ".humaspost" / "ledger.sqlite3") as ledger:
        due = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
        ledger.execute("UPDATE plan_row SET due_at = ? WHERE post <> 'c'", (due,))
    shown = expect(office.run("status", "--exit-code"), 5).out
    assert shown.count("its file is gone; was due") == 2
    assert "3 people" in shown
    for name in ("a", "w"):
        assert f"bring the file back, or: humaspost cancel {name}" in shown
        expect(office.run("cancel", name, "--yes"))
    assert "Nothing needs you." in expect(office.run("status", "--exit-code")).out
