"""Names of copies, client by client, and names that people give."""

from pathlib import Path

import pytest

from humaspost.content.conflict_names import CONFLICT_NAMES, Evidence, match_copies
from tests.content.test_folder import codes, ids, write
from tests.support.content_files import reader

#: Copies of acara.md that are known by their names alone.
NEVER_POSTS = (
    "acara (conflicted copy 2026-11-29)",
    "acara (Budi's conflicted copy 2026-11-29)",
    "acara (PC (Budi)'s conflicted copy 2026-11-29)",
    "acara (DESKTOP-4K2L9QF's conflicted copy 2026-11-29) (1)",
    "acara (salinan konflik Budi 2026-11-29)",
    "acara (Case Conflict)",
    "acara (Selective Sync Conflict)",
    "acara (SFConflict budi@kotacontoh.example 2026-11-29-10-10-10)",
    "acara (conflicted copy 2026-11-29 101010)",
    "acara (case clash from 2026-11-29 101010)",
    "acara_conflict-20261129-101010",
    "acara.sync-conflict-20261129-101010-ABCDEFG",
    "acara.Conflict",
    "acara.Conflict2",
    "acara [conflicted]",
    "acara.conflicted",
    "acara_Budi-PC_Nov-29-1010-2026_CaseConflict_1",
    "acara_HUMAS_Nov-29-101010-2026_Conflict",
    "acara_BACKUP_1234",
    "acara_LOCAL_1234",
    "acara.REMOTE.1234",
    "acara_BASE_1234",
    "acara - Copy",
    "acara - Copy (2)",
    "acara - Salinan",
    "acara - Salinan (2)",
    "Copy of acara",
    "Salinan dari acara",
)
#: Copies only beside acara.md.
BESIDE_THE_ORIGINAL = (
    "acara (1)",
    "acara(2)",
    "acara copy",
    "acara copy 2",
    "acara (copy)",
    "acara (another copy)",
    "acara (3rd copy)",
    "acara (salinan)",
    "Salinan acara",
    "acara-DESKTOP-4K2L9QF",
    "acara-LAPTOP-AB12CD34",
    "acara-WIN-A1B2C3D4E5F",
    "acara-DESKTOP-4K2L9QF-2",
    "acara-HUMAS-PC",
    "acara-PC01",
    "acara-MacBook-Pro",
    "ACARA (1)",
)
#: Copies only beside acara.md and with its id or its title.
THE_SAME_POST = ("acara 2", "acara-KOMINFO01", "acara-BUDI")
GIVEN_BY_PEOPLE = (
    "acara",
    "acara-copy",
    "acara (final)",
    "acara-1",
    "salinan",
    "konflik-lahan",
    "rapat (konflik lahan 2026)",
    "legalisir-fotocopy",
    "2027-02-03-acara",
    "sp-2027-014",
    "acara-desktop-publishing",
    "acara.v2",
    "acara_backup_plan",
    "acara_backup_2",
    "acara.local.12",
    "rapat_Base_2027",
    "kerja_remote_3",
)


def evidence_of(stem: str) -> list[Evidence]:
    return [copy.evidence for copy in match_copies(stem)]


@pytest.mark.parametrize("stem", NEVER_POSTS)
def test_a_copy_is_never_a_post(stem: str, tmp_path: Path) -> None:
    write(tmp_path / "posts" / f"{stem}.md", id_="other")
    assert (ids(tmp_path), codes(tmp_path)) == ([], {f"posts/{stem}.md": "conflict-copy"})


@pytest.mark.parametrize("stem", ["acara - Copy", "acara - Salinan (2)", "Copy of acara"])
def test_a_copy_that_nobody_names_so_is_told_with_its_original(stem: str, tmp_path: Path) -> None:
    write(tmp_path / "posts" / "2027" / f"{stem}.md", id_="other")
    (problem,) = reader(tmp_path).read(now=None).problems
    assert "a copy of posts/2027/acara.md that" in problem.message


@pytest.mark.parametrize("stem", [*BESIDE_THE_ORIGINAL, *THE_SAME_POST])
def test_a_copy_of_a_post_that_is_there_is_no_post(stem: str, tmp_path: Path) -> None:
    write(tmp_path / "posts/acara.md", id_="a")
    write(tmp_path / f"posts/{stem}.md", id_="a")
    found = reader(tmp_path).read(now=None)
    assert [post.file for post in found.posts] == ["posts/acara.md"]
    assert [(p.file, p.code) for p in found.problems] == [(f"posts/{stem}.md", "conflict-copy")]
    assert "acara.md" in found.problems[0].message
    assert found.broken_posts == {}


@pytest.mark.parametrize("stem", [*BESIDE_THE_ORIGINAL, *THE_SAME_POST])
def test_a_name_without_its_original_is_a_post(stem: str, tmp_path: Path) -> None:
    write(tmp_path / f"posts/{stem}.md", id_="a")
    write(tmp_path / "posts/2026/acara.md", id_="b")
    assert ids(tmp_path) == ["b", "a"]


@pytest.mark.parametrize("stem", THE_SAME_POST)
def test_a_numbered_post_beside_another_is_a_post(stem: str, tmp_path: Path) -> None:
    write(tmp_path / "posts/acara.md", id_="a")
    other = write(tmp_path / f"posts/{stem}.md", id_="b")
    other.write_text(other.read_text(encoding="utf-8").replace("Layanan", "Rapat"), encoding="utf-8")
    assert sorted(ids(tmp_path)) == ["a", "b"]


@pytest.mark.parametrize("stem", GIVEN_BY_PEOPLE)
def test_a_name_that_a_person_gave_is_kept(stem: str, tmp_path: Path) -> None:
    write(tmp_path / f"posts/{stem}.md", id_="a")
    assert codes(tmp_path) == {}


def test_a_name_has_the_form_with_the_least_evidence_that_fits() -> None:
    assert evidence_of("acara - Copy (2)") == [Evidence.NAME, Evidence.ORIGINAL]
    assert evidence_of("acara-DESKTOP-4K2L9QF")[0] is Evidence.ORIGINAL
    assert evidence_of("acara") == []


def test_a_file_from_which_a_post_was_planned_is_no_copy(tmp_path: Path) -> None:
    write(tmp_path / "posts/acara.md", id_="b")
    write(tmp_path / "posts/acara (1).md", id_="a")
    found = reader(tmp_path).read(now=None, planned_files={"a": "posts/acara (1).md"})
    assert ([post.id for post in found.posts], found.problems) == (["a", "b"], ())


def test_a_copy_is_known_while_its_client_has_moved_the_original_away(tmp_path: Path) -> None:
    write(tmp_path / "posts/acara-DESKTOP-4K2L9QF.md", id_="a")
    found = reader(tmp_path).read(now=None, planned_files={"a": "posts/acara.md"})
    assert (found.posts, [problem.code for problem in found.problems]) == ((), ["conflict-copy"])


def test_forms_that_vendors_describe_have_their_page() -> None:
    pages = [form.source.url for form in CONFLICT_NAMES if form.source]
    assert len(pages) >= 8
    assert all(page.startswith("https://") for page in pages)
