"""A file counts when it was left alone: long enough by its own time, and in two looks."""

import os
from pathlib import Path

from humaspost.base.file_stamp import FileStamp
from humaspost.content.folder import scan_folder
from humaspost.content.reader import PostReader
from tests.content.test_folder import write
from tests.support.content_files import GOOD, NAMES, reader

T0 = 1_800_000_000.0


def at(path: Path, when: float) -> Path:
    """The file, last changed at ``when``."""
    os.utime(path, (when, when))
    return path


def ids(reader: PostReader, now: float) -> list[str]:
    return [post.id for post in reader.read(now=now).posts]


def test_an_old_file_counts_at_the_first_check(tmp_path: Path) -> None:
    at(write(tmp_path / "posts/a.md"), T0 - 60)
    assert ids(reader(tmp_path), T0) == ["a"]


def test_a_new_file_counts_after_the_settling_time(tmp_path: Path) -> None:
    at(write(tmp_path / "posts/a.md"), T0 - 0.4)
    watch = reader(tmp_path)
    assert (ids(watch, T0), watch.unsettled) == ([], ("posts/a.md",))
    assert (ids(watch, T0 + 0.5), watch.unsettled) == ([], ("posts/a.md",))
    assert (ids(watch, T0 + 0.7), watch.unsettled) == (["a"], ())


def test_a_longer_settling_time_is_kept_to(tmp_path: Path) -> None:
    at(write(tmp_path / "posts/a.md"), T0 - 2)
    watch = reader(tmp_path, settle=5.0)
    assert ids(watch, T0) == []
    assert ids(watch, T0 + 3) == ["a"]


def test_a_file_that_appears_with_an_old_time_needs_two_checks(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    watch = reader(tmp_path)
    watch.read(now=T0)
    at(write(tmp_path / "posts/a.md"), T0 - 3600)
    assert ids(watch, T0 + 1) == []
    assert ids(watch, T0 + 1.1) == ["a"]


def test_a_file_that_grows_under_an_old_time_is_unsettled(tmp_path: Path) -> None:
    path = at(write(tmp_path / "posts/a.md"), T0 - 3600)
    watch = reader(tmp_path)
    assert ids(watch, T0) == ["a"]
    with path.open("a") as file:
        file.write("lagi\n")
    at(path, T0 - 3600)
    found = watch.read(now=T0 + 1)
    assert (found.posts, found.broken_posts, found.unsettled_files) == ((), {}, {"posts/a.md": "a"})
    assert ids(watch, T0 + 2) == ["a"]


def test_a_file_from_a_clock_ahead_counts_by_the_readers_own_checks(tmp_path: Path) -> None:
    at(write(tmp_path / "posts/a.md"), T0 + 86_400)
    watch = reader(tmp_path)
    assert ids(watch, T0) == []
    assert ids(watch, T0 + 0.5) == []
    assert ids(watch, T0 + 1) == ["a"]


def test_a_file_saved_by_replacing_it_is_read_again(tmp_path: Path) -> None:
    path = at(write(tmp_path / "posts/a.md"), T0 - 3600)
    watch = reader(tmp_path)
    watch.read(now=T0)
    fresh = at(
        write(tmp_path / "posts/.a.md.new", GOOD.replace("sp-2027-014", "a").replace("Loket", "Kasir")),
        T0 - 3600,
    )
    fresh.replace(path)
    assert ids(watch, T0 + 1) == []
    (post,) = watch.read(now=T0 + 2).posts
    assert post.lines[6].startswith("Kasir")


def test_a_file_with_its_old_size_and_time_is_read_again(tmp_path: Path) -> None:
    path = at(write(tmp_path / "posts/a.md"), T0 - 3600)
    watch = reader(tmp_path)
    before = watch.read(now=T0)
    assert before.stamps == {"posts/a.md": FileStamp.of(path.stat())}
    with path.open("r+b") as file:
        file.write(path.read_bytes().replace(b"Loket", b"Kasir"))
    while at(path, T0 - 3600).stat().st_ctime_ns == before.stamps["posts/a.md"].ctime_ns:
        pass  # the kernel's clock of files ticks in milliseconds
    assert ids(watch, T0 + 1) == []
    after = watch.read(now=T0 + 2)
    assert after.posts[0].lines[6].startswith("Kasir")
    assert after.stamps["posts/a.md"].mtime_ns == before.stamps["posts/a.md"].mtime_ns


def test_only_what_changed_is_parsed_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        at(write(tmp_path / f"posts/{name}.md"), T0 - 3600)
    watch = reader(tmp_path)
    first = watch.read(now=T0).posts
    at(tmp_path / "posts/b.md", T0 - 1800)
    watch.read(now=T0 + 1)
    again = watch.read(now=T0 + 2).posts
    assert again[0] is first[0]
    assert again[1] is not first[1]
    assert again[1] == first[1]


def test_a_deleted_file_is_forgotten(tmp_path: Path) -> None:
    path = at(write(tmp_path / "posts/a.md"), T0 - 3600)
    watch = reader(tmp_path)
    watch.read(now=T0)
    path.unlink()
    found = watch.read(now=T0 + 1)
    assert (found.posts, found.files, found.unsettled_files) == ((), (), {})


def test_without_a_clock_everything_counts(tmp_path: Path) -> None:
    write(tmp_path / "posts/a.md")
    assert [post.id for post in reader(tmp_path).read(now=None).posts] == ["a"]


def test_the_checks_of_an_earlier_reader_are_carried_on(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    first = reader(tmp_path)
    first.read(now=T0)
    at(write(tmp_path / "posts/a.md"), T0 - 3600)
    second = PostReader(tmp_path / "posts", root=tmp_path, names=NAMES, snapshots=first.snapshots)
    assert ids(second, T0 + 1) == []
    assert ids(second, T0 + 2) == ["a"]


def test_a_post_is_fixed_when_its_neighbour_is(tmp_path: Path) -> None:
    at(write(tmp_path / "posts/a.md", id_="same"), T0 - 3600)
    at(write(tmp_path / "posts/b.md", id_="same"), T0 - 3600)
    watch = reader(tmp_path)
    assert ids(watch, T0) == ["same"]
    (tmp_path / "posts/a.md").unlink()
    found = watch.read(now=T0 + 1)
    assert ([post.file for post in found.posts], found.problems) == (["posts/b.md"], ())


def test_a_file_that_changes_between_the_check_and_the_read_waits(tmp_path: Path) -> None:
    path = at(write(tmp_path / "posts/a.md"), T0 - 3600)
    watch = reader(tmp_path)
    (looked,), _problems = scan_folder(tmp_path / "posts", tmp_path)
    path.write_text(GOOD[:60], encoding="utf-8")
    assert watch._parse_file(looked, strict=True) is None
    assert watch.unsettled == ("posts/a.md",)
    torn = watch._parse_file(looked, strict=False)
    assert torn
    assert torn.post is None
