"""From an empty folder to three platforms, with no daemon: every command as it is typed."""

import re
from datetime import datetime

import pytest

from tests.support.deadlines import SECOND
from tests.support.office import Office
from tests.support.waiting import wait_until

DELIVERY = {
    "key", "post", "account", "channel", "part", "recipient", "state", "reason", "due_at", "published_at",
    "receipt", "attempts", "remote_id", "url", "edition",
}  # fmt: skip
PROBLEM = {"code", "severity", "file", "line", "column", "field", "channel", "message", "hint"}
PICTURE = '[{file: media/loket.jpg, alt: "Petugas loket menyerahkan kartu identitas."}]'


def objects_by_channel(office: Office, name: str, text: str, *, due: float | None = None) -> None:
    """A post with a picture for all three channels."""
    office.post(
        name, text, due=due, channels="[x, instagram, whatsapp]", audiences="[wartawan]", media=PICTURE
    )


def test_from_an_empty_folder_to_three_platforms(office: Office) -> None:
    for account in ("x", "instagram", "whatsapp"):
        answer = office.json("account", "check", account)
        assert (answer["schema"], answer["account"], answer["ok"]) == (1, account, True)
    assert office.run("account", "check", "x").out == "ok, @kotacontoh\n"
    assert "5 new" in office.run("audience", "import", "wartawan", "--yes").err
    office.run("new", "Uji coba")
    objects_by_channel(office, "kabar", "Loket *malam* buka sampai pukul 20.00.")
    checked = office.json("check")
    assert (checked["schema"], checked["posts"], checked["problems"]) == (1, 3, [])
    assert "Loket malam buka" in office.run("preview", "kabar").out
    assert office.sandbox.objects() == []
    sent = office.json("publish", "kabar", "--yes")
    assert (sent["schema"], sent["counts"], sent["problem_count"]) == (1, {"published": 7}, 0)
    assert all(set(one) >= DELIVERY for one in sent["deliveries"])
    shown = [(o["channel"], len(o["media"])) for o in office.sandbox.objects()]
    assert sorted(shown) == [("instagram", 1), *[("whatsapp", 1)] * 5, ("x", 1)]
    assert "Loket *malam*" not in office.sandbox.objects("x")[0]["text"]


def test_status_reports_in_json_what_is_true(office: Office) -> None:
    objects_by_channel(office, "kabar", "Loket malam buka.")
    office.run("publish", "kabar", "--yes")
    told = office.json("status")
    assert set(told) >= {"schema", "now", "counts", "posts", "deliveries"}
    assert (told["schema"], told["counts"], told["deliveries"]) == (1, {"published": 7}, [])
    assert datetime.fromisoformat(told["now"]).utcoffset() is not None
    posts = {p["account"]: p for p in told["posts"]}
    assert posts["whatsapp"]["counts"] == {"published": 5}
    assert (posts["x"]["id"], posts["x"]["file"], posts["x"]["title"]) == ("kabar", "posts/kabar.md", "Kabar")
    every = office.json("status", "--all")["deliveries"]
    assert len(every) == 7
    assert all(set(one) >= DELIVERY for one in every)
    live = {o["id"] for o in office.sandbox.objects()}
    assert {one["remote_id"] for one in every} == live
    people = [one["recipient"] for one in every if one["channel"] == "whatsapp"]
    assert all(re.fullmatch(r"\+62 812-\*\*-\d\d", person) for person in people), people
    assert "+62812000000" not in "".join(office.transcript)


def test_published_once_however_often_it_is_requested(office: Office) -> None:
    office.post("kabar", "Satu kali saja.")
    office.run("publish", "kabar", "--yes")
    office.run("publish", "kabar", "--yes")
    office.run("run")
    assert len(office.sandbox.objects()) == 1


def test_without_a_terminal_publish_requires_yes(office: Office) -> None:
    office.post("kabar", "Halo.")
    done = office.run("publish", "kabar", exit_code=2)
    assert "--yes" in done.err
    assert office.sandbox.objects() == []


def test_cron_sends_what_is_due_and_prints_nothing_when_nothing_is(office: Office) -> None:
    office.run("audience", "import", "wartawan", "--yes")
    quiet = office.run("run")
    assert (quiet.out, quiet.err) == ("", "")
    office.post("nanti", "Nanti.")
    office.run("run")
    office.post("kini", "Sekarang.", due=1)
    ran = office.json("run")
    assert (ran["schema"], ran["counts"], ran["problem_count"]) == (1, {"published": 1}, 0)
    assert [(one["post"], one["state"]) for one in ran["deliveries"]] == [("kini", "published")]
    assert all(set(one) >= DELIVERY for one in ran["deliveries"])
    again = office.run("run")
    assert (again.out, again.err) == ("", "")
    assert len(office.sandbox.objects()) == 1


