"""The real program, command by command, against the sandbox."""

import csv
import io
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.support.program import expect, run

pytestmark = pytest.mark.slow
FUTURE = "2099-02-03 08:30 WIB"


def test_init_makes_an_office_that_checks_and_touches_no_existing_one(tmp_path: Path) -> None:
    made = expect(run("init", "kantor", cwd=tmp_path))
    office = tmp_path / "kantor"
    assert "humaspost account check x" in made.out
    assert stat.S_IMODE((office / "credentials.toml").stat().st_mode) == 0o600
    assert "credentials.toml" in (office / ".gitignore").read_text()
    assert "1 is a draft" in expect(run("check", cwd=office)).out
    again = expect(run("init", "kantor", cwd=tmp_path), 2)
    assert "nothing was changed" in again.err


def test_new_writes_a_draft_under_a_name_of_its_own(tmp_path: Path) -> None:
    expect(run("init", cwd=tmp_path))
    for _ in range(2):
        expect(run("new", "Uji coba: loket", cwd=tmp_path))
    drafts = sorted(path.name for path in (tmp_path / "posts").glob("*uji-coba*"))
    assert len(drafts) == 2
    assert drafts[1].endswith("-2.md") or drafts[0].endswith("-2.md")
    assert "3 are drafts" in expect(run("check", cwd=tmp_path)).out


def test_check_json_is_one_document_of_the_promised_schema(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, more="hashtag: [A]\n"))
    document = expect(office.run("check", "--json"), 3).json
    assert document.keys() == {"schema", "posts", "problems"}
    assert (document["schema"], document["posts"]) == (1, 1)
    problem = document["problems"][0]
    assert problem.pop("message")
    assert problem == {
        "code": "unknown-key",
        "severity": "error",
        "file": "posts/a.md",
        "line": 6,
        "column": 1,
        "field": "hashtag",
        "channel": None,
        "hint": "write: tags: [A]",
    }


def test_check_of_some_paths_speaks_of_those_only(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, more="hashtag: [A]\n"))
    office.write("b.md", post("b", FUTURE, body="Lain.", more="allow: [date-far]\n"))
    assert expect(office.run("check", "posts/b.md")).out.startswith("1 post: no errors")
    expect(office.run("check", "posts"), 3)
    expect(office.run("check", "."), 3)
    expect(office.run("check", "nowhere.md"), 2)


def test_check_of_what_is_no_post_does_not_claim_that_it_has_no_errors(office: FakeOffice) -> None:
    (office.folder / "posts/foto.jpg").write_bytes(b"")
    for path in ("/etc/passwd", "config.toml", "posts/foto.jpg", ".."):
        ran = expect(office.run("check", path), 2)
        assert "is no post: posts are Markdown files" in " ".join(ran.err.split()), path


def test_preview_shows_the_exact_text_with_its_count_and_the_template(office: FakeOffice) -> None:
    more = "audiences: [masyarakat]\ntags: [Malam]\n"
    office.write("a.md", post("a", FUTURE, channels="[x, whatsapp]", more=more))
    shown = expect(office.run("preview", "a")).out
    assert "text, 24/280\n  | Loket buka malam.\n  | #Malam\n" in shown
    assert "3 people, template pengumuman" in shown
    assert "  | *Loket a*\n  |\n  | Loket buka malam.\n" in shown
    assert "may reply" not in shown
    part = office.run("preview", "a", "--json").json["accounts"][0]["parts"][0]
    assert part["text"] == "Loket buka malam.\n#Malam"


def test_preview_prints_who_can_reply_and_how_it_is_labelled(office: FakeOffice) -> None:
    own = "x: {reply_settings: following, paid_partnership: true}\n"
    office.write("a.md", post("a", FUTURE, more=own))
    shown = expect(office.run("preview", "a")).out
    assert "  who may reply: accounts that this one follows\n  labelled as a paid partnership\n" in shown


def test_a_post_is_selected_by_any_part_that_fits_only_one(office: FakeOffice) -> None:
    office.write("loket.md", post("sp-1", FUTURE))
    office.write("lain.md", post("sp-2", FUTURE, body="Lain."))
    for wanted in ("sp-1", "posts/loket.md", "loket", "SP-1"):
        assert "sp-1  Loket sp-1" in expect(office.run("preview", wanted)).out
    several = expect(office.run("preview", "sp-"), 2)
    assert "sp-1, sp-2" in several.err
    expect(office.run("preview", "nothing"), 2)


