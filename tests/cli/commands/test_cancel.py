"""``humaspost cancel``: what a person stops stays stopped, and only ``publish`` undoes it."""

import os
import pty
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.support.deadlines import SECOND
from tests.support.program import expect, start

FUTURE = "2099-01-01 10:00 WIB"
PEOPLE = {"channels": "[x, whatsapp]", "more": "audiences: [masyarakat]\n"}


def counts(office: FakeOffice, post_id: str = "a") -> dict[str, dict[str, int]]:
    """Return the counts by account."""
    posts = expect(office.run("status", "--json", "--post", post_id)).json["posts"]
    return {one["account"]: one["counts"] for one in posts}


def test_before_its_date_a_cancel_stops_all_accounts_and_everybody(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, **PEOPLE))
    expect(office.run("run"))
    done = expect(office.run("cancel", "a", "--yes"))
    assert "Cancel a: nothing more of it is sent." in done.err
    assert "whatsapp  to stop: 3" in done.err
    assert "4 deliveries are stopped." in done.out
    assert "after all, at once: humaspost publish a" in done.out
    assert counts(office) == {"x": {"cancelled": 1}, "whatsapp": {"cancelled": 3}}
    planned = expect(office.run("plan"))
    assert "cancelled  a  cancelled by a person, " in planned.out
    assert "0 deliveries to come" in planned.out
    assert "Nothing needs you." in expect(office.run("status", "--exit-code")).out
    assert "a  whatsapp  cancelled by a person, " in expect(office.run("status", "--post", "a")).out
    assert "a  x  cancelled by a person, " in expect(office.run("log", "a")).out
    assert "x         will not be sent: cancelled by a person, " in expect(office.run("preview", "a")).out
    again = expect(office.run("cancel", "a"))
    assert "a was already cancelled, on " in again.out


def test_what_undoes_a_cancel_needs_the_file_first(office: FakeOffice) -> None:
    path = office.write("a.md", post("a", FUTURE))
    office.write("b.md", post("b", FUTURE, body="Lain."))
    expect(office.run("run"))
    text = path.read_text()
    path.unlink()
    done = expect(office.run("cancel", "a", "--yes"))
    assert "after all, bring the file posts/a.md back, then: humaspost publish a" in done.out
    expect(office.run("publish", "a", "--yes"), 2)
    office.write("a.md", text)
    expect(office.run("publish", "a", "--yes"))


def test_a_post_that_no_sender_has_seen_is_planned_and_cancelled(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, **PEOPLE))
    done = expect(office.run("cancel", "posts/a.md", "--yes", "--json")).json
    assert (done["post"], done["stopped"], done["published"], done["sending"]) == ("a", 1, 0, 0)
    expect(office.run("audience", "import", "--yes"))
    assert counts(office) == {"x": {"cancelled": 1}, "whatsapp": {"cancelled": 3}}
    expect(office.run("run"))
    assert office.objects() == []


def test_one_account_of_it(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, **PEOPLE))
    expect(office.run("run"))
    expect(office.run("cancel", "a", "--account", "whatsapp", "--yes"))
    assert counts(office) == {"x": {"scheduled": 1}, "whatsapp": {"cancelled": 3}}
    assert (
        "no account 'y' in config.toml" in expect(office.run("cancel", "a", "--account", "y", "--yes"), 2).err
    )


def test_without_a_terminal_it_requires_yes(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    expect(office.run("run"))
    refused = expect(office.run("cancel", "a"), 2)
    assert "cancel asks first; in a script add --yes" in refused.err
    assert counts(office) == {"x": {"scheduled": 1}}


def test_an_unknown_post_and_a_draft(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, more="draft: true\n"))
    assert "no post has 'zzz' in its id or path" in expect(office.run("cancel", "zzz", "--yes"), 2).err
    assert "posts/a.md is a draft" in expect(office.run("cancel", "a", "--yes"), 2).err
    office.write("b.md", "---\nid: b\ntitle: RALAT: b\n---\nHalo.\n")
    assert "quote-colon" in expect(office.run("cancel", "b", "--yes"), 3).err