def test_what_was_due_before_the_ledger_was_made_waits_for_a_person(office: Office) -> None:
    office.post("lama", "Kemarin.", due=-60)
    office.run("run", exit_code=5)
    assert office.sandbox.objects() == []
    assert office.states()["lama", "x"] == {"missed": 1}
    office.run("publish", "lama", "--yes")
    assert [o["text"] for o in office.sandbox.objects()] == ["Kemarin."]


def test_one_bad_file_never_stops_the_others(office: Office) -> None:
    office.run("run")
    office.post("baik", "Baik.", due=1)
    (office.folder / "posts" / "buruk.md").write_text("---\ntitle: RALAT: jam\n---\nHalo.\n", "utf-8")
    office.run("run", exit_code=3)  # when that one is due cannot be read, so it may be now
    assert [o["text"] for o in office.sandbox.objects()] == ["Baik."]
    checked = office.json("check", exit_code=3)
    (problem,) = [p for p in checked["problems"] if p["severity"] == "error"]
    assert set(problem) == PROBLEM
    assert (problem["code"], problem["file"], problem["line"]) == ("quote-colon", "posts/buruk.md", 2)
    objects_by_channel(office, "lain", "Lain.")


def test_a_due_post_with_a_problem_makes_run_end_with_3(office: Office) -> None:
    office.run("run")
    office.post("panjang", "panjang " * 60, due=0.5)
    assert office.run("run", exit_code=3).out == ""
    assert office.sandbox.objects() == []


def test_wrong_keys_hold_what_is_due_until_a_check_succeeds(office: Office) -> None:
    office.run("account", "check", "x")
    keys = office.folder / "credentials.toml"
    right = keys.read_text()
    token = office.sandbox.accounts["x"]["access_token"]
    keys.write_text(right.replace(token, "1-not-the-right-one"))
    office.post("kabar", "Halo.")
    office.run("publish", "kabar", "--yes", exit_code=4)
    assert "not ok" in office.run("account", "check", "x", exit_code=4).out
    keys.write_text(right)
    office.run("account", "check", "x")
    office.run("publish", "kabar", "--yes")
    assert [o["text"] for o in office.sandbox.objects()] == ["Halo."]


def test_exit_codes_of_wrong_words_and_a_wrong_folder(office: Office) -> None:
    office.run("pubish", exit_code=2)
    office.run("publish", "tidak-ada", "--yes", exit_code=2)
    (office.folder / "config.toml").rename(office.folder / "config.old")
    assert office.run("status", "--json", exit_code=78).out == ""


def test_an_answer_that_never_came_is_checked_and_matched(office: Office) -> None:
    office.sandbox.fault(channel="x", method="POST", path="/2/tweets", fault="drop-after")
    office.post("kabar", "Sudah tayang?")
    office.run("publish", "kabar", "--yes", exit_code=5)
    (unknown,) = office.json("status")["deliveries"]
    assert (unknown["state"], unknown["attempts"], unknown["remote_id"]) == ("unknown", 1, None)
    office.run("status", "--exit-code", exit_code=5)
    wait_until(
        lambda: office.run("run") and office.states()["kabar", "x"] == {"published": 1}, within=30 * SECOND
    )
    assert len(office.sandbox.objects()) == 1
    (found,) = office.json("status", "--all")["deliveries"]
    assert found["remote_id"] == office.sandbox.objects()[0]["id"]


@pytest.mark.parametrize(
    ("word", "state", "objects"), [("--published", "published", 5), ("--cancel", "cancelled", 5)]
)
def test_a_person_settles_what_no_platform_can_prove(
    office: Office, word: str, state: str, objects: int
) -> None:
    office.sandbox.fault(channel="whatsapp", method="POST", path="/messages$", fault="drop-after")
    office.post("kabar", "Halo.", channels="[whatsapp]", audiences="[wartawan]")
    office.run("publish", "kabar", "--yes", exit_code=5)
    assert office.states()["kabar", "whatsapp"] == {"published": 4, "unknown": 1}
    office.run("resolve", "kabar", word, "--yes")
    assert office.states()["kabar", "whatsapp"].get(state, 0) == (5 if state == "published" else 1)
    office.run("run")
    assert len(office.sandbox.objects()) == objects


def test_nothing_goes_out_in_a_pause(office: Office) -> None:
    office.run("run")
    office.run("pause", "--reason", "masa berkabung")
    office.post("kabar", "Halo.", due=0.5)
    office.run("run", exit_code=75)
    assert office.sandbox.objects() == []
    assert "masa berkabung" in office.run("status").out
    office.run("resume")
    office.run("run")
    assert [o["text"] for o in office.sandbox.objects()] == ["Halo."]


def test_the_log_is_safe_to_open_in_a_spreadsheet(office: Office) -> None:
    office.post("kabar", "Halo.", title='"=HYPERLINK(1)"')
    office.run("publish", "kabar", "--yes")
    rows = office.run("log", "--csv").out.splitlines()
    assert len(rows) == 2
    assert not any(cell.lstrip('"').startswith(("=", "+", "-", "@")) for cell in rows[1].split(","))
    assert office.json("log")["schema"] == 1
