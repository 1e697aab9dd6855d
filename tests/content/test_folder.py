"""Which files are posts, and what happens to those that cannot be read."""

import os
from pathlib import Path

import pytest

from humaspost.content import reader as content_reader
from tests.support.content_files import GOOD, NAMES, reader, summarize


def write(path: Path, text: str = "", *, id_: str = "") -> Path:
    """A good post at ``path``, with its file name for an id."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text or GOOD.replace("sp-2027-014", id_ or path.stem), encoding="utf-8")
    return path


def codes(root: Path) -> dict[str, str]:
    return {problem.file: problem.code for problem in reader(root).read(now=None).problems}


def ids(root: Path) -> list[str]:
    return [post.id for post in reader(root).read(now=None).posts]


def test_posts_are_listed_below_the_folder_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b.md", "2027/02/a.markdown", "2027/01/c.MD"):
        write(tmp_path / "posts" / name)
    found = reader(tmp_path).read(now=None)
    assert found.files == ("posts/2027/01/c.MD", "posts/2027/02/a.markdown", "posts/b.md")
    assert [post.file for post in found.posts] == list(found.files)
    assert found.problems == ()


def test_media_lie_beside_the_post(tmp_path: Path) -> None:
    write(tmp_path / "posts/2027/a.md", GOOD.replace("---\nLoket", "media: [../m/a.jpg]\n---\nLoket"))
    (post,) = reader(tmp_path).read(now=None).posts
    assert post.media[0].path == tmp_path / "posts/2027/../m/a.jpg"


@pytest.mark.parametrize(
    "name",
    [".a.md", ".git/a.md", "~a.md", "~$a.md", "#a.md", "#a.md#", "a.md~", ".a.md.swp", "a.md.swp", "a.md.part",
     "a.md.tmp", "a.tmp", "a.txt", "a.jpg", "a.md.bak", ".#a.md"],
)  # fmt: skip
def test_a_leftover_of_an_editor_is_no_post(name: str, tmp_path: Path) -> None:
    write(tmp_path / "posts" / name)
    assert (reader(tmp_path).read(now=None).files, codes(tmp_path)) == ((), {})


def test_a_text_file_that_should_be_a_post_is_reported(tmp_path: Path) -> None:
    write(tmp_path / "posts/a.md.txt")
    found = reader(tmp_path).read(now=None)
    assert [(p.file, p.code, p.is_error) for p in found.problems] == [
        ("posts/a.md.txt", "hidden-extension", False)
    ]


def test_a_link_stays_inside_the_project(tmp_path: Path) -> None:
    root = tmp_path / "office"
    write(root / "texts/in.md", id_="inside")
    write(tmp_path / "secret/out.md")
    (root / "posts").mkdir()
    (root / "posts/in.md").symlink_to(root / "texts/in.md")
    (root / "posts/out.md").symlink_to(tmp_path / "secret/out.md")
    (root / "posts/folder").symlink_to(tmp_path / "secret")
    (root / "posts/loop").symlink_to(root / "posts")
    (root / "posts/gone.md").symlink_to(root / "nothing.md")
    (root / "posts/round.md").symlink_to(root / "posts/round.md")
    assert ids(root) == ["inside"]
    assert codes(root) == {
        "posts/out.md": "post-outside-project",
        "posts/folder": "post-outside-project",
        "posts/gone.md": "unreadable-file",
        "posts/round.md": "unreadable-file",
    }


def test_a_pipe_named_like_a_post_does_not_hang(tmp_path: Path) -> None:
    write(tmp_path / "posts/a.md")
    os.mkfifo(tmp_path / "posts/b.md")
    (tmp_path / "posts/c.md").mkdir()
    assert (ids(tmp_path), codes(tmp_path)) == (["a"], {"posts/b.md": "unreadable-file"})


def test_an_undisplayable_name_is_a_problem_that_can_be_displayed(tmp_path: Path) -> None:
    for name in (b"a\xff.md", b"b\x1b[31m.md", "c\u202egpj.md".encode()):
        (tmp_path / "posts").mkdir(exist_ok=True)
        Path(os.fsdecode(os.fsencode(tmp_path / "posts") + b"/" + name)).write_text(GOOD, encoding="utf-8")
    found = reader(tmp_path).read(now=None)
    assert found.posts == ()
    assert [problem.code for problem in found.problems] == ["file-name"] * 3
    assert all(problem.file.isprintable() or "\ufffd" in problem.file for problem in found.problems)
    assert "".join(problem.file for problem in found.problems).encode()


def test_a_folder_that_is_not_there_is_loud(tmp_path: Path) -> None:
    found = reader(tmp_path).read(now=None)
    assert [(problem.file, problem.code) for problem in found.problems] == [("posts", "posts-folder-missing")]


def test_of_files_with_one_id_a_person_chooses(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write(tmp_path / f"posts/{name}.md", id_="same")
    found = reader(tmp_path).read(now=None)
    assert found.posts == ()
    assert [(p.file, summarize(p)) for p in found.problems] == [
        (f"posts/{name}.md", ("duplicate-id", 2, 5)) for name in "abc"
    ]
    assert "posts/b.md" in found.problems[0].message
    # The id would hold the post of the file that keeps it.
    assert {left.id for left in found.broken_posts.values()} == {""}


def test_corrects_and_repeats_name_another_post_that_is_there(tmp_path: Path) -> None:
    write(tmp_path / "posts/a.md")
    good = GOOD.replace("---\nLoket", "corrects: a\nrepeats: a\n---\nLoket")
    write(tmp_path / "posts/b.md", good.replace("sp-2027-014", "b"))
    write(tmp_path / "posts/c.md", good.replace("sp-2027-014", "c").replace("s: a", "s: c"))
    write(tmp_path / "posts/d.md", good.replace("sp-2027-014", "d").replace("corrects: a", "corrects: e1"))
    write(tmp_path / "posts/e12.md", "---\nid: e12\n---\n")
    found = reader(tmp_path).read(now=None)
    assert [post.id for post in found.posts] == ["a", "b"]
    unknown = [
        (p.file, p.position.line, p.hint) for p in found.problems if p.code == "unknown-post" and p.position
    ]
    assert [one[:2] for one in unknown] == [("posts/c.md", 6), ("posts/c.md", 7), ("posts/d.md", 6)]
    assert unknown[2][2] == "write: corrects: e12"


def test_posts_is_a_reader_used_once(tmp_path: Path) -> None:
    write(tmp_path / "posts/a.md")
    write(tmp_path / "posts/b.md", "---\n---\n")
    found, problems = content_reader.read_posts(
        tmp_path / "posts",
        root=tmp_path,
        zone="Asia/Jakarta",
        owners=NAMES.owners,
        channel_names=NAMES.channels,
    )
    assert [post.id for post in found] == ["a"]
    assert {problem.file for problem in problems} == {"posts/b.md"}