def test_what_is_published_is_named_and_nothing_is_changed(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    expect(office.run("publish", "a", "--yes"))
    done = expect(office.run("cancel", "a"))
    assert "Nothing of a is waiting to be sent." in done.out
    assert "1 was already published; to delete it, do so on the platform." in done.out
    assert counts(office) == {"x": {"published": 1}}


def test_no_edit_and_no_new_date_undoes_it_and_publish_does(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, **PEOPLE))
    expect(office.run("run"))
    expect(office.run("cancel", "a", "--yes"))
    soon = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S +00:00")
    path = office.write("a.md", post("a", soon, body="Teks baru.", **PEOPLE))
    path.rename(path.with_name("lain.md"))
    expect(office.run("run"))
    assert office.objects() == []
    asked = expect(office.run("publish", "a"), 2)
    assert "It was cancelled by a person on " in asked.err
    assert counts(office) == {"x": {"cancelled": 1}, "whatsapp": {"cancelled": 3}}
    sent = expect(office.run("publish", "a", "--yes"))
    assert "It was cancelled by a person on " in sent.err
    assert counts(office) == {"x": {"published": 1}, "whatsapp": {"published": 3}}
    assert {one["text"] for one in office.objects() if one["channel"] == "x"} == {"Teks baru."}


def test_resolve_cancels_a_post_that_is_still_to_be_sent(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE, **PEOPLE))
    expect(office.run("run"))
    done = expect(office.run("resolve", "a", "--cancel", "--yes"))
    assert "4 deliveries are stopped." in done.out
    assert counts(office) == {"x": {"cancelled": 1}, "whatsapp": {"cancelled": 3}}


@pytest.mark.parametrize("command", [("cancel", "a"), ("resolve", "a", "--cancel")], ids=" ".join)
def test_after_a_restore_a_cancel_keeps_a_post_from_going_out_again(
    office: FakeOffice, command: tuple[str, ...]
) -> None:
    """The backup does not know that the post was sent early, with ``publish``."""
    expect(office.run("account", "check", "whatsapp"))
    office.write("a.md", post("a", FUTURE, channels="[whatsapp]", more="audiences: [masyarakat]\n"))
    expect(office.run("run"))
    expect(office.run("backup", "salinan"))
    expect(office.run("publish", "a", "--yes"))
    assert len(office.objects()) == 3
    expect(office.run("restore", "salinan", "--yes"))
    done = expect(office.run(*command, "--yes"))
    assert "3 deliveries are stopped." in done.out
    # Its date comes.
    with closing(sqlite3.connect(office.folder / ".humaspost" / "ledger.sqlite3")) as ledger, ledger:
        due = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        assert ledger.execute("UPDATE plan_row SET due_at = ?", (due,)).rowcount == 1
        ledger.execute("UPDATE delivery SET due_at = ?", (due,))
    expect(office.run("run", "--quiet"))
    assert counts(office) == {"whatsapp": {"cancelled": 3}}
    assert len(office.objects()) == 3


def answered(office: FakeOffice, *args: str, answer: str) -> str:
    """Return what the command prints on a terminal on which a person types this answer."""
    terminal, other_end = pty.openpty()
    process = start(*args, cwd=office.folder, stdin=other_end, stdout=other_end, stderr=other_end)
    os.close(other_end)
    os.write(terminal, f"{answer}\n".encode())
    printed = b""
    with suppress(OSError):  # the other end is closed
        while some := os.read(terminal, 4096):
            printed += some
    assert process.wait(30 * SECOND) == 0
    os.close(terminal)
    return printed.decode()


def test_a_person_is_asked_before_a_cancel_and_before_it_is_undone(office: FakeOffice) -> None:
    office.write("a.md", post("a", FUTURE))
    expect(office.run("run"))
    assert "Cancel it? [y/N]" in answered(office, "cancel", "a", answer="n")
    assert counts(office) == {"x": {"scheduled": 1}}
    assert "1 delivery is stopped." in answered(office, "cancel", "a", answer="y")
    asked = answered(office, "publish", "a", answer="n")
    assert "It was cancelled by a person on " in asked
    assert "Publish it all the same? [y/N]" in asked
    assert counts(office) == {"x": {"cancelled": 1}}
    assert "published" in answered(office, "publish", "a", answer="y")
    assert counts(office) == {"x": {"published": 1}}
