"""``humaspost resolve`` for a thread: what is live has an address, or nothing can answer it."""

from typing import Any

import pytest

from tests.cli.conftest import Town, post
from tests.cli.program import Ran

FUTURE = "2099-01-01 10:00 WIB"
THREAD = "Satu.\n<!-- part -->\nDua.\n<!-- part -->\nTiga."


def ok(ran: Ran, code: int = 0) -> Ran:
    assert ran.code == code, ran.err + ran.out
    return ran


@pytest.fixture
def doubt(town: Town) -> Town:
    """A thread of three whose second part is live, and nobody knows."""
    town.write("e.md", post("e", FUTURE, body=THREAD))
    town.fault(channel="x", method="POST", path="/2/tweets$", fault="drop-after", skip=1)
    ok(town.run("publish", "e", "--yes"), 5)
    assert [one["text"] for one in town.objects()] == ["Satu.", "Dua."]
    return town


def blind(town: Town, **how: Any) -> None:
    """X does not show the account's own posts."""
    town.fault(
        channel="x", method="GET", path="/users/.*/tweets", fault="status", status=503, count=99, **how
    )


def parts(town: Town) -> dict[int, str]:
    rows = town.run("status", "--json", "--all").json["deliveries"]
    return {row["part"]: f"{row['state']} {row['remote_id'] or '-'}" for row in rows}


def second(town: Town) -> str:
    return str(next(one["id"] for one in town.objects() if one["text"] == "Dua."))


def finished(town: Town) -> None:
    ok(town.run("run"))
    ids = {one["text"]: (one["id"], one["reply_to"]) for one in town.objects()}
    assert ids["Tiga."][1] == ids["Dua."][0]
    assert "Nothing needs you." in ok(town.run("status", "--exit-code")).out


def test_what_the_look_found_is_where_the_thread_goes_on(doubt: Town) -> None:
    ran = ok(doubt.run("resolve", "e", "--published", "--yes"))
    assert f"looked just now: https://x.com/i/status/{second(doubt)}" in ran.err
    assert "look yourself: https://x.com/kotacontoh" in ran.err
    assert parts(doubt)[2] == f"published {second(doubt)}"
    finished(doubt)


def test_where_nobody_knows_the_address_a_person_is_asked_for_it(doubt: Town) -> None:
    blind(doubt)
    ran = ok(doubt.run("resolve", "e", "--published", "--yes"), 2)
    assert "looked just now: the platform did not answer" in ran.err
    assert "--url ADDRESS" in ran.err
    for wrong in (
        "https://x.com/kotacontoh20271/",
        "https://x.com/kotacontoh",
        "12345678",
        "ftp://x",
        "https://x.com/oranglain/status/1234567890123",
    ):
        refused = ok(doubt.run("resolve", "e", "--published", "--yes", "--url", wrong), 2)
        assert "is not the address of a post of @kotacontoh on x" in " ".join(refused.err.split())
    first = next(one["id"] for one in doubt.objects() if one["text"] == "Satu.")
    taken = doubt.run(
        "resolve", "e", "--published", "--yes", "--url", f"https://x.com/KotaContoh/status/{first}"
    )
    assert "there is e, part 1, already" in ok(taken, 2).err
    assert parts(doubt)[2] == "unknown -"
    url = f"https://twitter.com/kotacontoh/status/{second(doubt)}?t=ab12345cdEF&s=20"
    ok(doubt.run("resolve", "e", "--published", "--yes", "--url", url))
    finished(doubt)


def test_an_address_can_be_told_later(town: Town) -> None:
    town.write("e.md", post("e", FUTURE, body="Satu."))
    town.fault(channel="x", method="POST", path="/2/tweets$", fault="drop-after")
    ok(town.run("publish", "e", "--yes"), 5)
    blind(town)
    said = ok(town.run("resolve", "e", "--published", "--yes")).out
    assert "Nobody knows its address" in said
    assert "humaspost resolve e --account x --published --url ADDRESS" in said
    assert parts(town) == {1: "published -"}
    (it,) = town.objects()
    ok(town.run("resolve", "e", "--published", "--yes", "--url", f"https://x.com/i/status/{it['id']}"))
    assert parts(town) == {1: f"published {it['id']}"}
    assert "nothing of e to settle" in ok(town.run("resolve", "e", "--published", "--yes")).out


def test_what_x_answered_is_told_and_where_to_look(town: Town) -> None:
    town.write("e.md", post("e", FUTURE, body="Satu."))
    body = {"status": 403, "detail": "You are not allowed to create a Tweet with duplicate content."}
    town.fault(channel="x", method="POST", path="/2/tweets$", fault="status", status=403, body=body)
    assert "What it needs from you: humaspost status" in ok(town.run("publish", "e", "--yes"), 5).err
    shown = town.run("status").out
    assert "the answer: duplicate You are not allowed to create a Tweet" in shown
    assert "no answer" not in shown
    assert "look yourself: https://x.com/kotacontoh" in shown
