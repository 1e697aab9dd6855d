"""``humaspost resolve`` for a thread: what is live has an address, or nothing can answer it."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.support.program import expect

FUTURE = "2099-01-01 10:00 WIB"
THREAD = "Satu.\n<!-- part -->\nDua.\n<!-- part -->\nTiga."


@pytest.fixture
def unknown_delivery(office: FakeOffice) -> FakeOffice:
    """A thread of three whose second part is live, and nobody knows."""
    office.write("e.md", post("e", FUTURE, body=THREAD))
    office.fault(channel="x", method="POST", path="/2/tweets$", fault="drop-after", skip=1)
    expect(office.run("publish", "e", "--yes"), 5)
    assert [one["text"] for one in office.objects()] == ["Satu.", "Dua."]
    return office


def disable_lookups(office: FakeOffice, **how: Any) -> None:
    """X does not show the account's own posts."""
    office.fault(
        channel="x", method="GET", path="/users/.*/tweets", fault="status", status=503, count=99, **how
    )


def parts(office: FakeOffice) -> dict[int, str]:
    rows = office.run("status", "--json", "--all").json["deliveries"]
    return {row["part"]: f"{row['state']} {row['remote_id'] or '-'}" for row in rows}


def second(office: FakeOffice) -> str:
    return str(next(one["id"] for one in office.objects() if one["text"] == "Dua."))


def finished(office: FakeOffice) -> None:
    expect(office.run("run"))
    ids = {one["text"]: (one["id"], one["reply_to"]) for one in office.objects()}
    assert ids["Tiga."][1] == ids["Dua."][0]
    assert "Nothing needs you." in expect(office.run("status", "--exit-code")).out


def test_the_thread_goes_on_where_the_lookup_matched(unknown_delivery: FakeOffice) -> None:
    ran = expect(unknown_delivery.run("resolve", "e", "--published", "--yes"))
    assert f"looked just now: https://x.com/i/status/{second(unknown_delivery)}" in ran.err
    assert "look yourself: https://x.com/kotacontoh" in ran.err
    assert parts(unknown_delivery)[2] == f"published {second(unknown_delivery)}"
    finished(unknown_delivery)


def test_where_the_address_is_unknown_a_person_is_prompted_for_it(unknown_delivery: FakeOffice) -> None:
    disable_lookups(unknown_delivery)
    ran = expect(unknown_delivery.run("resolve", "e", "--published", "--yes"), 2)
    assert "looked just now: the platform did not answer" in ran.err
    assert "--url ADDRESS" in ran.err
    for wrong in (
        "https://x.com/kotacontoh20271/",
        "https://x.com/kotacontoh",
        "12345678",
        "ftp://x",
        "https://x.com/oranglain/status/1234567890123",
    ):
        refused = expect(unknown_delivery.run("resolve", "e", "--published", "--yes", "--url", wrong), 2)
        assert "is not the address of a post of @kotacontoh on x" in " ".join(refused.err.split())
    first = next(one["id"] for one in unknown_delivery.objects() if one["text"] == "Satu.")
    taken = unknown_delivery.run(
        "resolve", "e", "--published", "--yes", "--url", f"https://x.com/KotaContoh/status/{first}"
    )
    assert "there is e, part 1, already" in expect(taken, 2).err
    assert parts(unknown_delivery)[2] == "unknown -"
    url = f"https://twitter.com/kotacontoh/status/{second(unknown_delivery)}?t=ab12345cdEF&s=20"
    expect(unknown_delivery.run("resolve", "e", "--published", "--yes", "--url", url))
    finished(unknown_delivery)


def test_an_address_can_be_entered_later(office: FakeOffice) -> None:
    office.write("e.md", post("e", FUTURE, body="Satu."))
    office.fault(channel="x", method="POST", path="/2/tweets$", fault="drop-after")
    expect(office.run("publish", "e", "--yes"), 5)
    disable_lookups(office)
    said = expect(office.run("resolve", "e", "--published", "--yes")).out
    assert "Nobody knows its address" in said
    assert "humaspost resolve e --account x --published --url ADDRESS" in said
    assert parts(office) == {1: "published -"}
    (it,) = office.objects()
    expect(office.run("resolve", "e", "--published", "--yes", "--url", f"https://x.com/i/status/{it['id']}"))
    assert parts(office) == {1: f"published {it['id']}"}
    assert "nothing of e to settle" in expect(office.run("resolve", "e", "--published", "--yes")).out


