"""Which file keeps an id that several claim."""

from pathlib import Path

from humaspost.content.reader import FolderReading
from tests.content.test_folder import write
from tests.content.test_reader import T0, at
from tests.support.content_files import GOOD, reader

PLANNED = {"same": "posts/b.md"}


def keepers(reading: FolderReading) -> list[str]:
    return [post.file for post in reading.posts]


def problems(reading: FolderReading) -> list[tuple[str, str]]:
    return [(problem.file, problem.code) for problem in reading.problems]


def test_the_file_that_was_planned_keeps_the_id(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write(tmp_path / f"posts/{name}.md", id_="same")
    found = reader(tmp_path).read(now=None, planned_files=PLANNED)
    assert keepers(found) == ["posts/b.md"]
    assert problems(found) == [("posts/a.md", "duplicate-id"), ("posts/c.md", "duplicate-id")]
    assert all("belongs to posts/b.md already" in problem.message for problem in found.problems)


def test_one_file_takes_over_from_a_file_that_is_gone(tmp_path: Path) -> None:
    write(tmp_path / "posts/2027/new.md", id_="same")
    found = reader(tmp_path).read(now=None, planned_files=PLANNED)
    assert (keepers(found), found.problems) == (["posts/2027/new.md"], ())


def test_of_two_files_none_takes_over(tmp_path: Path) -> None:
    for name in ("a", "c"):
        write(tmp_path / f"posts/{name}.md", id_="same")
    found = reader(tmp_path).read(now=None, planned_files=PLANNED)
    assert (keepers(found), len(found.problems)) == ([], 2)


def test_a_file_takes_an_id_that_its_file_gave_up(tmp_path: Path) -> None:
    write(tmp_path / "posts/a.md", id_="same")
    write(tmp_path / "posts/b.md", id_="other")
    found = reader(tmp_path).read(now=None, planned_files=PLANNED)
    assert (keepers(found), found.problems) == (["posts/a.md", "posts/b.md"], ())


def test_a_file_whose_id_cannot_be_read_keeps_it(tmp_path: Path) -> None:
    write(tmp_path / "posts/a.md", id_="same")
    write(tmp_path / "posts/b.md", "---\nid: [\n")
    found = reader(tmp_path).read(now=None, planned_files=PLANNED)
    assert keepers(found) == []
    assert problems(found)[0] == ("posts/a.md", "duplicate-id")


def test_a_file_with_an_error_does_not_hold_the_post_of_the_keeper(tmp_path: Path) -> None:
    write(
        tmp_path / "posts/a.md", GOOD.replace("sp-2027-014", "same").replace("channels: [x]", "channels: [y]")
    )
    write(tmp_path / "posts/b.md", id_="same")
    found = reader(tmp_path).read(now=None, planned_files=PLANNED)
    assert keepers(found) == ["posts/b.md"]
    assert [broken.id for broken in found.broken_posts.values()] == [""]


def test_a_draft_takes_no_id_from_a_post(tmp_path: Path) -> None:
    write(
        tmp_path / "posts/a.md",
        GOOD.replace("sp-2027-014", "same").replace("---\nLoket", "draft: true\n---\nLoket"),
    )
    write(tmp_path / "posts/b.md", id_="same")
    found = reader(tmp_path).read(now=None)
    assert keepers(found) == ["posts/b.md"]
    assert problems(found) == [("posts/a.md", "duplicate-id")]


def test_a_file_that_is_being_saved_keeps_its_id(tmp_path: Path) -> None:
    at(write(tmp_path / "posts/a.md", id_="same"), T0 - 60)
    at(write(tmp_path / "posts/b.md", id_="same"), T0)
    found = reader(tmp_path).read(now=T0, planned_files=PLANNED)
    assert (keepers(found), problems(found)) == ([], [("posts/a.md", "duplicate-id")])


def test_a_copy_that_is_being_saved_does_not_hold_the_keeper(tmp_path: Path) -> None:
    for name in ("a", "b"):
        at(write(tmp_path / f"posts/{name}.md", id_="same"), T0 - 60)
    watch = reader(tmp_path)
    watch.read(now=T0, planned_files=PLANNED)
    at(tmp_path / "posts/a.md", T0 + 1)
    found = watch.read(now=T0 + 1, planned_files=PLANNED)
    assert (keepers(found), found.unsettled_files) == (["posts/b.md"], {"posts/a.md": ""})


def test_posts_without_ids_that_share_a_file_name_are_told(tmp_path: Path) -> None:
    text = GOOD.replace("id: sp-2027-014\n", "")
    for folder in ("2026", "2027"):
        write(tmp_path / f"posts/{folder}/acara.md", text)
    found = reader(tmp_path).read(now=None, planned_files={"acara": "posts/2026/acara.md"})
    assert keepers(found) == ["posts/2026/acara.md"]
    moved = reader(tmp_path).read(now=None, planned_files={"acara": "posts/acara.md"})
    assert keepers(moved) == []


def test_a_post_of_the_ledger_can_be_repeated_after_its_file_is_gone(tmp_path: Path) -> None:
    write(tmp_path / "posts/a.md", GOOD.replace("---\nLoket", "repeats: old\n---\nLoket"))
    found = reader(tmp_path).read(now=None, planned_files={"old": "posts/old.md"})
    assert found.problems == ()