def test_plan_sends_nothing_and_reports_that_no_sender_runs(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    office.write("b.md", post("b", "2021-02-03 08:30 WIB", body="Lama."))
    shown = expect(office.run("plan")).out
    assert "Tuesday 3 February 2099" in shown
    assert "1 post, 17/280" in shown
    assert "humaspost publish b" in shown
    assert "1 post, 1 delivery to come. Nothing was sent by this command." in shown
    assert "Nobody is sending" in shown
    assert not (office.folder / ".humaspost").exists()
    document = office.run("plan", "--json").json
    assert [one["id"] for one in document["upcoming"]] == ["a"]
    assert [(one["kind"], one["id"]) for one in document["not_sent"]] == [("missed", "b")]


def test_publish_prompts_first_and_without_a_terminal_names_the_flag(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    ran = expect(office.run("publish", "a"), 2)
    assert "publish asks first; in a script add --yes" in ran.err
    assert "Send NOW to the public:" in ran.err
    assert office.objects() == []


def test_from_nothing_to_published_without_a_daemon(office: FakeOffice) -> None:
    more = "audiences: [masyarakat]\n"
    office.write("a.md", post("a", FUTURE, channels="[x, whatsapp]", more=more))
    assert expect(office.run("account", "check", "x")).out == "ok, @kotacontoh\n"
    assert "3 new" in expect(office.run("audience", "import", "--yes")).err
    sent = expect(office.run("publish", "a", "--yes", "--json"))
    assert sent.json["counts"] == {"published": 4}
    assert [one["channel"] for one in office.objects()].count("whatsapp") == 3
    status = office.run("status", "--json", "--all").json
    assert status["counts"] == {"published": 4}
    assert {row["recipient"] for row in status["deliveries"]} >= {None}
    assert "+6281200000001" not in office.run("status", "--json", "--all").out
    assert "Nothing needs you." in expect(office.run("status", "--exit-code")).out
    again = expect(office.run("publish", "a", "--yes"))
    assert "Nothing of it is to be sent." in again.err
    assert len(office.objects()) == 4


def test_a_draft_and_a_broken_post_are_not_published(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, more="draft: true\n"))
    office.write("b.md", post("b", FUTURE, more="hashtag: [A]\n"))
    assert "draft: true" in expect(office.run("publish", "a", "--yes"), 2).err
    assert "error[unknown-key]" in expect(office.run("publish", "posts/b.md", "--yes"), 3).err
    assert office.objects() == []


def test_an_answer_that_was_lost_needs_a_person_who_settles_it(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, channels="[whatsapp]", more="audiences: [masyarakat]\n"))
    office.fault(channel="whatsapp", method="POST", path=".*/messages", fault="drop-after", count=1)
    ran = expect(office.run("publish", "a", "--yes"), 5)
    assert "1 unknown" in ran.out
    shown = expect(office.run("status", "--exit-code"), 5).out
    assert "NEEDS YOU (1)" in shown
    assert "humaspost resolve a --account whatsapp --published | --retry" in shown
    assert "add --yes" in expect(office.run("resolve", "a", "--published"), 2).err
    assert expect(office.run("resolve", "a", "--published", "--yes")).out == "1 delivery is published.\n"
    expect(office.run("status", "--exit-code"))
    assert len(office.objects()) == 3


def test_a_pause_has_a_reason(office: FakeOffice) -> None:
    expect(office.run("pause", "--reason", " "), 2)
    assert "Nothing was paused." in expect(office.run("resume")).out


def test_a_pause_stops_and_names_its_reason_in_every_command(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    assert "Nothing was on its way." in expect(office.run("pause", "--reason", "masa berkabung")).out
    ran = expect(office.run("publish", "a", "--yes"), 75)
    assert "PAUSED" in ran.err
    assert "masa berkabung" in ran.err
    assert office.objects() == []
    assert "masa berkabung" in expect(office.run("status")).out
    expect(office.run("resume"))
    assert "Nothing was paused." in expect(office.run("resume")).out


def test_log_csv_is_unable_to_trick_a_spreadsheet(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, channels="[whatsapp]", more="audiences: [masyarakat]\n"))
    expect(office.run("publish", "a", "--yes"))
    rows = list(csv.DictReader(io.StringIO(expect(office.run("log", "--csv")).out)))
    assert len(rows) == 3
    assert {row["outcome"] for row in rows} == {"published"}
    for row in rows:
        assert row["recipient"].startswith("'+62")
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


def test_a_refused_login_is_4_and_names_where_the_keys_are(office: FakeOffice) -> None:
    credentials = office.folder / "credentials.toml"
    credentials.write_text(credentials.read_text().replace("IGAA", "IGAB"))
    ran = expect(office.run("account", "check", "instagram"), 4)
    assert "credentials.toml, under [instagram]" in ran.out
    assert "IGAB" not in ran.out + ran.err
    expect(office.run("status", "--exit-code"), 4)
    expect(office.run("doctor"), 4)


def test_credentials_that_others_can_read_are_refused_with_the_exact_remedy(office: FakeOffice) -> None:
    credentials = office.folder / "credentials.toml"
    credentials.chmod(0o644)
    ran = expect(office.run("account", "check", "x"), 78)
    assert f"chmod 600 {credentials}" in ran.err
    office.write("a.md", post("a", FUTURE))
    expect(office.run("publish", "a", "--yes"), 4)
    said = expect(office.run("status", "--exit-code"), 4).out
    assert "credentials-open" in said
    assert office.objects() == []
    credentials.chmod(0o600)
    expect(office.run("account", "check", "x"))
    expect(office.run("run"))
    assert len(office.objects()) == 1


def test_renaming_an_account_keeps_what_was_sent(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    expect(office.run("publish", "a", "--yes"))
    for name in ("config.toml", "credentials.toml"):
        path = office.folder / name
        path.write_text(path.read_text().replace("[accounts.x]", "[accounts.kota]").replace("[x]", "[kota]"))
    (office.folder / "credentials.toml").chmod(0o600)
    expect(office.run("account", "rename", "x", "kota"))
    assert "Nothing of it is to be sent." in expect(office.run("publish", "a", "--yes")).err
    expect(office.run("account", "rename", "kota", "nowhere"), 2)


def test_quiet_prints_nothing_but_errors(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    ran = expect(office.run("check", "--quiet"))
    assert (ran.out, ran.err) == ("", "")


@pytest.mark.parametrize("state", ["published", "nonsense"])
def test_status_takes_the_states_of_the_table_only(office: FakeOffice, state: str) -> None:
    expect(office.run("status", "--state", state), 0 if state == "published" else 2)