def test_the_answer_of_x_is_printed_with_where_to_check(office: FakeOffice) -> None:
    office.write("e.md", post("e", FUTURE, body="Satu."))
    body = {"status": 403, "detail": "You are not allowed to create a Tweet with duplicate content."}
    office.fault(channel="x", method="POST", path="/2/tweets$", fault="status", status=403, body=body)
    assert "What it needs from you: humaspost status" in expect(office.run("publish", "e", "--yes"), 5).err
    shown = office.run("status").out
    assert "the answer: duplicate You are not allowed to create a Tweet" in shown
    assert "no answer" not in shown
    assert "look yourself: https://x.com/kotacontoh" in shown


def test_one_delivery_of_a_cancelled_post_is_not_sent_alone(unknown_delivery: FakeOffice) -> None:
    expect(unknown_delivery.run("cancel", "e", "--yes"))
    rows = unknown_delivery.run("status", "--json", "--all").json["deliveries"]
    key = next(row["key"] for row in rows if row["part"] == 2)
    refused = expect(unknown_delivery.run("resolve", key, "--retry", "--yes"), 2)
    assert "humaspost resolve e --account x --retry" in " ".join(refused.err.split())
    assert parts(unknown_delivery)[2] == "unknown -"
    expect(unknown_delivery.run("resolve", "e", "--account", "x", "--retry", "--yes"))
    assert parts(unknown_delivery)[2] == "scheduled -"


def test_a_retry_of_a_cancelled_post_names_what_ends_the_cancel(office: FakeOffice) -> None:
    office.write("e.md", post("e", FUTURE, body="Satu."))
    expect(office.run("cancel", "e", "--yes"))
    refused = expect(office.run("resolve", "e", "--retry", "--yes"), 2)
    assert "it is cancelled: to send what is left of it, at once: humaspost publish e" in " ".join(
        refused.err.split()
    )
    assert office.objects() == []


@pytest.mark.parametrize("command", ["resolve", "log"])
def test_of_a_post_that_only_the_folder_has_nothing_was_sent(office: FakeOffice, command: str) -> None:
    office.write("old.md", post("old", FUTURE))
    expect(office.run("run"))
    office.write("jalan-sehat.md", post("jalan-sehat", FUTURE))
    for query in ("jalan-sehat", "posts/jalan-sehat.md", "sehat"):
        refused = expect(office.run(command, query), 2)
        assert "nothing of jalan-sehat was sent yet; see when it goes out: humaspost plan jalan-sehat" in (
            " ".join(refused.err.split())
        )


def test_after_a_restore_the_gap_is_told_and_who_looks(office: FakeOffice) -> None:
    to_people = post("b", FUTURE, channels="[whatsapp]", more="audiences: [masyarakat]\n")
    office.write("a.md", post("a", FUTURE, body="Satu."))
    office.write("b.md", to_people)
    expect(office.run("account", "check", "whatsapp"))
    expect(office.run("run"))
    for name in ("a", "b"):
        expect(office.run("publish", name, "--yes"))
    with closing(sqlite3.connect(office.folder / ".humaspost" / "ledger.sqlite3")) as ledger, ledger:
        ledger.execute(
            "UPDATE delivery SET state = 'scheduled', published_at = NULL, due_at = '2026-01-01T00:00:00.000000Z'"
        )
    expect(office.run("backup", "salinan"))
    expect(office.run("restore", "salinan", "--yes"))
    shown = " ".join(office.run("status").out.split())
    assert "the ledger is a copy of before: maybe sent between" in shown
    assert "3 messages, maybe sent between" in shown
    assert "to have a look there: humaspost resolve a look yourself: https://x.com/kotacontoh" in shown
    assert shown.count("the platform cannot be asked") == 1  # WhatsApp
    assert "no answer" not in shown
    assert "part 1 maybe sent between" in " ".join(office.run("resolve", "a").err.split())
