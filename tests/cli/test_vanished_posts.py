"""Many files that vanish at once: the last plan stands, and every command that looks ahead says so."""

import shutil

import pytest

from tests.cli.commands.test_schedule import FUTURE
from tests.cli.conftest import FakeOffice, post
from tests.support.program import expect

IDS = ["p0", "p1", "p2", "p3", "p4"]


def _lose(office: FakeOffice, loss: str) -> None:
    """Plan five posts, cancel one of them, and lose their files."""
    for id_ in IDS:
        office.write(f"{id_}.md", post(id_, FUTURE, body=f"Loket {id_}."))
    expect(office.run("run"))
    expect(office.run("cancel", "p4", "--yes"))
    folder = office.folder / "posts"
    shutil.move(folder, office.folder / "away")
    if loss == "files":
        folder.mkdir()
        office.write("new.md", post("new", FUTURE, body="Baru."))


@pytest.mark.parametrize("loss", ["folder", "files"])
def test_each_command_that_looks_ahead_shows_the_plan_that_stands(office: FakeOffice, loss: str) -> None:
    _lose(office, loss)
    plan = expect(office.run("plan")).out
    assert "4 posts, 4 deliveries to come" in plan
    assert plan.count("file is away; the last plan stands") == 4
    assert "NEEDS YOU: the files of 4 posts are away." in plan
    told = office.run("plan", "--json").json
    assert [one["id"] for one in told["upcoming"]] == IDS[:4]
    assert told["vanished_posts"] == IDS[:4]
    assert ("new" in {one["id"] for one in told["not_sent"]}) is (loss == "files")
    check = expect(office.run("check"), 5).out
    assert "4 posts that are still to be sent vanished at once; they go out as last" in check
    assert "will not be published" not in check
    assert "posts-vanished" in {one["code"] for one in office.run("check", "--json").json["problems"]}
    preview = expect(office.run("preview", "p1")).out
    assert "Its file is away; it goes out as last planned." in preview
    assert "Loket p1." in preview
    assert "will be sent" in preview
    assert "p1" in expect(office.run("plan", "p1")).out
    expect(office.run("run"), 3)  # the sender sees it the same way
    assert office.run("status", "--json").json["vanished_posts"] == IDS[:4]


def test_a_few_files_that_vanish_are_told_as_before(office: FakeOffice) -> None:
    for id_ in IDS:
        office.write(f"{id_}.md", post(id_, FUTURE, body=f"Loket {id_}."))
    expect(office.run("run"))
    (office.folder / "posts" / "p1.md").unlink()
    told = office.run("plan", "--json").json
    assert "vanished_posts" in told
    assert told["vanished_posts"] == []
    assert [one["id"] for one in told["not_sent"]] == ["p1"]
    assert "vanished" not in expect(office.run("check")).out
